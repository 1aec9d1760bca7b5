# SPDX-License-Identifier: Apache-2.0
"""Composes the SDF that Gazebo runs: a world, the robot in it, and the systems that both need."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from talus_core.driver import DriverError, DriverSetup
from talus_core.errors import TalusError
from talus_core.files.data_files import read_xml
from talus_core.robot import RobotDescription, read_robot_file
from talus_description.assets.mesh_store import MESH_FOLDER, MeshStore, gather_meshes
from talus_description.conversion.remarks import Remarks
from talus_description.formats.gazebo_model import gazebo_model
from talus_description.formats.sdf import SdfWriter, pose_text
from talus_description.formats.urdf_model import FramePose, Model, text_of
from talus_description.formats.urdf_reader import read_urdf
from talus_description.formats.world_sdf import world_sdf
from talus_description.scene import find_world

SubElement = ElementTree.SubElement

# File and class of a system, as a world's <plugin> names them.
PHYSICS = ("gz-sim-physics-system", "gz::sim::systems::Physics")
FORCE_TORQUE = ("gz-sim-forcetorque-system", "gz::sim::systems::ForceTorque")
# An <update_rate>: else whether a tick's last step has a sample depends on how many went before.
EVERY_STEP = "0"
# What `gz sim -g` needs to see and to point at something.
VIEWER_SYSTEMS = (
    ("gz-sim-scene-broadcaster-system", "gz::sim::systems::SceneBroadcaster"),
    ("gz-sim-user-commands-system", "gz::sim::systems::UserCommands"),
)


@dataclass(frozen=True)
class RobotModel:
    """Is a robot as Gazebo simulates it.

    Attributes:
        element: Its <model>.
        links: Names of its links.
        sensors: Force-torque sensors of the left and the right sole, each as (joint, sensor).
    """

    element: ElementTree.Element
    links: tuple[str, ...]
    sensors: tuple[tuple[str, str], ...]


def robot_model(description: RobotDescription, shows: bool) -> RobotModel:
    """Write the SDF of a robot from its URDF and robot.yaml. Raises TalusError."""
    soles = [foot.frame for foot in description.feet]
    rotors = dict(
        zip(description.joint_names, description.limits.rotor_inertia.tolist(), strict=True)
    )
    urdf = read_urdf(description.urdf)
    model = gazebo_model(urdf, soles, rotors, shows)
    base = description.frames["base"]
    if model.links[base].inertial is None:
        raise DriverError(f"{description.urdf}: base '{base}' has no mass; Gazebo needs one there")
    entries = read_robot_file(description.folder)
    meshes = MeshStore(description.urdf, description.folder)
    gather_meshes(model, meshes, Remarks())
    element = SdfWriter(model, {**entries, "cameras": {}}, meshes).write().find("model")
    assert element is not None
    for rate in element.iter("update_rate"):
        rate.text = EVERY_STEP
    for uri in element.iter("uri"):
        if (uri.text or "").startswith(MESH_FOLDER):
            uri.text = f"file://{description.folder.absolute()}/{uri.text}"
    links = tuple(name for name, link in model.links.items() if link.inertial is not None)
    return RobotModel(element, links, tuple(_sensor_of(model, sole) for sole in soles))


def _sensor_of(model: Model, sole: str) -> tuple[str, str]:
    return next(joint.name for joint in model.joints if joint.child == sole), f"{sole}_wrench"


def world_tree(setup: DriverSetup, remarks: Remarks) -> ElementTree.Element:
    """Return the <sdf> of the world that a setup names: an SDF file, or an MJCF file converted.

    Raises DriverError, which names the file, and the line where it does not parse.
    """
    folder = Path(setup.worlds) if setup.worlds else setup.description.folder.parent / "worlds"
    try:
        file = find_world(setup.world, folder)
        root = read_xml(file)
        if root.tag == "mujoco" and file.suffix == ".xml":
            return world_sdf(file, remarks)
    except TalusError as error:
        raise DriverError(f"gazebo: {error}") from error
    if root.tag != "sdf" or root.find("world") is None:
        raise DriverError(
            f"gazebo: world {file} begins with <{root.tag}>; a world is an SDF file with <sdf> and "
            "<world> in it, or an MJCF file that ends in .xml"
        )
    return root


def compose(
    world: ElementTree.Element,
    robot: RobotModel,
    place: FramePose,
    step_s: float,
    shows: bool,
) -> str:
    """Put the robot and the systems that it needs into a world, in place; return the world's name.

    Args:
        world: An <sdf> with a <world>.
        robot: The robot.
        place: Of its base in the world.
        step_s: Physics step, s; as fast as the computer can.
        shows: Whether somebody may watch.
    """
    inside = world.find("world")
    assert inside is not None
    for physics in inside.findall("physics"):
        inside.remove(physics)
    physics = SubElement(inside, "physics", name="steps", type="dart")
    SubElement(physics, "max_step_size").text = text_of(step_s)
    SubElement(physics, "real_time_factor").text = "0"
    _add_systems(inside, (PHYSICS, FORCE_TORQUE, *(VIEWER_SYSTEMS if shows else ())))
    pose = ElementTree.Element("pose")
    pose.text = pose_text(place)
    robot.element.insert(0, pose)
    inside.append(robot.element)
    return inside.get("name", "default")


def _add_systems(world: ElementTree.Element, systems: Sequence[tuple[str, str]]) -> None:
    """Add systems that the world does not name itself."""
    named = {plugin.get("name") for plugin in world.findall("plugin")}
    for file, name in systems:
        if name not in named:
            SubElement(world, "plugin", filename=file, name=name)
