# SPDX-License-Identifier: Apache-2.0
"""Finds a robot's balanced poses on two flat soles, pelvis upright and knees bent."""

from __future__ import annotations

from typing import NamedTuple

import mujoco
import numpy as np

from talus_description.anatomy import Anatomy, AnatomyError
from talus_description.scene import pose_qpos

STAND_KNEE_RAD = 0.64  # as in talus40; straighter legs lose the knee's lift
SIT_KNEE_RAD = 1.5  # less where the ankles do not bend that far
STRAIGHTEST_KNEE_RAD = 0.2  # less bent, the knees lift nothing
KNEE_STEP_RAD = 0.05  # in which a deeper or a straighter crouch is sought
STOP_MARGIN_RAD = 0.05  # before the stops
SIDEWAYS_AXIS_SHARE = 0.95  # of an axis along y


class Bend(NamedTuple):
    """Names a joint that bends a leg, and the sign (1 or -1) that bends it about the y axis."""

    joint: str
    sign: float


def crouches(
    model: mujoco.MjModel, parts: Anatomy, soles: list[str]
) -> dict[str, dict[str, float]]:
    """Return `stand` and `sit` by joint, rad; other joints are at 0 or at their nearest stop.

    A robot that was not made to fold has no rest posture: its `sit` is a crouch that balances, and
    brakes keep it.

    Raises AnatomyError where the legs have no hip, knee and ankle that bend forward, or cannot
    stand with bent knees.
    """
    solver = _Solver(model, parts, soles)
    return {"stand": solver.standing(), "sit": solver.deepest(SIT_KNEE_RAD)}


def bends(model: mujoco.MjModel, parts: Anatomy, soles: list[str]) -> list[list[Bend]]:
    """Return hip, knee and ankle of the left and the right leg. Raises AnatomyError."""
    return _Solver(model, parts, soles).bends


class _Solver:
    """Bends both legs alike.

    Attributes:
        bends: Hip, knee and ankle of the left and the right leg.
    """

    def __init__(self, model: mujoco.MjModel, parts: Anatomy, soles: list[str]):
        self._model = model
        self._data = mujoco.MjData(model)
        self._parts = parts
        self._soles = soles
        self._joints = [joint for names in parts.groups.values() for joint in names]
        self._drawn = np.array([model.qpos0[model.joint(j).qposadr[0]] for j in self._joints])
        self._low = np.array([self._range(joint)[0] for joint in self._joints])
        self._high = np.array([self._range(joint)[1] for joint in self._joints])
        self._data.qpos[3:7] = (1.0, 0.0, 0.0, 0.0)
        mujoco.mj_kinematics(model, self._data)
        self.bends = [self._bending(parts.groups[group]) for group in ("left_leg", "right_leg")]

    def pose(self, knee: float) -> dict[str, float]:
        """Return the balanced pose with the knees at `knee` rad."""
        # rad of the hips: thighs level, or leaning back
        low = -knee
        high = 0.5
        for _ in range(40):
            hip = 0.5 * (low + high)
            low, high = (low, hip) if self._ahead(hip, knee) > 0.0 else (hip, high)
        return self._as_dict(self._angles(0.5 * (low + high), knee))

    def standing(self) -> dict[str, float]:
        """Return the balanced pose with bent knees, less bent where stops are in the way."""
        knee = STAND_KNEE_RAD
        while knee > STRAIGHTEST_KNEE_RAD:
            pose = self.pose(knee)
            if not self._beyond_stops(pose):
                return pose
            knee -= KNEE_STEP_RAD
        named = ", ".join(self._beyond_stops(self.pose(STAND_KNEE_RAD)))
        raise AnatomyError(
            f"no balanced pose on bent knees: {named} would be beyond a stop; check the ranges, "
            "and whether the robot is drawn with straight legs"
        )

    def deepest(self, knee: float) -> dict[str, float]:
        """Return the deepest balanced pose with the knees at most at `knee`, rad."""
        while knee > STAND_KNEE_RAD:
            pose = self.pose(knee)
            if not self._beyond_stops(pose):
                return pose
            knee -= KNEE_STEP_RAD
        return self.standing()

    def _bending(self, leg: tuple[str, ...]) -> list[Bend]:
        """Return hip, knee and ankle with the sign that bends them forward (positive about y)."""
        found = []
        for joint in leg:
            axis = self._data.xaxis[self._model.joint(joint).id]
            if abs(axis[1]) > SIDEWAYS_AXIS_SHARE:
                found.append(Bend(joint, float(np.sign(axis[1]))))
        if len(found) != 3:
            raise AnatomyError(
                f"leg {', '.join(leg)}: {len(found)} joints bend forward; "
                "hip, knee and ankle are needed"
            )
        return found

    def _angles(self, hip: float, knee: float) -> np.ndarray:
        angles = np.clip(self._drawn, self._low, self._high)
        for bends in self.bends:
            for (joint, sign), bend in zip(bends, (hip, knee, -hip - knee), strict=True):
                at = self._joints.index(joint)
                angles[at] = self._drawn[at] + sign * bend
        return angles

    def _ahead(self, hip: float, knee: float) -> float:
        """Return how far the centre of mass is ahead of the soles' centre, m."""
        model = self._model
        data = self._data
        data.qpos[:] = pose_qpos(model, self._joints, self._angles(hip, knee), self._soles)
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        centre = np.mean([data.site(sole).xpos for sole in self._soles], axis=0)
        return float(data.subtree_com[self._parts.base, 0] - centre[0])

    def _range(self, joint: str) -> tuple[float, float]:
        at = self._model.joint(joint).id
        return (
            tuple(self._model.jnt_range[at]) if self._model.jnt_limited[at] else (-np.inf, np.inf)
        )

    def _beyond_stops(self, pose: dict[str, float]) -> list[str]:
        """Return the legs' joints that a pose bends to a stop or beyond it."""
        found = []
        for joint in (joint for bends in self.bends for joint, _ in bends):
            low, high = self._range(joint)
            angle = pose.get(joint, 0.0)
            if not low + STOP_MARGIN_RAD <= angle <= high - STOP_MARGIN_RAD:
                found.append(joint)
        return found

    def _as_dict(self, angles: np.ndarray) -> dict[str, float]:
        return {
            joint: round(float(angle), 4)
            for joint, angle in zip(self._joints, angles, strict=True)
            if angle
        }
