# SPDX-License-Identifier: Apache-2.0
"""Joins a robot's and a world's MJCF into one scene in which the robot's names stay as they are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np

from talus_description.world.errors import SceneError
from talus_description.world.options import set_options

FLOOR = "floor"  # the geom that a world must have
WORLD_PREFIX = "world/"  # before a world's names, where some of them are the robot's too
# Lists of a spec whose elements must have names of their own.
NAMED_LISTS = (
    "bodies",
    "geoms",
    "joints",
    "sites",
    "cameras",
    "lights",
    "frames",
    "meshes",
    "textures",
    "materials",
    "hfields",
    "skins",
    "flexes",
    "pairs",
    "excludes",
    "equalities",
    "tendons",
    "actuators",
    "sensors",
    "numerics",
    "texts",
    "tuples",
    "plugins",
)


@dataclass(frozen=True)
class JoinedScene:
    """Holds a robot in a world.

    Attributes:
        model: MuJoCo's own; the world's bodies come first.
        remarks: What of the world is otherwise than its file says, one line each.
    """

    model: mujoco.MjModel
    remarks: tuple[str, ...]


def join(robot_file: Path, world_file: Path) -> JoinedScene:
    """Join two MJCF files; the robot is attached to the world's origin.

    All names are kept. Where a name is both the robot's and the world's, all names of the world
    begin with `WORLD_PREFIX`.

    Raises:
        SceneError: A file that does not parse or compile, or a world without gravity or a fixed
            geom `floor` that holds the robot.
    """
    robot = parse(robot_file)
    world = parse(world_file)
    if world.geom(FLOOR) is None:
        raise SceneError(_no_floor(world, world_file))
    scene = mujoco.MjSpec()
    scene.modelname = world.modelname
    remarks = set_options(scene, robot, world, world_file)
    shared = shared_names(robot, world)
    if shared:
        remarks.append(
            f"world {world_file}: its names begin with '{WORLD_PREFIX}' here, "
            f"since the robot has a {', a '.join(shared)} too"
        )
    remarks += _drop_keyframes(world, world_file)
    robot_bodies = len(robot.bodies) - 1  # without its own worldbody
    with _in_silence():
        try:
            for part, prefix in ((world, WORLD_PREFIX if shared else ""), (robot, "")):
                scene.attach(part, frame=scene.worldbody.add_frame(), prefix=prefix)
            model = scene.compile()
        except (ValueError, mujoco.FatalError) as error:
            raise _blame(robot_file, world_file, error) from error
    _check_floor(model, model.nbody - robot_bodies, world_file)
    return JoinedScene(model, tuple(remarks))


def parse(path: Path) -> mujoco.MjSpec:
    """Read an MJCF file. Raises SceneError."""
    try:
        with _in_silence():
            return mujoco.MjSpec.from_file(str(path))
    except (ValueError, OSError, mujoco.FatalError) as error:
        raise SceneError(f"{path}: {_one_line(error)}") from error


def shared_names(robot: mujoco.MjSpec, world: mujoco.MjSpec) -> list[str]:
    """Return what both have by one name, as 'body torso'; at most one of each kind."""
    shared = []
    for kind in NAMED_LISTS:
        names = _names(robot, kind) & _names(world, kind)
        if names:
            shared.append(f"{_singular(kind)} '{min(names)}'")
    return shared


def floor_of(model: mujoco.MjModel) -> int | None:
    """Return the number of the geom `floor` of a scene's world; None in a model without one."""
    for name in (WORLD_PREFIX + FLOOR, FLOOR):
        number = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_GEOM, name)
        if number >= 0:
            return number
    return None


def _names(spec: mujoco.MjSpec, kind: str) -> set[str]:
    names = {element.name for element in getattr(spec, kind)}
    return names - ({"", "world"} if kind == "bodies" else {""})


def _singular(kind: str) -> str:
    irregular = {"bodies": "body", "meshes": "mesh", "flexes": "flex", "equalities": "equality"}
    return irregular.get(kind, kind[:-1])


def _no_floor(world: mujoco.MjSpec, path: Path) -> str:
    line = f"world {path} has no geom named '{FLOOR}'; a world is an MJCF file with one"
    if world.joints:
        line += "; a robot's own file is given with --robot"
    return line


def _drop_keyframes(world: mujoco.MjSpec, path: Path) -> list[str]:
    """Take a world's keyframes away: they may be of other sizes, and nothing starts from them."""
    keys = list(world.keys)
    if not keys:
        return []
    names = ", ".join(f"'{key.name}'" for key in keys)
    for key in keys:
        world.delete(key)
    return [
        f"world {path}: keyframe {names} is not taken: "
        "what moves starts where its bodies are, at zero joints"
    ]


def _blame(robot_file: Path, world_file: Path, error: Exception) -> SceneError:
    """Return an error that names the file that does not compile by itself, if one does not."""
    for path in (world_file, robot_file):
        spec = parse(path)
        if path == world_file:
            _drop_keyframes(spec, path)
        try:
            spec.compile()
        except (ValueError, mujoco.FatalError) as alone:
            return SceneError(f"{path}: {_one_line(alone)}")
    return SceneError(
        f"robot {robot_file} and world {world_file} do not fit together: {_one_line(error)}"
    )


def _check_floor(model: mujoco.MjModel, first: int, path: Path) -> None:
    """Refuse a floor that moves, or through which the robot, from body `first` on, would fall."""
    floor = floor_of(model)
    assert floor is not None  # `join` has seen it
    body = model.geom_bodyid[floor]
    if model.body_weldid[body] != 0:
        raise SceneError(
            f"world {path}: geom '{FLOOR}' is fixed to body '{model.body(body).name}', which "
            "moves; the robot needs a floor that is fixed to the world"
        )
    robot = np.flatnonzero(model.geom_bodyid >= first)
    if not meets(model, floor, robot).any():
        raise SceneError(
            f"world {path}: geom '{FLOOR}' has contype {model.geom_contype[floor]} and conaffinity "
            f"{model.geom_conaffinity[floor]}, so that the robot would fall through it; "
            "leave both out"
        )


def meets(model: mujoco.MjModel, geom: int, others: np.ndarray) -> np.ndarray:
    """Return whether a geom collides with others (n,), by their bits: (n,) bool."""
    by_type = model.geom_contype[geom] & model.geom_conaffinity[others]
    by_affinity = model.geom_conaffinity[geom] & model.geom_contype[others]
    return (by_type | by_affinity) != 0


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


@contextmanager
def _in_silence() -> Iterator[None]:
    """Keep MuJoCo's warnings from terminal and log file: what matters of them is a remark."""
    handler = mujoco.get_mju_user_warning()
    mujoco.set_mju_user_warning(lambda message: None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        mujoco.set_mju_user_warning(handler)
