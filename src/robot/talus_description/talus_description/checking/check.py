# SPDX-License-Identifier: Apache-2.0
"""Checks all that can be told of a robot without moving it."""

from __future__ import annotations

import mujoco
from talus_core.errors import TalusError
from talus_core.robot import RobotDescription

from talus_description.checking.body import contact_findings, inertia_findings, sole_findings
from talus_description.checking.drives import limit_findings
from talus_description.checking.finding import RobotFinding, fault, odd
from talus_description.checking.legs import facing_findings, role_findings
from talus_description.checking.strength import strength_findings
from talus_description.conversion.remarks import ADOPTED_FILE
from talus_description.scene import load_robot_alone


def still_findings(robot: RobotDescription) -> list[RobotFinding]:
    """Return what is to be said of a robot that stands in its drawing."""
    if robot.mjcf is None or not robot.mjcf.exists():
        return [
            fault(
                "mjcf",
                "robot.yaml names no MJCF, or it is not there; the simulator needs it",
                "`python -m talus_description.generate FOLDER` writes it from the URDF",
            )
        ]
    try:
        model = load_robot_alone(robot.mjcf)
    except (TalusError, ValueError) as error:
        return [fault(robot.mjcf.name, " ".join(str(error).split()), "mend the file there")]
    missing = _missing(robot, model)
    if missing:
        return missing
    return [
        *facing_findings(robot, model),
        *role_findings(robot),
        *sole_findings(robot, model),
        *limit_findings(robot, model),
        *inertia_findings(robot, model),
        *strength_findings(robot),
        *contact_findings(robot, model),
        *_assumed(robot),
    ]


def _missing(robot: RobotDescription, model: mujoco.MjModel) -> list[RobotFinding]:
    """Say which joints, motors and frames that robot.yaml names are not in the MJCF."""
    known = {
        "joint": {model.joint(at).name for at in range(model.njnt)},
        "motor": {model.actuator(at).name for at in range(model.nu)},
        "site": {model.site(at).name for at in range(model.nsite)},
    }
    needed = {
        "joint": robot.joint_names,
        "motor": robot.joint_names,
        "site": (*(foot.frame for foot in robot.feet), robot.frames["imu"]),
    }
    return [
        fault(
            f"{kind} {name}",
            f"robot.yaml names it, {robot.mjcf.name if robot.mjcf else 'the MJCF'} does not",
            "write both from one source: `adopt`, or `generate`",
        )
        for kind, names in needed.items()
        for name in names
        if name not in known[kind]
    ]


def _assumed(robot: RobotDescription) -> list[RobotFinding]:
    """Return what `adopt` assumed, changed or lost when it made the folder."""
    file = robot.folder / ADOPTED_FILE
    if not file.exists():
        return []
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        kind, _, rest = line.partition(": ")
        name, _, what = rest.partition(": ")
        if kind == "assumed" and what:
            names = name.split(", ")
            short = f"{names[0]} and {len(names) - 1} more" if len(names) > 2 else name
            found.append(odd("assumed", f"{short}: {what}"))
    return found
