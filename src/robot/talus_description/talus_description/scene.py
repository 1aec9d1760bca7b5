# SPDX-License-Identifier: Apache-2.0
"""Joins a robot and a world into one MuJoCo scene, for the driver and the camera process."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import mujoco
import numpy as np
from talus_core.errors import TalusError, unknown_name_message
from talus_core.robot import RobotDescriptionError, model_file


class SceneError(TalusError):
    """Raised when a robot or world cannot be loaded; one line names it and what would work."""


def world_names(worlds: Path) -> list[str]:
    """Return the names of the worlds in a folder."""
    return sorted(path.stem for path in worlds.glob("*.xml"))


def find_world(world: str | Path, worlds: Path) -> Path:
    """Return a world's file, given by name or path. Raises SceneError with the nearest names."""
    path = Path(world)
    if path.suffix:
        if path.is_file():
            return path
        raise SceneError(
            f"world file '{world}' does not exist; worlds by name: {', '.join(world_names(worlds))}"
        )
    if (worlds / f"{world}.xml").is_file():
        return worlds / f"{world}.xml"
    raise SceneError(
        unknown_name_message("world", str(world), world_names(worlds)) + "; or give an MJCF file"
    )


def load_scene(
    robot: str | Path, world: str | Path = "flat", worlds: str | Path | None = None
) -> mujoco.MjModel:
    """Attach a robot to a world's origin, all names kept; simulation options are the robot's.

    Args:
        robot: The robot's MJCF file, or its folder, whose robot.yaml names that file.
        world: A name in the folder of worlds, or an MJCF file.
        worlds: Folder of the worlds; by default `../worlds` of the robot folder.

    Raises:
        SceneError: Unknown world, a file that does not parse, or a world without a geom named
            `floor`.
    """
    robot = Path(robot)
    if robot.is_dir():
        robot = _mjcf_of(robot)
    path = find_world(world, robot.parent.parent / "worlds" if worlds is None else Path(worlds))
    scene = _parse(path)
    attached = _parse(robot)
    if scene.geom("floor") is None:
        raise SceneError(
            f"world {path} has no geom named 'floor'; a world is an MJCF file with one"
        )
    for option in ("timestep", "integrator", "cone", "impratio"):
        setattr(scene.option, option, getattr(attached.option, option))
    return _join(scene, attached)


def load_robot_alone(mjcf: Path) -> mujoco.MjModel:
    """Return the compiled model of a robot without a world. Raises SceneError."""
    return _compiled(_parse(mjcf), f"{mjcf}")


def _compiled(spec: mujoco.MjSpec, what: str) -> mujoco.MjModel:
    try:
        return spec.compile()
    except ValueError as error:
        raise SceneError(f"{what}: {' '.join(str(error).split())}") from error


def _mjcf_of(folder: Path) -> Path:
    try:
        return model_file(folder, "mjcf")
    except RobotDescriptionError as error:
        raise SceneError(str(error)) from error


def pose_qpos(
    model: mujoco.MjModel, joints: Sequence[str], pose: np.ndarray, soles: Sequence[str]
) -> np.ndarray:
    """Return the robot's qpos at the origin in a joint pose, on level soles.

    It is turned and raised until its first sole is level and none is below z = 0.

    Args:
        model: Of a scene.
        joints: Names of the joints in the order of `pose`.
        pose: Joint angles, rad. (n,)
        soles: Names of the sole sites.

    Returns:
        MuJoCo's generalised position: base position, quaternion wxyz, joints. (nq,)
    """
    data = mujoco.MjData(model)
    data.qpos[3:7] = (1.0, 0.0, 0.0, 0.0)  # however the file draws it
    data.qpos[[model.joint(name).qposadr[0] for name in joints]] = pose
    mujoco.mj_kinematics(model, data)
    level = np.zeros(4)
    mujoco.mju_mat2Quat(level, data.site(soles[0]).xmat)
    mujoco.mju_negQuat(data.qpos[3:7], level)
    data.qpos[:3] = 0.0
    mujoco.mj_kinematics(model, data)
    data.qpos[2] = -min(data.site(sole).xpos[2] for sole in soles)
    return data.qpos.copy()


def _join(scene: mujoco.MjSpec, robot: mujoco.MjSpec) -> mujoco.MjModel:
    """Compile both as one, without MuJoCo's warning about what was joined without a prefix."""
    handler = mujoco.get_mju_user_warning()
    mujoco.set_mju_user_warning(lambda message: None)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*empty prefix")
            scene.attach(robot, frame=scene.worldbody.add_frame(), prefix="")
            return scene.compile()
    except ValueError as error:
        raise SceneError(
            f"robot and world do not fit together: {' '.join(str(error).split())}"
        ) from error
    finally:
        mujoco.set_mju_user_warning(handler)


def _parse(path: Path) -> mujoco.MjSpec:
    try:
        return mujoco.MjSpec.from_file(str(path))
    except (ValueError, OSError) as error:
        raise SceneError(f"{path}: {' '.join(str(error).split())}") from error
