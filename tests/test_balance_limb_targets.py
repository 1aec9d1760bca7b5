# SPDX-License-Identifier: Apache-2.0
"""Checks that a hand holds a place in odom while the body stands and walks.

Masses are wrong, and only the estimator tells the state.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from talus_core.motion.limb_targets import (
    LIMB_STALE_AFTER_S,
    Limb,
    LimbFrame,
    LimbInbox,
    LimbPriority,
    LimbTarget,
)
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.transform import Transform
from talus_core.words.modes import Mode
from talus_lab.rig.rig import Rig

PUBLISHING_PERIOD_S = 0.02  # as a node would publish: slower than the control rate
WALKING_MPS = 0.3
AHEAD = np.array(
    [0.30, 0.22, 0.12]
)  # m from the base: the left hand before the chest, gripper forward


class Reacher:
    """Runs a rig whose left hand is asked for a place, fifty times a second."""

    def __init__(self, rig: Rig):
        self.rig = rig
        self.target_at: Callable[[float], LimbTarget] | None = None
        self._inbox = LimbInbox()
        self._publish_at = 0.0
        self._step = self.rig.controller.step_balance
        self.rig.controller.step_balance = self._step_with_targets
        assert rig.run_to(rig.time + 0.5)

    def _step_with_targets(self, state, intent):
        if self.target_at is not None and state.time >= self._publish_at:
            self._inbox.put(self.target_at(state.time))
            self._publish_at = state.time + PUBLISHING_PERIOD_S - 1e-6
        return self._step(state, replace(intent, limb_targets=self._inbox.fresh(state.time)))

    @property
    def base_in_odom(self) -> Transform:
        base = self.rig.report.base
        return Transform(base.rotation, base.position)

    @property
    def base_in_world(self) -> Transform:
        truth = self.rig.truth
        return Transform(matrix_from_quat_xyzw(truth.quat_xyzw), truth.position.copy())

    @property
    def hand_in_world(self) -> Transform:
        """Return the gripper's true place in the world."""
        site = self.rig.driver._plant.data.site("l_gripper")
        return Transform(site.xmat.reshape(3, 3).copy(), site.xpos.copy())

    @property
    def hand_in_odom(self) -> Transform:
        """Return the gripper's true place on the body, where the odometry believes the body."""
        return self.base_in_odom @ self.base_in_world.inverse() @ self.hand_in_world


def left_hand(place: np.ndarray, velocity: np.ndarray, now: float) -> LimbTarget:
    """Return a target for the gripper at `place` (3,) m in odom, pointing ahead."""
    return LimbTarget(
        limb=Limb.LEFT_HAND,
        frame=LimbFrame.ODOM,
        position=place,
        rotation=np.eye(3),
        velocity=np.concatenate((velocity, np.zeros(3))),
        stiffness=1.0,
        priority=LimbPriority.NORMAL,
        time=now,
    )


def test_a_hand_holds_a_place_within_2_cm_while_the_robot_stands_and_goes_home_afterwards(rig):
    body = Reacher(rig)
    home = body.base_in_odom.inverse() @ body.hand_in_odom
    odom_in_world = body.base_in_world @ body.base_in_odom.inverse()
    place = body.base_in_odom.position + AHEAD
    began = rig.time
    body.target_at = lambda now: left_hand(place, np.zeros(3), now)
    assert rig.run_to(began + 2.0)
    in_odom, in_world = [], []
    while rig.time < began + 4.0:
        rig.step()
        in_odom.append(np.linalg.norm(body.hand_in_odom.position - place))
        aim = odom_in_world.rotation @ place + odom_in_world.position
        in_world.append(np.linalg.norm(body.hand_in_world.position - aim))
    assert max(in_odom) < 0.02
    assert max(in_world) < 0.02, "odometry does not drift while it stands"
    assert rig.mode is Mode.STANDING and not rig.has_fallen()
    body.target_at = None
    places = [body.hand_in_world.position]
    while rig.time < began + 4.0 + LIMB_STALE_AFTER_S + 2.5:
        rig.step()
        places.append(body.hand_in_world.position)
    fastest = np.linalg.norm(np.diff(places, axis=0), axis=1).max() / rig.driver.period
    assert fastest < 1.2, "glides"
    back = body.base_in_odom.inverse() @ body.hand_in_odom
    assert np.linalg.norm(back.position - home.position) < 0.08
    assert rig.report.solver_failures == 0


def test_a_hand_holds_a_place_that_moves_ahead_within_5_cm_while_the_robot_walks(rig):
    """The place moves in odom at the commanded speed, whatever the body does under it."""
    body = Reacher(rig)
    ahead = np.array([WALKING_MPS, 0.0, 0.0])
    rig.velocity = ahead
    assert rig.run_to(rig.time + 2.5)
    start = body.base_in_odom.position + AHEAD
    began = rig.time
    body.target_at = lambda now: left_hand(start + (now - began) * ahead, ahead, now)
    assert rig.run_to(began + 2.0)
    errors = []
    while rig.time < began + 6.0:
        now = rig.time
        rig.step()
        errors.append(np.linalg.norm(body.hand_in_odom.position - start - (now - began) * ahead))
    assert max(errors) < 0.05
    assert rig.mode is Mode.WALKING and not rig.has_fallen()
    assert body.base_in_odom.position[0] - start[0] + AHEAD[0] > 5.0 * WALKING_MPS
