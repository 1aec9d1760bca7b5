# SPDX-License-Identifier: Apache-2.0
"""States and commands that the tests of this package vary."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import load_robot
from talus_core.rotations import matrix_from_rpy
from talus_core.state import JointCommand, RobotState
from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.stance import StanceObserver
from talus_safety.kernel.measure.tilt import TiltFilter
from talus_safety.standby.footing import FootingPlanner, joint_torque

ROOT = Path(__file__).parents[4]
ROBOT = load_robot(ROOT / "urdf" / "talus40")
N = len(ROBOT.joint_names)
PERIOD = 0.002
# Fields of a RobotState that are held at their last good numbers.
HELD = ("position", "velocity", "angular_velocity", "linear_acceleration", "foot_wrenches")
WEIGHT = 57.0 * 9.81  # N


def vary(record, **changes):
    """A record with other fields; `faults__leg="..."` is the field `leg` of its field `faults`."""
    flat = {name: value for name, value in changes.items() if "__" not in name}
    for group in {name.split("__")[0] for name in changes if "__" in name}:
        inner = {
            name.split("__")[1]: value
            for name, value in changes.items()
            if name.startswith(f"{group}__")
        }
        flat[group] = replace(getattr(record, group), **inner)
    return replace(record, **flat)


def _standing_effort() -> np.ndarray:
    """(n,) N m that carry the pose `stand` on two feet."""
    body, tilt = Body(ROBOT), TiltFilter()
    stance = StanceObserver(body).observe(state(), tilt)
    return joint_torque(
        body, stance, FootingPlanner(ROBOT).plan(stance, stance.centre[:2], stance.supports)
    )


def state(sequence: int = 0, pose: str = "stand", **changes) -> RobotState:
    """A robot at rest in a named pose with its weight on both feet."""
    wrenches = np.zeros((2, 6))
    wrenches[:, 2] = WEIGHT / 2
    still = RobotState(
        sequence=sequence,
        time=sequence * PERIOD,
        steady_time_ns=0,
        position=ROBOT.poses[pose].copy(),
        velocity=np.zeros(N),
        effort=np.zeros(N),
        angular_velocity=np.zeros(3),
        linear_acceleration=np.array([0.0, 0.0, 9.81]),
        foot_wrenches=wrenches,
        torque_enabled=True,
    )
    return replace(still, **changes)


def command(sequence: int = 0, **changes) -> JointCommand:
    """A sound command that holds the pose `stand`."""
    zero, effort = np.zeros(N), ROBOT.limits.effort
    return JointCommand(
        sequence, ROBOT.poses["stand"].copy(), zero, zero, effort, 0.1 * effort
    ).with_(**changes)


UP = np.array([0.0, 0.0, 1.0])


def tilt_of(roll: float = 0.0, pitch: float = 0.0) -> TiltFilter:
    """A vertical that has settled on this lean, rad."""
    tilt = TiltFilter()
    tilt.step(np.zeros(3), GRAVITY_MPS2 * (matrix_from_rpy(roll, pitch, 0.0).T @ UP), PERIOD)
    return tilt


def loads(left: float, right: float) -> np.ndarray:
    """(2, 6) wrenches of two feet that bear so many N."""
    wrenches = np.zeros((2, 6))
    wrenches[:, 2] = left, right
    return wrenches


STANDING_EFFORT = _standing_effort()
