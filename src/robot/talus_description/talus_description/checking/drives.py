# SPDX-License-Identifier: Apache-2.0
"""Checks torque, speed and range of the joints: 0, huge, or unequal by side."""

from __future__ import annotations

from collections.abc import Iterator

import mujoco
import numpy as np
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import RobotDescription

from talus_description.adoption.drives import ROTOR_INERTIA_PER_TORQUE_S2
from talus_description.checking.finding import RobotFinding, fault, good, listed, odd
from talus_description.checking.legs import standing

# Of weight times the length of the legs: knees of strong humanoids have 0.4 of it, a joint with
# more than 3 would throw the robot up.
HUGE_TORQUE_SHARE = 3.0
HUGE_SPEED_RADPS = 60.0  # the fastest legged robots' joints turn at 30 to 40
WHOLE_TURN_RAD = 6.2  # what is written where a file gives no range
UNEQUAL_SHARE = 0.02  # between left and right: files round
PAIRS = (("left_leg", "right_leg"), ("left_arm", "right_arm"), ("left_hand", "right_hand"))


def limit_findings(robot: RobotDescription, model: mujoco.MjModel) -> list[RobotFinding]:
    """Check the limits of all joints."""
    limits = robot.limits
    names = np.array(robot.joint_names)
    data = standing(robot, model)
    base = data.body(robot.frames["base"]).xpos[2]
    huge = HUGE_TORQUE_SHARE * float(model.body_mass.sum()) * GRAVITY_MPS2 * float(base)
    found = []
    for subject, bad, remedy in (
        ("torque 0", limits.effort <= 0.0, "the <limit effort> that its drive has, N m"),
        ("speed 0", limits.velocity <= 0.0, "the <limit velocity> that its drive has, rad/s"),
        ("no range", limits.upper <= limits.lower, "<limit lower upper>, the lower one first"),
    ):
        if bad.any():
            found.append(fault(subject, listed(list(names[bad])), f"write {remedy}"))
    for subject, bad, remedy in (
        (f"torque above {huge:.0f} N m", limits.effort > huge, "look for N mm or a missing gear"),
        (
            f"speed above {HUGE_SPEED_RADPS:g} rad/s",
            limits.velocity > HUGE_SPEED_RADPS,
            "look for degrees per second, or a missing gear",
        ),
        (
            "no stops",
            limits.upper - limits.lower > WHOLE_TURN_RAD,
            "write the range that the joint has: without it a knee may bend both ways",
        ),
        (
            "range without 0",
            (limits.lower > 0.0) | (limits.upper < 0.0),
            "fine, if the drawing is meant so: name these joints in every pose",
        ),
    ):
        if bad.any():
            found.append(odd(subject, listed(list(names[bad])), remedy))
    found += _of_poses(robot)
    found += _unequal(robot)
    weak = (limits.rotor_inertia <= 0.0) & (limits.effort > 0.0)
    if weak.any():
        found.append(
            odd(
                "rotor inertia 0",
                listed(list(names[weak])),
                "write rotor_inertia of its drive, kg m^2 behind the gear; "
                f"{ROTOR_INERTIA_PER_TORQUE_S2:g} s^2 times the peak torque is usual",
            )
        )
    return found or [good("limits", f"torque, speed and range of {len(names)} joints")]


def _of_poses(robot: RobotDescription) -> list[RobotFinding]:
    """Check that the poses are within the ranges."""
    limits = robot.limits
    found = []
    for name in ("stand", "sit"):
        pose = robot.poses[name]
        beyond = (pose < limits.lower - 1e-6) | (pose > limits.upper + 1e-6)
        if beyond.any():
            joints = [
                f"{robot.joint_names[at]} at {pose[at]:.2f}, range {limits.lower[at]:.2f} to "
                f"{limits.upper[at]:.2f}"
                for at in np.flatnonzero(beyond)
            ]
            found.append(
                fault(
                    f"pose {name}",
                    f"beyond the range: {listed(joints)}",
                    f"name these joints in poses.{name} of robot.yaml within their range",
                )
            )
    return found


def _unequal(robot: RobotDescription) -> list[RobotFinding]:
    """Compare each joint with its partner, by their places in the groups."""
    found = []
    for quantity, unit, values in (
        ("torque", "N m", robot.limits.effort),
        ("speed", "rad/s", robot.limits.velocity),
        ("range", "rad", robot.limits.upper - robot.limits.lower),
    ):
        differ = [
            f"{robot.joint_names[a]} {values[a]:g}, {robot.joint_names[b]} {values[b]:g} {unit}"
            for a, b in _partners(robot)
            if abs(values[a] - values[b]) > UNEQUAL_SHARE * max(abs(values[a]), abs(values[b]))
        ]
        if differ:
            found.append(
                odd(f"unequal {quantity}", listed(differ, 2), "write what the drives have")
            )
    return found


def _partners(robot: RobotDescription) -> Iterator[tuple[int, int]]:
    for left, right in PAIRS:
        if left in robot.groups and right in robot.groups:
            yield from zip(robot.indices(left), robot.indices(right), strict=False)
