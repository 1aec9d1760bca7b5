# SPDX-License-Identifier: Apache-2.0
"""Finds legs, torso, arms, hands and soles of a humanoid by the tree of its MuJoCo model."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from talus_core.errors import TalusError
from transforms3d.quaternions import mat2quat

from talus_description.conversion.mjcf_joints import followers

# m above the lowest point of a foot within which its shape belongs to the sole.
SOLE_DEPTH_M = 0.005
SIDE_PLACES = 41  # places along each side at which the largest rectangle may begin or end
UP_AXIS = 2
ROUND_CORNERS = 24  # of a round foot's edge
FIRST_HIDDEN_GROUP = 3  # MuJoCo draws groups 0 to 2; shapes for contact are kept in those behind


class AnatomyError(TalusError):
    """Raised for a model that is no humanoid as Talus knows it; one line names the lack."""


@dataclass(frozen=True)
class Sole:
    """Describes a rectangle within a foot's shape, x forward and z up in the neutral pose.

    Attributes:
        body: Body of the foot.
        geoms: Shapes that touch the ground.
        position: (3,) m, its centre in the body's frame.
        rotation: (3, 3) from the sole's to the body's axes.
        length, width: m.
        points: (k, 2) m, places of the shape that touch flat ground, from the centre.
        touches_nothing: Whether the file lets these shapes meet nothing, as where a scene that is
            not there pairs them with its floor.
    """

    body: int
    geoms: tuple[int, ...]
    position: np.ndarray
    rotation: np.ndarray
    length: float
    width: float
    points: np.ndarray
    touches_nothing: bool = False


@dataclass(frozen=True)
class Anatomy:
    """Names the parts of the robot; joints by name, in the order from the base outwards.

    Attributes:
        base: Body of the free joint.
        chest: Body that carries the arms.
        groups: Joint names by group, as in robot.yaml.
        soles: Left and right.
        hands: Last bodies of the left and the right arm before the fingers.
    """

    base: int
    chest: int
    groups: dict[str, tuple[str, ...]]
    soles: tuple[Sole, Sole]
    hands: tuple[int, int]


def anatomy(model: mujoco.MjModel, turn: np.ndarray | None = None) -> Anatomy:
    """Return the parts of a robot without a world.

    Args:
        model: Of the robot, whose free joint moves its pelvis.
        turn: (3, 3) how its base is turned in the world when it stands; None: not at all.

    Raises:
        AnatomyError: No humanoid with two legs, two arms and feet.
    """
    return _Reader(model, np.eye(3) if turn is None else turn).read()


def free_body(model: mujoco.MjModel) -> int:
    """Return the body that the one free joint moves. Raises AnatomyError."""
    free = np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_FREE)
    if len(free) != 1:
        raise AnatomyError(
            f"{len(free)} free joints; a robot is one tree of bodies on one free joint"
        )
    return int(model.jnt_bodyid[free[0]])


class _Reader:
    """Reads the tree of a model in its neutral pose."""

    def __init__(self, model: mujoco.MjModel, turn: np.ndarray):
        self.model = model
        self.data = mujoco.MjData(model)
        self.base = free_body(model)
        self.followers = followers(model)
        self.data.qpos[:] = model.qpos0
        at = model.jnt_qposadr[model.body_jntadr[self.base]]
        self.data.qpos[at + 3 : at + 7] = mat2quat(turn)
        mujoco.mj_kinematics(model, self.data)

    def read(self) -> Anatomy:
        limbs = sorted(self._limbs(self.base), key=lambda limb: self._lowest(limb))
        starts = [self._height(body) for body in (self.base, *limbs[:2])]
        if len(limbs) < 2 or self._lowest(limbs[1]) > max(starts):
            raise AnatomyError("no two legs that hang from the base")
        legs = self._left_and_right(limbs[:2], "leg")
        torso, chest = self._torso(limbs[2:])
        arms, other = self._arms(chest, legs)
        hands = (self._end(arms[0]), self._end(arms[1]))
        soles = (self._sole(self._end(legs[0])), self._sole(self._end(legs[1])))
        groups = {
            "left_leg": self._chain(legs[0]),
            "right_leg": self._chain(legs[1]),
            "torso": torso,
        }
        groups |= {"left_arm": self._chain(arms[0]), "right_arm": self._chain(arms[1])}
        groups |= {"head": other} if other else {}
        fingers = [
            tuple(name for limb in self._limbs(hand) for name in self._all(limb)) for hand in hands
        ]
        groups |= {
            f"{side}_hand": names
            for side, names in zip(("left", "right"), fingers, strict=True)
            if names
        }
        return Anatomy(self.base, chest, groups, soles, hands)

    # --- the tree

    def _children(self, body: int) -> list[int]:
        return [int(i) for i in np.flatnonzero(self.model.body_parentid == body) if i != body]

    def _limbs(self, body: int) -> list[int]:
        """Return the first moving bodies below `body`, through bodies that are fixed to it."""
        found = []
        for child in self._children(body):
            found += [child] if self.model.body_jntnum[child] else self._limbs(child)
        return found

    def _all(self, body: int) -> tuple[str, ...]:
        return (
            *self._joints(body),
            *(name for limb in self._limbs(body) for name in self._all(limb)),
        )

    def _joints(self, body: int) -> tuple[str, ...]:
        first = self.model.body_jntadr[body]
        count = self.model.body_jntnum[body]
        if count > 1 or self.model.jnt_type[first] != mujoco.mjtJoint.mjJNT_HINGE:
            raise AnatomyError(
                f"body {self.model.body(body).name} must have one hinge, or none where it is "
                "fixed: give each joint a body of its own, and let a slide be fixed"
            )
        name = self.model.joint(first).name
        return () if name in self.followers else (name,)

    def _chain(self, body: int) -> tuple[str, ...]:
        """Return joints from `body` out to where the limb ends or branches."""
        limbs = self._limbs(body)
        return (*self._joints(body), *(self._chain(limbs[0]) if len(limbs) == 1 else ()))

    def _end(self, body: int) -> int:
        limbs = self._limbs(body)
        return self._end(limbs[0]) if len(limbs) == 1 else body

    def _height(self, body: int) -> float:
        return float(self.data.xpos[body, UP_AXIS])

    def _lowest(self, body: int) -> float:
        return min([self._height(body), *(self._lowest(limb) for limb in self._limbs(body))])

    def _side(self, body: int) -> float:
        return float(self.data.xpos[self._end(body), 1] - self.data.xpos[self.base, 1])

    def _left_and_right(self, limbs: list[int], what: str) -> tuple[int, int]:
        right, left = sorted(limbs, key=self._side)
        if not self._side(right) < 0.0 < self._side(left):
            first, second = (self.model.body(limb).name for limb in limbs)
            raise AnatomyError(
                f"no left and right {what}: limbs '{first}' and '{second}', which come first, are "
                "not one on each side; the base must look along x with y to the left"
            )
        return left, right

    def _torso(self, limbs: list[int]) -> tuple[tuple[str, ...], int]:
        """Return joints between base and chest, and the chest."""
        if len(limbs) != 1:
            return (), self.base
        return self._chain(limbs[0]), self._end(limbs[0])

    def _arms(self, chest: int, legs: tuple[int, int]) -> tuple[tuple[int, int], tuple[str, ...]]:
        limbs = [limb for limb in self._limbs(chest) if limb not in legs]
        limbs.sort(key=lambda limb: -abs(self._side(limb)))
        if len(limbs) < 2:
            raise AnatomyError(
                "no two arms on the chest; hands hang on them: give it two limbs there"
            )
        return self._left_and_right(limbs[:2], "arm"), tuple(
            name for limb in limbs[2:] for name in self._all(limb)
        )

    # --- soles

    def _sole(self, foot: int) -> Sole:
        model = self.model
        bodies = {foot, *self._fixed(foot)}
        shapes = [g for g in range(model.ngeom) if model.geom_bodyid[g] in bodies]
        solid = [g for g in shapes if model.geom_contype[g] | model.geom_conaffinity[g]]
        meets = bool(solid)
        solid = solid or self._meant_to_meet(shapes)
        if not solid:
            raise AnatomyError(
                f"body {model.body(foot).name} has no geom that meets the ground; give the foot a "
                "collision shape"
            )
        points = np.concatenate([self._points(geom) for geom in solid])
        low = points[points[:, UP_AXIS] < points[:, UP_AXIS].min() + SOLE_DEPTH_M]
        (x0, x1), (y0, y1) = largest_rectangle(low[:, :2])
        centre = np.array([0.5 * (x0 + x1), 0.5 * (y0 + y1), low[:, UP_AXIS].min()])
        rotation = self.data.xmat[foot].reshape(3, 3)
        place = rotation.T @ (centre - self.data.xpos[foot])
        turn = rotation.T.copy()
        size = float(x1 - x0), float(y1 - y0)
        around = low[:, :2] - centre[:2]
        return Sole(foot, tuple(solid), place, turn, *size, around, touches_nothing=not meets)

    def _meant_to_meet(self, shapes: list[int]) -> list[int]:
        """Return a foot's shapes that are not for the eye: simple ones, else hidden meshes."""
        kinds = self.model.geom_type
        simple = [g for g in shapes if kinds[g] != mujoco.mjtGeom.mjGEOM_MESH]
        return simple or [g for g in shapes if self.model.geom_group[g] >= FIRST_HIDDEN_GROUP]

    def _fixed(self, body: int) -> list[int]:
        fixed = [child for child in self._children(body) if not self.model.body_jntnum[child]]
        return [*fixed, *(below for child in fixed for below in self._fixed(child))]

    def _points(self, geom: int) -> np.ndarray:
        """Return the corners of the geom that may touch flat ground, (k, 3) m in the world."""
        model = self.model
        size = self.model.geom_size[geom]
        kind = mujoco.mjtGeom(model.geom_type[geom])
        down = np.zeros(3)
        if kind == mujoco.mjtGeom.mjGEOM_BOX:
            local = size * np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        elif kind in (mujoco.mjtGeom.mjGEOM_SPHERE, mujoco.mjtGeom.mjGEOM_CAPSULE):
            half = size[1] if kind == mujoco.mjtGeom.mjGEOM_CAPSULE else 0.0
            local = np.array([[0.0, 0.0, -half], [0.0, 0.0, half]])
            down = np.array([0.0, 0.0, -size[0]])
        elif kind == mujoco.mjtGeom.mjGEOM_CYLINDER:
            angle = np.linspace(0.0, 2.0 * np.pi, ROUND_CORNERS, endpoint=False)
            ring = size[0] * np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], 1)
            local = np.concatenate(
                [ring + np.array([0.0, 0.0, end]) for end in (-size[1], size[1])]
            )
        elif kind == mujoco.mjtGeom.mjGEOM_MESH:
            mesh = model.geom_dataid[geom]
            first = model.mesh_vertadr[mesh]
            local = model.mesh_vert[first : first + model.mesh_vertnum[mesh]]
        else:
            raise AnatomyError(
                f"a foot of {kind.name}; boxes, spheres, capsules, cylinders and meshes are known"
            )
        return local @ self.data.geom_xmat[geom].reshape(3, 3).T + self.data.geom_xpos[geom] + down


