# SPDX-License-Identifier: Apache-2.0
"""Finds how far each joint of an arm may swing before the arm meets the robot itself.

Balance moves the arms as counterweights. An arm that then stands against its own chest neither
helps nor goes where it is told, and safety takes its joint for locked.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence

import mujoco
import numpy as np

from talus_description.conversion.mjcf_joints import ENDLESS_TURN_RAD
from talus_description.crouch import Bend

SWUNG_GROUPS = ("left_arm", "right_arm")
# Of the hips' height above the soles: 2 cm of a person's size, for what bends, and for the way in
# which a swing is stopped. Shapes that are nearer to each other in `stand` may come half as near.
CLEAR_SHARE = 0.02
NEARER_SHARE = 0.5
STEP_RAD = 0.05
# Beyond it no end is sought: the hardest shoves and steps swing an arm by 0.95.
MOST_SWING_RAD = 1.0
# By which another joint of the arm is away from `stand` meanwhile, as walking shows; half-way to
# its own end where that is nearer.
OTHER_SWING_RAD = 0.2
OTHER_SHARE = 0.5
THIGH_SWING_RAD = 0.3  # one ahead, one behind: a step of 0.5 m


def swing_ranges(
    model: mujoco.MjModel,
    groups: Mapping[str, Sequence[str]],
    stand: Mapping[str, float],
    legs: Sequence[Sequence[Bend]],
    soles: Sequence[str],
    all_meet: bool = False,
) -> dict[str, tuple[float, float]]:
    """Return lowest and highest angle, rad, of the arms' joints that have less than their range.

    Args:
        model: Of the robot alone.
        groups: Joints by group, as in robot.yaml.
        stand: Angles of the pose `stand`, rad; 0 where it names none.
        legs: Hip, knee and ankle of each leg with the sign that bends them forward.
        soles: Names of the sole sites.
        all_meet: Every shape that meets the ground meets those of other links, too, whatever the
            model says: a URDF does not say which do.
    """
    found = {}
    for arm in SWUNG_GROUPS:
        room = _ArmRoom(model, groups[arm], stand, [leg[0] for leg in legs], soles, all_meet)
        found.update(room.narrowed())
    return found


class _ArmRoom:
    """Moves the joints of one arm, and looks whether the arm meets anything of the robot."""

    def __init__(
        self,
        model: mujoco.MjModel,
        joints: Sequence[str],
        stand: Mapping[str, float],
        hips: Sequence[Bend],
        soles: Sequence[str],
        all_meet: bool,
    ):
        self._model = copy.copy(model)
        self._data = mujoco.MjData(self._model)
        self._joints = joints
        self._at = [int(model.joint(joint).qposadr[0]) for joint in joints]
        self._masks = np.array([model.geom_contype, model.geom_conaffinity])
        if all_meet:
            self._masks[:] = self._masks.any(axis=0)
        self._look_at(_below(model, int(model.jnt_bodyid[model.joint(joints[0]).id])))
        qpos = model.qpos0.copy()
        for joint, angle in stand.items():
            qpos[model.joint(joint).qposadr[0]] = angle
        self._stand = qpos
        thighs = np.zeros(model.nq)
        for hip, side in zip(hips, (1.0, -1.0), strict=True):
            thighs[model.joint(hip.joint).qposadr[0]] = side * hip.sign * THIGH_SWING_RAD
        self._steps = (np.zeros(model.nq), thighs, -thighs)
        self._model.geom_margin[:] = self._clear = CLEAR_SHARE * self._hip_height(hips, soles)
        self._allowed: dict[tuple[int, int], float] = {}
        for step in self._steps:
            for pair, distance in self._near(self._stand + step):
                if distance < self._clear:
                    near = NEARER_SHARE * distance if distance > 0.0 else -np.inf
                    self._allowed[pair] = min(near, self._allowed.get(pair, near))

    def _look_at(self, bodies: set[int]) -> None:
        """Let the model look for nothing but what the shapes of some bodies meet."""
        solid = self._masks.any(axis=0)
        own = np.isin(self._model.geom_bodyid, list(bodies))
        self._model.geom_contype[:] = solid & own
        self._model.geom_conaffinity[:] = solid
        self._model.body_contype[:] = self._model.body_conaffinity[:] = 1  # geoms alone decide

    def narrowed(self) -> dict[str, tuple[float, float]]:
        """Return the ends, rad, of the joints that may not go through all their range."""
        alone = np.array([self._ends(at, [self._stand]) for at in self._at])
        found = {}
        for joint, at in zip(self._joints, self._at, strict=True):
            low, high = self._ends(at, [self._stand, *self._others(at, alone)])
            lowest, highest = self._range(at)
            if low > lowest or high < highest:
                found[joint] = (round(float(low), 4), round(float(high), 4))
        return found

    def _ends(self, at: int, poses: Sequence[np.ndarray]) -> tuple[float, float]:
        """Return how far the joint at `at` goes both ways, rad, from each of the poses (nq,)."""
        own = self._range(at)
        middle = self._stand[at]
        ways = [pose + step for pose in poses for step in self._steps]
        ways = [way for way in ways if not self._meets(way)]
        ends = list(own)
        for end, sign in enumerate((-1.0, 1.0)):
            for swing in np.arange(STEP_RAD, MOST_SWING_RAD + STEP_RAD, STEP_RAD):
                angle = middle + sign * swing
                if not own[0] <= angle <= own[1]:
                    break
                if any(self._meets(_with(way, at, angle)) for way in ways):
                    ends[end] = angle - sign * STEP_RAD
                    break
        return ends[0], ends[1]

    def _others(self, at: int, alone: np.ndarray) -> Iterator[np.ndarray]:
        """Yield poses (nq,) with one other joint of the arm away from `stand`."""
        for other, ends in zip(self._at, alone, strict=True):
            if other != at:
                middle = self._stand[other]
                for end, sign in zip(ends, (-1.0, 1.0), strict=True):
                    aside = min(OTHER_SWING_RAD, OTHER_SHARE * abs(end - middle))
                    yield _with(self._stand, other, middle + sign * aside)

    def _range(self, at: int) -> tuple[float, float]:
        joint = int(np.flatnonzero(self._model.jnt_qposadr == at)[0])
        if not self._model.jnt_limited[joint]:
            return -ENDLESS_TURN_RAD, ENDLESS_TURN_RAD
        low, high = self._model.jnt_range[joint]
        return float(low), float(high)

    def _meets(self, qpos: np.ndarray) -> bool:
        return any(
            distance < self._allowed.get(pair, self._clear) for pair, distance in self._near(qpos)
        )

    def _near(self, qpos: np.ndarray) -> Iterator[tuple[tuple[int, int], float]]:
        """Yield pairs of shapes of which one is the arm's, and their distance, m."""
        data = self._data
        data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, data)
        mujoco.mj_comPos(self._model, data)
        mujoco.mj_collision(self._model, data)
        kinds, meets = self._masks
        for contact in data.contact[: data.ncon]:
            one, other = sorted(int(geom) for geom in contact.geom)
            if kinds[one] & meets[other] or kinds[other] & meets[one]:
                yield (one, other), float(contact.dist)

    def _hip_height(self, hips: Sequence[Bend], soles: Sequence[str]) -> float:
        """Return how high the hips are above the soles, m."""
        data = self._data
        data.qpos[:] = self._stand
        mujoco.mj_kinematics(self._model, data)
        hip = data.xanchor[self._model.joint(hips[0].joint).id]
        return float(np.linalg.norm(hip - data.site(soles[0]).xpos))


def _with(qpos: np.ndarray, at: int, angle: float) -> np.ndarray:
    qpos = qpos.copy()
    qpos[at] = angle
    return qpos


def _below(model: mujoco.MjModel, root: int) -> set[int]:
    """Return a body and all that hang on it."""
    found = {root}
    for body in range(root + 1, model.nbody):  # parents come before their children
        if int(model.body_parentid[body]) in found:
            found.add(body)
    return found
