# SPDX-License-Identifier: Apache-2.0
"""Decides whose physics a scene has: the robot's solver and step, the world's gravity and look.

A robot's drives, contacts and control period are made for its own options, so these win. What a
world asks for and does not get is told in words.
"""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np

from talus_description.world.errors import SceneError

# What the robot's file decides alone.
ROBOT_OPTIONS = (
    "timestep",
    "integrator",
    "cone",
    "impratio",
    "solver",
    "iterations",
    "tolerance",
    "ls_iterations",
    "ls_tolerance",
    "noslip_iterations",
    "noslip_tolerance",
    "ccd_iterations",
    "ccd_tolerance",
    "jacobian",
    "disableflags",
    "enableflags",
    "disableactuator",
    "o_margin",
    "o_solref",
    "o_solimp",
    "o_friction",
)
# What the world's file decides: its gravity and its air.
WORLD_OPTIONS = ("gravity", "density", "viscosity", "wind", "magnetic")
# Of the compiler: each would change the robot too, and is left out.
SCENE_WIDE_SETTINGS = (
    "settotalmass",
    "balanceinertia",
    "boundmass",
    "boundinertia",
    "fusestatic",
    "discardvisual",
)
# Below the Moon's 1.62 m/s^2: there a sole has no grip, and nobody stands.
GRAVITY_AT_LEAST_MPS2 = 1.0


def set_options(
    scene: mujoco.MjSpec, robot: mujoco.MjSpec, world: mujoco.MjSpec, path: Path
) -> list[str]:
    """Give a scene the robot's options, and the world's gravity, air, light and measures.

    Args:
        scene: Still empty.
        robot, world: What will be joined.
        path: File of the world, for messages.

    Returns:
        What of the world was not taken, or harms, one line each.

    Raises:
        SceneError: The world's gravity does not hold a robot on its feet.
    """
    down = -world.option.gravity[2]
    if down < max(GRAVITY_AT_LEAST_MPS2, *np.abs(world.option.gravity[:2])):
        raise SceneError(
            f"world {path} has option gravity='{_words(world.option.gravity)}', which holds nobody "
            f"on the floor; z must be below -{GRAVITY_AT_LEAST_MPS2:g}, and outweigh x and y"
        )
    scene.option = robot.option
    for name in WORLD_OPTIONS:
        setattr(scene.option, name, getattr(world.option, name))
    scene.stat = world.stat
    scene.visual = world.visual
    usual = mujoco.MjSpec()
    lost = [
        f"option {name}={_words(asked)} is not taken: the robot needs {_words(given)}"
        for name in ROBOT_OPTIONS
        if not _equal(asked := getattr(world.option, name), getattr(usual.option, name))
        and not _equal(asked, given := getattr(robot.option, name))
    ]
    lost += [
        f"compiler {name}={_words(asked)} is not taken: it would change the robot"
        for name in SCENE_WIDE_SETTINGS
        if not _equal(asked := getattr(world.compiler, name), getattr(usual.compiler, name))
    ]
    if not _equal(world.option.gravity, usual.option.gravity):
        lost.append(
            f"option gravity='{_words(world.option.gravity)}' is taken, but safety arms the robot "
            "only where its accelerometer shows 9.8 m/s^2"
        )
    return [f"world {path}: {line}" for line in lost]


def _equal(one: object, other: object) -> bool:
    return bool(np.array_equal(np.asarray(one), np.asarray(other), equal_nan=True))


def _words(value: object) -> str:
    return " ".join(f"{number:g}" for number in np.atleast_1d(np.asarray(value)))
