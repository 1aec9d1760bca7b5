# SPDX-License-Identifier: Apache-2.0
"""What the body shall do while a leg swings, and while the posture changes."""

import numpy as np
import pytest
from standing_robot import ROBOT, standing_model
from talus_balance.stepping.gait_types import RIGHT, GaitInput, GaitOutput, GaitPhase, GaitWish
from talus_balance.stepping.swing_foot import FootReference
from talus_balance.whole_body.body_reference import (
    SWING_LEG_MOTION_SHARE,
    BodyReference,
    BodyReferenceConfig,
    BodyWish,
)
from talus_balance.whole_body.motion_target import MotionTarget
from talus_balance.whole_body.posture_course import STOPPING_TIME_S
from talus_dynamics.leg_reach import LegReach
from talus_estimation.estimator import BaseEstimate

DT = 0.002


class Standing:
    """The body stands on its left foot, with the CoM 2 cm ahead of the centre of pressure."""

    def __init__(self):
        self.model = standing_model()
        self.soles = tuple(self.model.frame(foot) for foot in self.model.feet)
        nothing, trunk = np.zeros(3), self.model.frame(self.model.base)
        self.base = BaseEstimate(
            trunk.position, trunk.rotation, nothing, nothing, nothing, nothing, nothing
        )
        self.reference = BodyReference(self.model, BodyReferenceConfig(), DT, 0.06)

    def step(self, swing: FootReference | None, settled: bool) -> MotionTarget:
        """One tick."""
        model, nothing = self.model, np.zeros(3)
        places = np.array([sole.position for sole in self.soles])
        inp = GaitInput(
            com=model.com,
            com_velocity=nothing,
            capture_point=model.com[:2],
            omega=3.3,
            weight=model.weight,
            sole_positions=places,
            sole_velocities=np.zeros((2, 3)),
            sole_yaws=np.zeros(2),
            gradient=np.zeros(2),
            forces=np.array([model.weight, 0.0]),
            side_forces=np.zeros((2, 2)),
            slips=(False, False),
            lame=(False, False),
            wish=GaitWish(nothing, may_walk=True, may_step=True),
        )
        gait = GaitOutput(
            centre_of_pressure=model.com[:2] - np.array([0.02, 0.0]),
            in_contact=(True, False),
            max_force=np.array([3.0 * model.weight, 0.0]),
            swing_side=RIGHT,
            swing=swing,
            heading=0.0,
            ground=places[0],
            phase=GaitPhase.SINGLE,
            landing=places[RIGHT, :2],
            landing_side=RIGHT,
            landing_in=0.2,
        )
        return self.reference.step_reference(
            BodyWish(), gait, inp, self.base, self.soles, settled, np.ones(2)
        )


def com_acceleration(swing: FootReference) -> np.ndarray:
    """(2,) m/s^2 wanted."""
    return Standing().step(swing, True).com_acceleration


def swinging(ahead: float, is_hasty: bool) -> FootReference:
    """m/s^2 ahead."""
    return FootReference(np.zeros(3), np.zeros(3), np.array([ahead, 0.0, 0.0]), np.eye(3), is_hasty)


def test_a_leg_that_swings_hastily_moves_the_centre_of_mass_by_its_share():
    rest = com_acceleration(swinging(0.0, True))
    assert rest == pytest.approx([3.3**2 * 0.02, 0.0])
    joints = [*ROBOT.groups["left_leg"]]
    leg = sum(
        standing_model().model.inertias[standing_model().model.getJointId(name)].mass
        for name in joints
    )
    share = SWING_LEG_MOTION_SHARE * leg / standing_model().mass
    assert 0.05 < share < 0.15
    assert com_acceleration(swinging(20.0, True)) - rest == pytest.approx([20.0 * share, 0.0])
    assert com_acceleration(swinging(20.0, False)) == pytest.approx(rest)


def test_a_change_of_posture_stops_where_it_is_and_goes_on_later():
    body = Standing()
    body.reference.sit_down(body.base, ROBOT.poses["stand"][ROBOT.structural_indices])

    def run(seconds: float) -> list[MotionTarget]:
        return [body.step(None, False) for _ in range(round(seconds / DT))]

    moving = run(1.0)
    body.reference.may_move = False
    stopping = run(1.5 * STOPPING_TIME_S)
    assert stopping[-1].com_vertical_speed == stopping[-1].com_vertical_acceleration == 0.0
    speeds = [target.com_vertical_speed for target in (moving[-1], *stopping)]
    assert max(np.abs(np.diff(speeds))) < 2.0 * abs(speeds[0]) * DT / STOPPING_TIME_S, (
        "without a jolt"
    )
    assert np.array_equal(run(1.0)[-1].posture, stopping[-1].posture)
    assert not body.reference.has_arrived
    body.reference.may_move = True
    run(2.0)
    assert body.reference.has_arrived


def test_over_a_leg_that_cannot_be_stretched_the_body_stays_as_low_as_it_is():
    standing = Standing()
    shorter = standing.soles[RIGHT]._replace(
        position=standing.soles[RIGHT].position + np.array([0.0, 0.0, 0.04])
    )
    standing.soles = (standing.soles[0], shorter)
    feet = [sole.position - standing.base.position for sole in standing.soles]
    feet[RIGHT] = np.array([*feet[RIGHT][:2], standing.soles[0].position[2]])
    feet[0] = np.array([*feet[0][:2], standing.soles[0].position[2]])
    reach = LegReach(standing.model)
    free = reach.highest_base(standing.base, standing.soles, feet, (False, False))
    stiff = reach.highest_base(standing.base, standing.soles, feet, (False, True))
    assert stiff == pytest.approx(standing.base.position[2] - 0.04, abs=1e-6), (
        "that foot reaches the ground so"
    )
    assert free > stiff + 0.04
