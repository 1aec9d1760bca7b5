# SPDX-License-Identifier: Apache-2.0
"""Checks which way the robot looks, which leg is which, and what the joints of the legs are for."""

from __future__ import annotations

import mujoco
import numpy as np
from talus_core.body.leg_roles import LegRoles
from talus_core.robot import RobotDescription

from talus_description.adoption.soles import SIDE_WORDS
from talus_description.adoption.stance import CLEAR_BEND_RAD, CLEAR_TOE_M, LEFT_WORD, RIGHT_WORD
from talus_description.checking.finding import RobotFinding, fault, good, odd
from talus_description.scene import pose_qpos

USUAL_LEG_JOINTS = 6


def facing_findings(robot: RobotDescription, model: mujoco.MjModel) -> list[RobotFinding]:
    """Say whether toes, knees and names agree that x is ahead and y is left."""
    data = standing(robot, model)
    base = data.body(robot.frames["base"]).xmat.reshape(3, 3)
    toes = [_toe(robot, model, data, base, side) for side in (0, 1)]
    knees = [_knee(robot, leg, data, base) for leg in robot.legs]
    names = [_name(robot, side) for side in (0, 1)]
    votes = {"toes": sum(toes), "knees": sum(knees), "names": sum(names)}
    said = ", ".join(f"{name} {_word(vote)}" for name, vote in votes.items())
    soles = [base.T @ (data.site(f.frame).xpos - data.xpos[0]) for f in robot.feet]
    found = []
    if votes["toes"] + votes["knees"] < 0:
        found.append(
            fault(
                "facing",
                f"it seems to look backwards: {said}",
                "turn the base by 180 degrees about z, or let `adopt` do it",
            )
        )
    elif votes["toes"] < 0 or votes["knees"] < 0:
        found.append(odd("facing", f"not all agree that x is ahead: {said}"))
    else:
        found.append(good("facing", f"x is ahead: {said}"))
    if soles[0][1] <= soles[1][1]:
        found.append(
            fault(
                "sides",
                "the left foot is to the right of the right one",
                "exchange left_leg and right_leg, and the feet, in robot.yaml",
            )
        )
    elif votes["names"] < 0:
        found.append(
            odd("sides", "the left leg is named as a right one", "look at joints in robot.yaml")
        )
    else:
        found.append(good("sides", "the left foot is to the left"))
    return found


def role_findings(robot: RobotDescription) -> list[RobotFinding]:
    """List hip, knee and ankle of each leg with direction and range."""
    found = []
    for side, leg in zip(SIDE_WORDS, robot.legs, strict=True):
        parts = [
            f"{role} {', '.join(_joint(robot, leg, joint) for joint in joints)}"
            for role, joints in (("hip", leg.hip), ("knee", (leg.knee,)), ("ankle", leg.ankle))
        ]
        found.append(good(f"{side} leg", "; ".join(parts)))
        if len(leg.joints) != USUAL_LEG_JOINTS:
            found.append(
                odd(
                    f"{side} leg",
                    f"{len(leg.joints)} joints; a foot that cannot roll or turn leaves less to "
                    "balance with",
                )
            )
    left, right = (tuple(leg.axes[joint] for joint in leg.joints) for leg in robot.legs)
    if left != right:
        found.append(
            fault(
                "legs",
                "the joints of both legs turn about other axes in another order",
                "list both legs from the base outwards in the same order",
            )
        )
    return found


def standing(robot: RobotDescription, model: mujoco.MjModel, pose: str = "stand") -> mujoco.MjData:
    """Return the robot in a pose on its soles."""
    data = mujoco.MjData(model)
    soles = [foot.frame for foot in robot.feet]
    data.qpos[:] = pose_qpos(model, robot.joint_names, robot.poses[pose], soles)
    mujoco.mj_forward(model, data)
    return data


def _joint(robot: RobotDescription, leg: LegRoles, joint: int) -> str:
    limits = robot.limits
    sign = ""
    if joint == leg.knee:
        sign = " bends +" if leg.bending > 0.0 else " bends -"
    axis = leg.axes[joint].name.lower()
    low = limits.lower[joint]
    high = limits.upper[joint]
    return f"{robot.joint_names[joint]} ({axis}{sign}, {low:.2f} to {high:.2f} rad)"


def _toe(
    robot: RobotDescription, model: mujoco.MjModel, data: mujoco.MjData, base: np.ndarray, side: int
) -> int:
    ankle = model.joint(robot.joint_names[robot.legs[side].ankle[-1]]).id
    way = base.T @ (data.site(robot.feet[side].frame).xpos - data.xanchor[ankle])
    return _vote(float(way[0]), CLEAR_TOE_M)


def _knee(robot: RobotDescription, leg: LegRoles, data: mujoco.MjData, base: np.ndarray) -> int:
    """Return whether the knee is ahead of the line from hip to ankle where it may bend."""
    model = data.model
    anchors = [
        data.xanchor[model.joint(robot.joint_names[joint]).id]
        for joint in (leg.hip[-1], leg.knee, leg.ankle[0])
    ]
    hip, knee, ankle = (base.T @ anchor for anchor in anchors)
    part = (knee[2] - hip[2]) / (ankle[2] - hip[2])
    ahead = float(knee[0] - (1.0 - part) * hip[0] - part * ankle[0])
    return _vote(ahead, CLEAR_BEND_RAD * CLEAR_TOE_M)


def _name(robot: RobotDescription, side: int) -> int:
    words = (LEFT_WORD, RIGHT_WORD)
    names = robot.groups[f"{SIDE_WORDS[side]}_leg"]
    own = any(words[side].search(name) for name in names)
    other = any(words[1 - side].search(name) for name in names)
    return int(own) - int(other)


def _vote(value: float, dead_band: float) -> int:
    return int(np.sign(value)) if abs(value) > dead_band else 0


def _word(vote: int) -> str:
    if vote == 0:
        return "say nothing"
    return "agree" if vote > 0 else "disagree"