def largest_rectangle(
    points: np.ndarray, behind: float = -np.inf, ahead: float = np.inf
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the largest rectangle in the hull of points (k, 2), symmetric about its middle.

    Its ends x lie from `behind` to `ahead`, m.
    """
    middle = 0.5 * (points[:, 1].min() + points[:, 1].max())
    first = max(points[:, 0].min(), behind)
    last = min(points[:, 0].max(), ahead)
    xs = np.unique(np.concatenate((np.linspace(first, last, SIDE_PLACES), points[:, 0])))
    xs = xs[(xs >= first) & (xs <= last)]
    half = np.array([_half_width(points - [0.0, middle], x) for x in xs])
    best = max(
        ((xs[j] - xs[i]) * half[[i, j]].min(), i, j)
        for i in range(len(xs))
        for j in range(i + 1, len(xs))
    )
    _, i, j = best
    y = float(half[[i, j]].min())
    return (float(xs[i]), float(xs[j])), (middle - y, middle + y)


def _half_width(points: np.ndarray, x: float) -> float:
    """Return the lesser half width of the hull at `x`, by the chords over all pairs of points."""
    left = points[points[:, 0] <= x + 1e-12]
    right = points[points[:, 0] >= x - 1e-12]
    run = right[None, :, 0] - left[:, None, 0]
    share = np.divide(x - left[:, None, 0], run, out=np.zeros_like(run), where=run > 1e-12)
    y = left[:, None, 1] + share * (right[None, :, 1] - left[:, None, 1])
    return float(max(min(y.max(), -y.min()), 0.0))
