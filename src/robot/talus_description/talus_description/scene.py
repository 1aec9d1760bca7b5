# SPDX-License-Identifier: Apache-2.0
"""Joins a robot and a world into one MuJoCo scene, for the driver and the camera process."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import mujoco
import numpy as np
from talus_core.errors import unknown_name_message
from talus_core.robot import RobotDescriptionError, model_file

from talus_description.world.errors import SceneError
from talus_description.world.ground import SOLE_REACH_M, GroundBelow
from talus_description.world.joining import JoinedScene, join, parse

# Corners of a level sole differ from its middle by less: on flat ground the middle alone decides.
ROUNDING_M = 1e-6

__all__ = [
    "JoinedScene",
    "SceneError",
    "base_of",
    "find_world",
    "ground_at_origin",
    "join_scene",
    "load_scene",
    "pose_qpos",
    "world_names",
]


def world_names(worlds: Path) -> list[str]:
    """Return the names of the worlds in a folder."""
    return sorted(path.stem for path in worlds.glob("*.xml"))


def find_world(world: str | Path, worlds: Path) -> Path:
    """Return a world's file, given by name or path. Raises SceneError with the nearest names."""
    path = Path(world)
    if path.suffix:
        if os.path.isfile(path):
            return path
        raise SceneError(
            f"world file '{world}' does not exist; worlds by name: {', '.join(world_names(worlds))}"
        )
    if os.path.isfile(worlds / f"{world}.xml"):
        return worlds / f"{world}.xml"
    raise SceneError(
        unknown_name_message("world", str(world), world_names(worlds)) + "; or give an MJCF file"
    )


def load_scene(
    robot: str | Path, world: str | Path = "flat", worlds: str | Path | None = None
) -> mujoco.MjModel:
    """Return the model of `join_scene`."""
    return join_scene(robot, world, worlds).model


def join_scene(
    robot: str | Path, world: str | Path = "flat", worlds: str | Path | None = None
) -> JoinedScene:
    """Attach a robot to a world's origin; names and simulation options are the robot's.

    A world may have bodies that move, and names of its own: see `world/joining.py`.

    Args:
        robot: The robot's MJCF file, or its folder, whose robot.yaml names that file.
        world: A name in the folder of worlds, or an MJCF file.
        worlds: Folder of the worlds; None or empty: `../worlds` of the robot's folder.

    Raises:
        SceneError: Unknown world, a file that does not parse, or a world that a robot cannot stand
            in; one line names the file and what would work.
    """
    robot = Path(robot)
    if robot.is_dir():
        robot = _mjcf_of(robot)
    path = find_world(world, Path(worlds) if worlds else robot.parent.parent / "worlds")
    return join(robot, path)


def base_of(model: mujoco.MjModel, site: str) -> int:
    """Return the floating base of the robot that a site belongs to: the number of its body.

    Raises SceneError where the body at the root is fixed.
    """
    body = int(model.body_rootid[model.site_bodyid[model.site(site).id]])
    joint = model.body_jntadr[body]
    if joint < 0 or model.jnt_type[joint] != mujoco.mjtJoint.mjJNT_FREE:
        raise SceneError(
            f"the robot of site '{site}' has no free joint at its base, "
            f"body '{model.body(body).name}'"
        )
    return body


def load_robot_alone(mjcf: Path) -> mujoco.MjModel:
    """Return the compiled model of a robot without a world. Raises SceneError."""
    try:
        return parse(mjcf).compile()
    except ValueError as error:
        raise SceneError(f"{mjcf}: {' '.join(str(error).split())}") from error


def _mjcf_of(folder: Path) -> Path:
    try:
        return model_file(folder, "mjcf")
    except RobotDescriptionError as error:
        raise SceneError(str(error)) from error


def pose_qpos(
    model: mujoco.MjModel, joints: Sequence[str], pose: np.ndarray, soles: Sequence[str]
) -> np.ndarray:
    """Return qpos with the robot above the origin in a joint pose, its soles on the ground.

    It is turned until its first sole lies along the floor, and raised until no sole is in the
    ground. All else is where its file says.

    Args:
        model: Of a scene, or of a robot alone: the ground is then at z = 0.
        joints: Names of the joints in the order of `pose`.
        pose: Joint angles, rad. (n,)
        soles: Names of the sole sites.

    Returns:
        MuJoCo's generalised position. (nq,)

    Raises:
        SceneError: There is no floor below the origin, or the robot has no free joint.
    """
    data = mujoco.MjData(model)
    base = base_of(model, soles[0])
    at = model.jnt_qposadr[model.body_jntadr[base]]
    data.qpos[[model.joint(name).qposadr[0] for name in joints]] = pose
    data.qpos[at : at + 7] = 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0
    mujoco.mj_kinematics(model, data)
    ground = GroundBelow(model, data, base)
    level = np.zeros(4)
    mujoco.mju_mat2Quat(level, data.site(soles[0]).xmat)
    mujoco.mju_negQuat(data.qpos[at + 3 : at + 7], level)
    _lean(data.qpos[at + 3 : at + 7], ground.normal())
    mujoco.mj_kinematics(model, data)
    data.qpos[at + 2] = max(
        _depth(ground, data.site(sole).xpos, data.site(sole).xmat) for sole in soles
    )
    return data.qpos.copy()


def ground_at_origin(model: mujoco.MjModel, base: int) -> float:
    """Return how high the ground is at the origin, m; `base` is the number of the robot's base.

    Raises SceneError.
    """
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    return GroundBelow(model, data, base).height(np.zeros(2))


def _lean(quat: np.ndarray, normal: np.ndarray) -> None:
    """Turn a pose wxyz (4,) in place, the shortest way that turns up to `normal` (3,)."""
    if normal[2] == 1.0:
        return
    turn = np.array([1.0 + normal[2], -normal[1], normal[0], 0.0])
    mujoco.mju_mulQuat(quat, turn / np.linalg.norm(turn), quat.copy())


def _depth(ground: GroundBelow, position: np.ndarray, rotation: np.ndarray) -> float:
    """Return by how much a sole at a pose is below the ground at its deepest point, m."""
    points = position + SOLE_REACH_M @ rotation.reshape(3, 3)[:, :2].T
    middle, *corners = [ground.height(point[:2]) - point[2] for point in points]
    deepest = max(corners)
    return deepest if deepest > middle + ROUNDING_M else middle
