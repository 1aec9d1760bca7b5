# SPDX-License-Identifier: Apache-2.0
"""Finds the pose in which a robot rests without torque, and proves it in simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import mujoco
import numpy as np
from talus_core.robot import RobotDescription

from talus_description.adoption.rest_search import (
    Crouch,
    RestSearch,
    by_preference,
    of_least_torque,
)
from talus_description.crouch import Bend
from talus_description.rest_path import RestRow, rest_path
from talus_description.scene import pose_qpos

REST_ROWS = 17  # of the path, as talus40's
TRIAL_S = 3.0  # a pose that its brakes do not hold is left within a second
# Of the base's height: brakes creep less, a robot that topples falls farther. Half of what is
# called a fall.
SUNK_SHARE = 0.08
TILTED_RAD = 0.2
MOST_TRIALS = 6  # poses that statics hold and the simulation lets fall are few
MOST_EFFORT = 0.9  # of the peak torque in a pose: the rest moves and balances
# As an IMU at rest tells the vertical (0.1 m/s^2 of bias), and what balance spares of an edge.
TILT_ERROR_RAD = 0.01
EDGE_M = 0.005
SHAKE_SEED = 0  # of the shake with which a trial begins
SHAKEN_RAD = 0.01  # as encoders and a hand on the robot leave it
SHAKEN_RADPS = 0.1


@dataclass(frozen=True)
class Brake:
    """Holds what resists a joint without power: dry friction N m, damping N m s/rad."""

    friction: float
    damping: float


@dataclass(frozen=True)
class Rest:
    """Says how a robot rests.

    Attributes:
        pose: Where it rests, rad (n,); None where there is none below `stand`.
        path: From `stand` to there.
        keeps_torque: It rests in no pose: its torque must stay on.
        words: The same for a person.
    """

    pose: np.ndarray | None
    path: list[RestRow]
    keeps_torque: bool
    words: str


def find_rest(
    robot: RobotDescription,
    legs: Sequence[Sequence[Bend]],
    drawn: Mapping[str, float],
    brakes: Mapping[str, Brake],
) -> Rest:
    """Return the deepest crouch that stops and brakes hold with ease, else that of least load.

    Args:
        robot: As it was written, with a pose `stand`.
        legs: Hip, knee and ankle of each leg with the sign that bends them forward.
        drawn: Angle of these joints with straight legs, rad.
        brakes: Of each joint without power.
    """
    friction = np.array([brakes[name].friction for name in robot.joint_names])
    crouches = RestSearch(robot, legs, drawn, friction).crouches()
    hips = [leg[0].joint for leg in legs]
    held = by_preference(crouches)
    tried = 0
    for crouch in held:
        path = _way_to(robot, crouch, hips)
        if not path:
            continue
        if rests_limp(robot, crouch.position, brakes):
            return Rest(crouch.position, path, False, _rest_words(crouch))
        tried += 1
        if tried == MOST_TRIALS:
            break
    for crouch in of_least_torque(crouches):
        path = _way_to(robot, crouch, hips)
        if path:
            return Rest(crouch.position, path, True, _keep_words(crouch, tried))
    return Rest(None, [], True, "no crouch below 'stand' that its drives hold between the stops")


def _way_to(robot: RobotDescription, crouch: Crouch, hips: Sequence[str]) -> list[RestRow]:
    """Return a balanced path from `stand` that the drives can hold; empty where there is none."""
    robot = replace(robot, poses={**robot.poses, "sit": crouch.position})
    try:
        path = rest_path(robot, hips, REST_ROWS)
    except ValueError:  # no balance on the way
        return []
    peak = robot.limits.effort[robot.structural_indices]
    effort = max(float((np.abs(row.torque) / peak).max()) for row in path)
    return path if effort <= MOST_EFFORT else []


def brakes_of(drives: Mapping[str, Mapping]) -> dict[str, Brake]:
    """Return the brake of each joint, from the `drives` of robot.yaml.

    Without power each winding is shorted through a resistor of its own resistance.
    """
    return {
        joint: Brake(
            float(row.get("holding_brake", 0.0)),
            float(row["torque_constant"]) ** 2 / (2.0 * float(row["resistance"])),
        )
        for row in drives.values()
        for joint in row["joints"]
    }


def pose_entries(joints: Sequence[str], position: np.ndarray) -> dict[str, float]:
    """Return a pose as robot.yaml has it: angles rad of the joints that are not at 0."""
    return {
        joint: round(float(angle), 4)
        for joint, angle in zip(joints, position, strict=True)
        if angle
    }


def _rest_words(crouch: Crouch) -> str:
    held = f"brakes carry {crouch.load:.0%} of what they hold at most ({crouch.joint})"
    stops = f"; on its stops: {', '.join(crouch.on_stops)}" if crouch.on_stops else ""
    return (
        f"crouch with the knees at {crouch.knee:.2f} rad, limp for {TRIAL_S:g} s in simulation; "
        f"{held}{stops}"
    )


def _keep_words(crouch: Crouch, tried: int) -> str:
    why = (
        f"{tried} crouches that its brakes should hold fall in simulation"
        if tried
        else f"no crouch that its brakes hold ({crouch.joint}: {crouch.load:.0%} of its brake)"
    )
    return (
        f"cannot be cut: {why}; after a stop it is held in a crouch that takes "
        f"{crouch.effort:.0%} of the peak torque"
    )


def rests_limp(
    robot: RobotDescription,
    pose: np.ndarray,
    brakes: Mapping[str, Brake],
    duration: float = TRIAL_S,
) -> bool:
    """Return whether the robot stays where it is on a flat floor, its motors without torque.

    It is put down twice, once as it is, once shaken a little: a pose that only balances is no rest.
    Where it has slumped to, unshaken, its centre of mass must be far enough from the ends of the
    soles to stand up from there.

    Args:
        robot: The robot, with its MJCF.
        pose: rad. (n,)
        brakes: Of each joint without power.
        duration: How long it must stay, s.
    """
    spec = mujoco.MjSpec.from_file(str(robot.mjcf))
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_PLANE, size=(5.0, 5.0, 0.1), contype=1, conaffinity=1
    )
    for joint, brake in brakes.items():
        spec.joint(joint).frictionloss += brake.friction
        spec.joint(joint).damping[0] += brake.damping
    model = spec.compile()
    data = mujoco.MjData(model)
    random = np.random.default_rng(SHAKE_SEED)
    angles = random.normal(0.0, SHAKEN_RAD, len(pose))
    speeds = random.normal(0.0, SHAKEN_RADPS, len(pose))
    steps = round(duration / model.opt.timestep)
    is_still = _stays(robot, model, data, steps, pose, np.zeros(len(pose)))
    if not is_still or not _is_over_soles(robot, data):
        return False
    mujoco.mj_resetData(model, data)
    return _stays(robot, model, data, steps, pose + angles, speeds)


def _stays(
    robot: RobotDescription,
    model: mujoco.MjModel,
    data: mujoco.MjData,
    steps: int,
    pose: np.ndarray,
    speeds: np.ndarray,
) -> bool:
    """Put the robot down in a pose (n,), rad, at (n,) rad/s; tell whether it stays for steps."""
    soles = [foot.frame for foot in robot.feet]
    within = np.clip(pose, robot.limits.lower, robot.limits.upper)
    data.qpos[:] = pose_qpos(model, robot.joint_names, within, soles)
    data.qvel[[model.joint(name).dofadr[0] for name in robot.joint_names]] = speeds
    mujoco.mj_forward(model, data)
    height = float(data.qpos[2])
    upright = data.xmat[1].reshape(3, 3)[2].copy()
    mujoco.mj_step(model, data, nstep=steps)
    turn = float(np.arccos(np.clip(upright @ data.xmat[1].reshape(3, 3)[2], -1.0, 1.0)))
    return bool(abs(data.qpos[2] - height) < SUNK_SHARE * height and turn < TILTED_RAD)


def _is_over_soles(robot: RobotDescription, data: mujoco.MjData) -> bool:
    """Tell whether the centre of mass is over the soles, ahead and back, by all that is known."""
    soles = [data.site(foot.frame) for foot in robot.feet]
    middle = np.mean([sole.xpos for sole in soles], axis=0)
    ahead = soles[0].xmat.reshape(3, 3)[:, 0]
    way = data.subtree_com[1] - middle
    unsure = TILT_ERROR_RAD * float(way[2]) + EDGE_M
    return abs(float(way @ ahead)) < 0.5 * robot.feet[0].length - unsure
