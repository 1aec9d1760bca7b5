# SPDX-License-Identifier: Apache-2.0
"""Gives each foot a sole: a massless body with the foot's contact shapes, which a sensor feels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import mujoco
import numpy as np
from talus_core.physics import GRAVITY_MPS2
from transforms3d.quaternions import mat2quat, quat2mat

from talus_description.anatomy import FIRST_HIDDEN_GROUP, Sole, largest_rectangle
from talus_description.formats.urdf_model import AT_ORIGIN, FramePose

SIDE_WORDS = ("left", "right")
# Of a sole from a file that does not say: rubber, as talus40's. MuJoCo's default is soft, and heavy
# robots rock on it.
SOLE_FRICTION = 0.9
SOLE_SOLREF = (0.006, 1.0)
SLIDING_CONDIM = 3  # a contact that resists sliding
# Of the box that stands for a foot's mesh: thick enough that no step of physics passes through it.
SOLE_BOX_HEIGHT_M = 0.01
# Of the angle between a joint's axis and the axis aside, within which it pitches the foot.
PITCHING_COSINE = 0.7


def in_reach_of_ankle(
    model: mujoco.MjModel, sole: Sole, leg: Sequence[str], effort: Mapping[str, float]
) -> Sole:
    """Return the part of a sole on which its ankle can hold the robot, if it cannot on its middle.

    A robot that stands on both feet asks half as much of each ankle; beyond that reach this is more
    than half of the peak torque, which heats the windings until it is stopped. What its shape
    touches stays.

    Args:
        model: Of the robot, upright in its neutral pose.
        sole: The foot.
        leg: Joints of its leg, from the base outwards.
        effort: Peak torque, N m, by joint.
    """
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    pitching = [name for name in leg if abs(data.xaxis[model.joint(name).id][1]) > PITCHING_COSINE]
    ankle = pitching[-1]
    reach = effort[ankle] / (float(model.body_mass.sum()) * GRAVITY_MPS2)
    turn = data.xmat[sole.body].reshape(3, 3)
    middle = data.xpos[sole.body] + turn @ sole.position
    ahead = float((middle - data.xanchor[model.joint(ankle).id])[0])
    if abs(ahead) <= reach:
        return sole
    (x0, x1), (y0, y1) = largest_rectangle(sole.points, -ahead - reach, -ahead + reach)
    moved = np.array([0.5 * (x0 + x1), 0.5 * (y0 + y1), 0.0])
    return replace(
        sole,
        position=sole.position + sole.rotation @ moved,
        length=float(x1 - x0),
        width=float(y1 - y0),
        points=sole.points - moved[:2],
    )


def add_sole(
    spec: mujoco.MjSpec, model: mujoco.MjModel, frame: str, sole: Sole, olds: list[mujoco.MjsGeom]
) -> None:
    """Put the foot's contact shapes on a massless body, so that a sensor feels the ground alone.

    Args:
        spec, model: Of the robot.
        frame: Name of the body.
        sole: The foot.
        olds: Its contact shapes, which move.
    """
    body = spec.body(model.body(sole.body).name).add_body(
        name=frame, pos=sole.position, quat=mat2quat(sole.rotation), explicitinertial=False
    )
    body.add_site(name=frame)
    for at, old in zip(sole.geoms, olds, strict=True):
        named = {"name": old.name, "meshname": old.meshname, "material": old.material}
        spec.delete(old)
        place = _geom_pose(model, at, sole.body)
        position = sole.rotation.T @ (place.position - sole.position)
        turned = sole.rotation.T @ place.rotation
        body.add_geom(
            **named,
            type=mujoco.mjtGeom(model.geom_type[at]),
            size=model.geom_size[at],
            pos=position,
            quat=mat2quat(turned),
            friction=model.geom_friction[at],
            solref=model.geom_solref[at],
            solimp=model.geom_solimp[at],
            condim=int(model.geom_condim[at]),
            priority=int(model.geom_priority[at]),
            contype=int(model.geom_contype[at]),
            conaffinity=int(model.geom_conaffinity[at]),
            group=int(model.geom_group[at]),
            rgba=model.geom_rgba[at],
            margin=float(model.geom_margin[at]),
            gap=float(model.geom_gap[at]),
            density=0.0,
        )


def flatten_meshes(spec: mujoco.MjSpec, frame: str, sole: Sole) -> bool:
    """Let a box touch the ground where the foot's shapes have a mesh; return whether one has.

    MuJoCo lets a mesh meet a plane in three points, which jump from tick to tick: a robot that
    stands on them turns on the spot.
    """
    body = spec.body(frame)
    meshes = [geom for geom in body.geoms if geom.type == mujoco.mjtGeom.mjGEOM_MESH]
    if not meshes:
        return False
    first = meshes[0]
    body.add_geom(
        name=f"{frame}_contact",
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=(0.5 * sole.length, 0.5 * sole.width, 0.5 * SOLE_BOX_HEIGHT_M),
        pos=(0.0, 0.0, 0.5 * SOLE_BOX_HEIGHT_M),
        friction=first.friction,
        solref=first.solref,
        solimp=first.solimp,
        condim=first.condim,
        priority=first.priority,
        contype=first.contype,
        conaffinity=first.conaffinity,
        group=FIRST_HIDDEN_GROUP,
        margin=first.margin,
        gap=first.gap,
        density=0.0,
    )
    for geom in meshes:
        geom.contype = geom.conaffinity = 0
    return True


def stiffen_soles(spec: mujoco.MjSpec, frames: list[str]) -> None:
    """Give soles the contact of rubber on a hard floor."""
    for frame in frames:
        for geom in spec.body(frame).geoms:
            geom.friction[0] = SOLE_FRICTION
            geom.solref = SOLE_SOLREF
            geom.condim = max(geom.condim, SLIDING_CONDIM)
            geom.conaffinity = geom.conaffinity or 1


def _geom_pose(model: mujoco.MjModel, geom: int, foot: int) -> FramePose:
    """Return where a geom lies in a body on which its own body is fixed; a mesh as in its file."""
    pose = FramePose(model.geom_pos[geom].copy(), quat2mat(model.geom_quat[geom]))
    if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_MESH:
        mesh = model.geom_dataid[geom]
        turn = pose.rotation @ quat2mat(model.mesh_quat[mesh]).T
        pose = FramePose(pose.position - turn @ model.mesh_pos[mesh], turn)
    body = int(model.geom_bodyid[geom])
    holder = AT_ORIGIN
    while body != foot:
        holder = FramePose(model.body_pos[body].copy(), quat2mat(model.body_quat[body])) @ holder
        body = int(model.body_parentid[body])
    return holder @ pose
