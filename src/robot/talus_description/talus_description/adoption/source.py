# SPDX-License-Identifier: Apache-2.0
"""Reads a robot as others wrote it (MJCF, URDF or xacro) into one form: MuJoCo's spec of a body."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import mujoco
import numpy as np
from talus_core.errors import TalusError
from talus_core.files.data_files import ContentError, read_xml

from talus_description.adoption.parts import drop_pairs
from talus_description.assets.mesh_store import MESH_FOLDER, MeshStore, gather_meshes
from talus_description.conversion.compare import Figure, MujocoFigure, UrdfFigure
from talus_description.conversion.remarks import Remarks
from talus_description.conversion.xacro_text import expanded
from talus_description.formats.mjcf import MjcfWriter
from talus_description.formats.urdf_model import DescriptionError, Model
from talus_description.formats.urdf_reader import parse_urdf, read_urdf

XACRO_SUFFIX = ".xacro"


@dataclass(frozen=True)
class Source:
    """Holds a robot as it came.

    Attributes:
        spec: Its bodies, joints and shapes.
        figure: What a copy is compared with, read from the file itself; None where the file's own
            values cannot be compared (a joint without a torque limit is told later, by name).
        speeds: Speed limits by joint that the file holds, rad/s.
        is_urdf: Whether it came without contact parameters and torque-driven motors.
    """

    spec: mujoco.MjSpec
    figure: Figure
    speeds: Mapping[str, float]
    is_urdf: bool


def read_source(file: Path, workplace: Path, remarks: Remarks) -> Source:
    """Read MJCF, URDF or xacro.

    Args:
        file: Of the robot alone, without a world.
        workplace: Empty folder for what is made on the way.
        remarks: Gets what the reader assumed, changed or lost.

    Raises:
        TalusError: One line that names file, element and remedy.
    """
    if file.suffix == XACRO_SUFFIX:
        return _from_urdf(file, workplace, remarks)
    try:
        tag = read_xml(file).tag
    except ContentError as error:
        raise DescriptionError(str(error)) from error
    if tag == "robot":
        return _from_urdf(file, workplace, remarks)
    if tag not in ("mujoco", "mujocoinclude"):
        raise DescriptionError(f"{file}: begins with <{tag}>; MJCF has <mujoco>, URDF <robot>")
    return _from_mjcf(file, remarks)


def _from_urdf(file: Path, workplace: Path, remarks: Remarks) -> Source:
    if file.suffix == XACRO_SUFFIX:
        model = parse_urdf(expanded(file).toxml(), file, remarks, is_lenient=True)
    else:
        model = read_urdf(file, remarks, is_lenient=True)
    model = _without_namesakes(model, remarks)
    driven = [j.name for j in model.joints if j.kind != "fixed" and j.mimic is None]
    store = MeshStore(file, workplace)
    gather_meshes(model, store, remarks)
    robot = {"joints": {"all": driven}, "feet": {}, "frames": {}}
    tree = MjcfWriter(model, robot, store, remarks).write()
    (workplace / MESH_FOLDER).mkdir(parents=True, exist_ok=True)
    for name, data in store.copies.items():
        (workplace / MESH_FOLDER / name).write_bytes(data)
    for mesh in tree.iter("mesh"):
        mesh.set("inertia", "shell")  # of flat looks, too; masses are the URDF's
    path = workplace / "source.xml"
    ElementTree.ElementTree(tree).write(path, encoding="utf-8")
    spec = _parsed(path, file)
    spec.meshdir = spec.texturedir = str(workplace / MESH_FOLDER)
    speeds = {joint.name: joint.velocity for joint in model.joints if joint.name in driven}
    remarks.assumed("links", "no two of them touch each other: a URDF does not say which do")
    return Source(spec, UrdfFigure(model), speeds, is_urdf=True)


def _without_namesakes(model: Model, remarks: Remarks) -> Model:
    """Return a URDF in which no link is called as a joint: frames are sought by name alone."""
    joints = {joint.name for joint in model.joints}
    taken = joints | set(model.links)
    new = {name: _free_name(f"{name}_link", taken) for name in model.links if name in joints}
    for name, other in new.items():
        remarks.changed(name, f"the link is called {other}: a joint has its name")
    return replace(
        model,
        links={
            new.get(name, name): replace(link, name=new.get(name, name))
            for name, link in model.links.items()
        },
        joints=tuple(
            replace(j, parent=new.get(j.parent, j.parent), child=new.get(j.child, j.child))
            for j in model.joints
        ),
    )


def _from_mjcf(file: Path, remarks: Remarks) -> Source:
    spec = _parsed(file, file)
    spec.meshdir = str((file.parent / spec.meshdir).resolve())
    spec.texturedir = str((file.parent / spec.texturedir).resolve())
    _drop_what_is_no_robot(spec, remarks)
    drop_pairs(spec)
    _name_all(spec, remarks)
    _rename_namesakes(spec, remarks)
    try:
        model = spec.compile()
        _write_out_masses(spec, model)
        return Source(spec, MujocoFigure(model), {}, is_urdf=False)
    except ValueError as error:
        raise DescriptionError(f"{file}: {' '.join(str(error).split())}") from error
    except TalusError as error:
        raise DescriptionError(f"{file}: {error}") from error


def _parsed(path: Path, named: Path) -> mujoco.MjSpec:
    try:
        return mujoco.MjSpec.from_file(str(path))
    except ValueError as error:
        raise DescriptionError(f"{named}: {' '.join(str(error).split())}") from error


def _drop_what_is_no_robot(spec: mujoco.MjSpec, remarks: Remarks) -> None:
    """Drop what belongs to a world: Talus joins the robot with one of its own."""
    world = spec.worldbody
    trees = [body for body in world.bodies if not _is_free(body)]
    if len(trees) == len(world.bodies):
        return  # no robot here: refused later, by its free joints
    for kind, parts in (
        ("body", trees),
        ("geom", list(world.geoms)),
        ("site", list(world.sites)),
        ("camera", list(world.cameras)),
        ("light", list(world.lights)),
    ):
        for part in parts:
            remarks.lost(f"{kind} '{part.name}' of the world", "a robot comes without its world")
            spec.delete(part)


def _is_free(body: mujoco.MjsBody) -> bool:
    return any(joint.type == mujoco.mjtJoint.mjJNT_FREE for joint in body.joints)


def _name_all(spec: mujoco.MjSpec, remarks: Remarks) -> None:
    """Give names to bodies and joints without one, and to bodies that are called as a joint."""
    taken = {body.name for body in spec.bodies} | {joint.name for joint in spec.joints}
    for number, body in enumerate(spec.bodies[1:], start=1):
        if not body.name:
            body.name = _free_name(f"body_{number}", taken)
            remarks.changed(body.name, "the name of a body without one")
        for joint in body.joints:
            if not joint.name:
                free = joint.type == mujoco.mjtJoint.mjJNT_FREE
                joint.name = _free_name("floating_base" if free else f"{body.name}_joint", taken)
                if not free:
                    remarks.changed(joint.name, "the name of a joint without one")


def _rename_namesakes(spec: mujoco.MjSpec, remarks: Remarks) -> None:
    """Give bodies that are called as a joint another name: a URDF's frames are sought by name."""
    joints = {joint.name for joint in spec.joints}
    taken = joints | {body.name for body in spec.bodies}
    new = {b.name: _free_name(f"{b.name}_body", taken) for b in spec.bodies if b.name in joints}
    for body in spec.bodies:
        if body.name in new:
            remarks.changed(body.name, f"the body is called {new[body.name]}: a joint has its name")
            body.name = new[body.name]
    for exclude in spec.excludes:
        exclude.bodyname1 = new.get(exclude.bodyname1, exclude.bodyname1)
        exclude.bodyname2 = new.get(exclude.bodyname2, exclude.bodyname2)
    for part in (*spec.cameras, *spec.lights):
        part.targetbody = new.get(part.targetbody, part.targetbody)
    for equality in spec.equalities:
        if equality.objtype == mujoco.mjtObj.mjOBJ_BODY:
            equality.name1 = new.get(equality.name1, equality.name1)
            equality.name2 = new.get(equality.name2, equality.name2)


def _free_name(wanted: str, taken: set[str]) -> str:
    name = wanted
    number = 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    taken.add(name)
    return name


def _write_out_masses(spec: mujoco.MjSpec, model: mujoco.MjModel) -> None:
    """Say each body's mass itself where it follows from shapes that are moved later."""
    by_shapes = int(spec.compiler.inertiafromgeom) == 1 or spec.compiler.settotalmass > 0.0
    for body in spec.bodies[1:]:
        at = model.body(body.name).id
        if (body.explicitinertial and not by_shapes) or model.body_mass[at] == 0.0:
            continue
        body.explicitinertial = True
        body.mass = float(model.body_mass[at])
        body.ipos = model.body_ipos[at]
        body.iquat = model.body_iquat[at]
        body.inertia = model.body_inertia[at]
        body.fullinertia = np.full(6, np.nan)
    if by_shapes:
        spec.compiler.inertiafromgeom = 2  # only where a body does not say its own
        spec.compiler.settotalmass = -1.0
