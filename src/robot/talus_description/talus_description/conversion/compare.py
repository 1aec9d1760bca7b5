# SPDX-License-Identifier: Apache-2.0
"""Compares two descriptions of one robot pose by pose, whatever their formats are.

Both are placed in the same seeded random poses and seen from one of their own joints, so that it
does not matter which body is the root, nor where its frame lies. Compared are masses, centres of
mass, inertias, frames, axes of joints, ranges, torque limits, speed limits and who follows whom.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import mujoco
import numpy as np
from transforms3d.axangles import axangle2mat

from talus_description.conversion.mjcf_joints import ENDLESS_TURN_RAD, followers, joint_effort
from talus_description.formats.urdf_model import AT_ORIGIN, DescriptionError, FramePose, Model

POSES = 8  # random ones: each joint takes part in all
SEED = 0
# MuJoCo writes six digits, and a chain of ten bodies adds up their rounding.
ALIKE_PLACE_M = 2e-5
SAME_DIRECTION = 2e-5  # of an entry of a rotation matrix
SAME_SHARE = 2e-5  # of a mass, an inertia or a limit


@dataclass(frozen=True)
class JointFacts:
    """Describes what limits a joint.

    Range in rad, peak torque in N m (None: no drive), speed in rad/s (None: not said). `follows`:
    leader, multiplier and offset in rad of a joint without a drive of its own.
    """

    lower: float
    upper: float
    effort: float | None
    velocity: float | None
    follows: tuple[str, float, float] | None = None


@dataclass(frozen=True)
class Solid:
    """Describes a body in a pose: mass kg, centre of mass (3,) m, inertia there (3, 3) kg m^2."""

    mass: float
    centre: np.ndarray
    inertia: np.ndarray


@dataclass
class PlacedParts:
    """Holds where all parts are in one pose.

    Attributes:
        solids: Bodies with mass, by name.
        frames: Bodies and sites; the origin of a body that turns lies on its joint.
        axes: A point on the axis of each joint, and its direction.
    """

    solids: dict[str, Solid] = field(default_factory=dict)
    frames: dict[str, FramePose] = field(default_factory=dict)
    axes: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def seen_from(self, joint: str, link: str) -> PlacedParts:
        """Return the same seen from a joint, in the axes of the link that it moves."""
        turn = self.frames[link].rotation.T
        origin = self.axes[joint][0]
        return PlacedParts(
            {
                name: Solid(s.mass, turn @ (s.centre - origin), turn @ s.inertia @ turn.T)
                for name, s in self.solids.items()
            },
            {
                name: FramePose(turn @ (f.position - origin), turn @ f.rotation)
                for name, f in self.frames.items()
            },
            {name: (turn @ (p - origin), turn @ d) for name, (p, d) in self.axes.items()},
        )


class Figure(Protocol):
    """Defines what can be compared: `joints` by name, `moved` links by joint, and poses."""

    joints: dict[str, JointFacts]
    moved: dict[str, str]

    def place(self, angles: Mapping[str, float]) -> PlacedParts:
        """Return where all parts are with joint angles, rad."""


class UrdfFigure:
    """Places what a URDF describes."""

    def __init__(self, model: Model):
        self._model = model
        turning = [joint for joint in model.joints if joint.kind != "fixed"]
        self.moved = {joint.name: joint.child for joint in turning}
        self.joints = {
            joint.name: JointFacts(
                lower=joint.lower,
                upper=joint.upper,
                effort=None if joint.mimic else joint.effort,
                velocity=None if joint.mimic else joint.velocity,
                follows=(joint.mimic.joint, joint.mimic.multiplier, joint.mimic.offset)
                if joint.mimic
                else None,
            )
            for joint in turning
        }

    def place(self, angles: Mapping[str, float]) -> PlacedParts:
        """Return where all parts are with joint angles, rad."""
        placed = PlacedParts()
        self._link(placed, self._model.root, AT_ORIGIN, angles)
        return placed

    def _link(
        self, placed: PlacedParts, name: str, pose: FramePose, angles: Mapping[str, float]
    ) -> None:
        placed.frames[name] = pose
        inertial = self._model.links[name].inertial
        if inertial is not None:
            at = pose @ inertial.pose
            inertia = at.rotation @ inertial.inertia @ at.rotation.T
            placed.solids[name] = Solid(inertial.mass, at.position, inertia)
        for joint in self._model.joints_from(name):
            child = pose @ joint.pose
            if joint.kind != "fixed":
                placed.axes[joint.name] = (child.position, child.rotation @ joint.axis)
                turn = axangle2mat(joint.axis, angles[joint.name])
                child = FramePose(child.position, child.rotation @ turn)
            self._link(placed, joint.child, child, angles)


class MujocoFigure:
    """Places what a compiled MuJoCo model describes, but for the world."""

    def __init__(self, model: mujoco.MjModel, velocity: Mapping[str, float] | None = None):
        """Take a model; `velocity`: speed limits by joint, rad/s, which MJCF does not hold."""
        self._model = model
        self._data = mujoco.MjData(model)
        speeds = velocity or {}
        follow = followers(model)
        hinges = np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_HINGE)
        self.moved = {
            model.joint(at).name: model.body(int(model.jnt_bodyid[at])).name for at in hinges
        }
        self.joints = {}
        for name in self.moved:
            at = model.joint(name).id
            lower, upper = (
                model.jnt_range[at]
                if model.jnt_limited[at]
                else (-ENDLESS_TURN_RAD, ENDLESS_TURN_RAD)
            )
            self.joints[name] = JointFacts(
                lower=float(lower),
                upper=float(upper),
                effort=None if name in follow else joint_effort(model, name),
                velocity=speeds.get(name),
                follows=follow.get(name),
            )

    def place(self, angles: Mapping[str, float]) -> PlacedParts:
        """Return where all parts are with joint angles, rad."""
        model = self._model
        data = self._data
        for name, angle in angles.items():
            data.qpos[model.joint(name).qposadr[0]] = angle
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        placed = PlacedParts()
        for body in range(1, model.nbody):
            name = model.body(body).name
            at = model.body_jntadr[body]
            turns = at >= 0 and model.jnt_type[at] == mujoco.mjtJoint.mjJNT_HINGE
            origin = data.xanchor[at] if turns else data.xpos[body]
            placed.frames[name] = FramePose(origin.copy(), data.xmat[body].reshape(3, 3).copy())
            if model.body_mass[body] > 0.0:
                turn = data.ximat[body].reshape(3, 3)
                inertia = turn @ np.diag(model.body_inertia[body]) @ turn.T
                centre = data.xipos[body].copy()
                placed.solids[name] = Solid(float(model.body_mass[body]), centre, inertia)
        for site in range(model.nsite):
            pose = FramePose(data.site_xpos[site].copy(), data.site_xmat[site].reshape(3, 3).copy())
            placed.frames.setdefault(model.site(site).name, pose)
        for name in self.moved:
            at = model.joint(name).id
            placed.axes[name] = (data.xanchor[at].copy(), data.xaxis[at].copy())
        return placed


def check_same(source: Figure, written: Figure, what: str, replaced: Collection[str] = ()) -> None:
    """Compare two figures of one robot.

    Args:
        source: As it came.
        written: As it was written.
        what: Name of the written file, for the message.
        replaced: Links whose frames were moved on purpose.

    Raises:
        DescriptionError: The first thing that differs, with both values.
    """
    for name, joint in source.joints.items():
        if name not in written.joints:
            raise DescriptionError(f"{what} lacks joint '{name}'; nothing was written")
        for key in ("lower", "upper", "effort", "velocity", "follows"):
            values = getattr(joint, key), getattr(written.joints[name], key)
            if None not in values and not _is_near(*values):
                _differ(what, f"{key} of joint '{name}'", *values)
    random = np.random.default_rng(SEED)
    for _ in range(POSES):
        angles = {name: random.uniform(j.lower, j.upper) for name, j in source.joints.items()}
        alike = [joint for joint, link in source.moved.items() if written.moved[joint] == link]
        here = source.place(angles)
        there = written.place(angles)
        if alike:
            link = source.moved[alike[0]]
            here, there = (placed.seen_from(alike[0], link) for placed in (here, there))
        turned = {joint: link for joint, link in source.moved.items() if joint not in alike}
        _align(there, turned, written.moved)
        _check_placements(here, there, what, {*replaced, *turned.values()})


def _align(written: PlacedParts, turned: Mapping[str, str], moved: Mapping[str, str]) -> None:
    """Let joints that turn the other of their two bodies look as they did: about the same axis.

    `turned`: the body that such a joint moved in the source. The body that it moves now has its
    origin elsewhere, and is compared by its mass alone.
    """
    for joint in turned:
        point, direction = written.axes[joint]
        written.axes[joint] = (point, -direction)
        written.frames.pop(moved[joint], None)


def _check_placements(
    source: PlacedParts, written: PlacedParts, what: str, replaced: Collection[str]
) -> None:
    for name, solid in source.solids.items():
        if name not in written.solids:
            raise DescriptionError(f"{what} lacks the mass of '{name}'; nothing was written")
        other = written.solids[name]
        if not _is_near(solid.mass, other.mass):
            _differ(what, f"mass of '{name}'", solid.mass, other.mass)
        if not np.allclose(solid.centre, other.centre, rtol=0, atol=ALIKE_PLACE_M):
            _differ(what, f"centre of mass of '{name}'", solid.centre, other.centre)
        near = SAME_SHARE * 5.0 * float(np.trace(solid.inertia)) + 1e-12
        if not np.allclose(solid.inertia, other.inertia, rtol=0, atol=near):
            _differ(what, f"inertia of '{name}'", solid.inertia, other.inertia)
    for name, (point, direction) in source.axes.items():
        other_point, other_direction = written.axes[name]
        if not np.allclose(direction, other_direction, rtol=0, atol=SAME_DIRECTION):
            _differ(what, f"axis of joint '{name}'", direction, other_direction)
        away = np.cross(direction, other_point - point)
        if not np.allclose(away, 0.0, rtol=0, atol=ALIKE_PLACE_M):
            _differ(what, f"place of joint '{name}'", point, other_point)
    for name in sorted(set(source.frames) & set(written.frames) - set(replaced)):
        pose = source.frames[name]
        other_pose = written.frames[name]
        if not np.allclose(pose.position, other_pose.position, rtol=0, atol=ALIKE_PLACE_M):
            _differ(what, f"place of '{name}'", pose.position, other_pose.position)
        if not np.allclose(pose.rotation, other_pose.rotation, rtol=0, atol=SAME_DIRECTION):
            _differ(what, f"rotation of '{name}'", pose.rotation, other_pose.rotation)
    added = set(written.solids) - set(source.solids)
    if added:
        raise DescriptionError(f"{what} has masses of its own: {', '.join(sorted(added))}")


def _is_near(a: object, b: object) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return all(map(_is_near, a, b))
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return bool(np.isclose(a, b, rtol=SAME_SHARE, atol=SAME_SHARE))
    return a == b


def _differ(what: str, part: str, source: object, written: object) -> None:
    def text(value: object) -> str:
        return " ".join(str(np.round(np.asarray(value), 6)).split()) if value is not None else "-"

    raise DescriptionError(
        f"{what}: {part} is {text(written)}, in the source {text(source)}; nothing was written. "
        "This is a fault of the converter: please report it with the source"
    )
