# SPDX-License-Identifier: Apache-2.0
"""Do what only a simulator can: push the robot, change friction, make it differ from its model."""

from __future__ import annotations

import mujoco
import numpy as np
from talus_core.errors import UnknownNameError
from talus_description.world.joining import floor_of

from talus_simulation.mujoco_body.config import ModelErrorConfig
from talus_simulation.push import ActivePush, checked_push

GROUND_FRICTION_RANGE = (
    0.01,
    2.0,
)  # below: MuJoCo's cone degenerates; above: no pair of materials that robots meet
LOAD_LIMIT_KG = 50.0  # kg: about the robot's own mass
FOOT_FRICTION_PRIORITY = (
    100  # above every patch of a world: the lever of a foot wins wherever that foot stands
)


class Pushes:
    """Applies forces at the centre of mass of links, each for its time."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, period: float):
        self._model = model
        self._data = data
        self._period = period
        self._active: list[ActivePush] = []

    def add(self, link: str, impulse: np.ndarray, duration: float) -> None:
        """Spread an impulse (3,) N s, in the world, over `duration` s from the next tick on."""
        names = [self._model.body(i).name for i in range(1, self._model.nbody)]
        self._active.append(checked_push(link, impulse, duration, names, self._period))

    def clear(self) -> None:
        """End all pushes."""
        self._active.clear()
        self._data.xfrc_applied[:] = 0.0

    def apply(self) -> None:
        """Apply the forces that are due; call it before each tick."""
        if not self._active:
            return
        for push in self._active:
            self._data.xfrc_applied[self._body(push)] = 0.0
        self._active = [push for push in self._active if push.ticks_left > 0]
        for push in self._active:
            self._data.xfrc_applied[self._body(push), :3] += push.force
            push.ticks_left -= 1

    def _body(self, push: ActivePush) -> int:
        return int(self._model.body(push.link).id)


class Friction:
    """Sets the friction between soles and ground.

    MuJoCo takes the larger of both sides, or that of the higher priority.
    """

    def __init__(self, model: mujoco.MjModel, soles: list[str]):
        self._model = model
        bodies = [model.site(name).bodyid[0] for name in soles]
        places = (np.flatnonzero(model.geom_bodyid == body) for body in bodies)
        self._soles = dict(zip(("left_foot", "right_foot"), places, strict=True))
        self._floor = np.flatnonzero(model.body_weldid[model.geom_bodyid] == 0)
        self._floor = self._floor[model.geom_priority[self._floor] == 0]
        self._floor_geom = floor_of(model)
        self._of_floor = float(model.geom_friction[self._floor_geom, 0])
        self._of_foot: dict[str, float] = {}

    def set(self, target: str, friction: float) -> None:
        """Set the friction of `floor`, `left_foot` or `right_foot`.

        `floor` leaves patches with a priority of their own as they are. Raises UnknownNameError,
        ValueError.
        """
        if target not in ("floor", *self._soles):
            raise UnknownNameError("friction target", target, ("floor", *self._soles))
        low, high = GROUND_FRICTION_RANGE
        if not low <= friction <= high:
            raise ValueError(f"friction {friction}; it must be from {low} to {high}")
        if target == "floor":
            self._of_floor = friction
            self._model.geom_friction[self._floor, 0] = friction
        else:
            self._of_foot[target] = friction
        self._apply_to_soles()

    def _apply_to_soles(self) -> None:
        model = self._model
        floor = self._floor_geom
        for foot, sole in self._soles.items():
            if foot not in self._of_foot:
                model.geom_friction[sole, 0] = self._of_floor
                continue
            model.geom_friction[sole, 0] = self._of_foot[foot]
            if (model.geom_priority[sole] != FOOT_FRICTION_PRIORITY).any():
                model.geom_priority[sole] = FOOT_FRICTION_PRIORITY
                # A higher priority also decides the stiffness; keep what both sides had together.
                model.geom_solref[sole] = 0.5 * (model.geom_solref[sole] + model.geom_solref[floor])


def add_load(model: mujoco.MjModel, site: str, mass: float) -> None:
    """Fix a point mass (kg) to a link at a site, in place. Raises ValueError."""
    if not 0.0 < mass <= LOAD_LIMIT_KG:
        raise ValueError(f"load {mass} kg; it must be above 0, at most {LOAD_LIMIT_KG}")
    body = model.site_bodyid[model.site(site).id]
    at = model.site(site).pos
    old = model.body_mass[body]
    centre = model.body_ipos[body].copy()
    rows = np.empty(9)
    mujoco.mju_quat2Mat(rows, model.body_iquat[body])
    axes = rows.reshape(3, 3)
    arm = at - centre
    reduced = old * mass / (old + mass)  # two masses about their common centre
    inertia = axes @ np.diag(model.body_inertia[body]) @ axes.T + reduced * (
        arm @ arm * np.eye(3) - np.outer(arm, arm)
    )
    moments, principal = np.linalg.eigh(inertia)
    principal[:, 2] *= np.linalg.det(principal)  # right-handed
    model.body_mass[body] = old + mass
    model.body_ipos[body] = centre + mass / (old + mass) * arm
    model.body_inertia[body] = moments
    mujoco.mju_mat2Quat(model.body_iquat[body], principal.ravel())
    mujoco.mj_setConst(model, mujoco.MjData(model))


def disturb_model(model: mujoco.MjModel, base: str, config: ModelErrorConfig, seed: int) -> None:
    """Change masses and centres of mass of the links from `base` on, in place."""
    random = np.random.default_rng(seed)
    data = mujoco.MjData(model)
    root = model.body(base).rootid[0]
    for body in np.flatnonzero(model.body_rootid == root):
        factor = 1.0 + config.mass_fraction * random.uniform(-1.0, 1.0)
        model.body_mass[body] *= factor
        model.body_inertia[body] *= factor
        model.body_ipos[body] += (
            config.centre_of_mass * random.uniform(-1.0, 1.0, 3) * (model.body_mass[body] > 0.0)
        )
    for dof in np.flatnonzero(model.body_rootid[model.dof_bodyid] == root):
        model.dof_frictionloss[dof] *= config.friction_factor
    mujoco.mj_setConst(model, data)
