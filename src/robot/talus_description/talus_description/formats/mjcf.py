# SPDX-License-Identifier: Apache-2.0
"""Writes the MJCF of one robot, without a world, from its URDF and robot.yaml.

Links with mass become bodies, and so do feet frames, since the force-torque sensor of a foot
measures what passes between the foot and its sole. Other frames become sites;
`<camera>_camera_optical_frame` becomes a camera. All names are kept.

Collision scheme: every robot geom meets the world (conaffinity 1 against the world's contype 1) and
none meets the robot (contype 0), save the explicit pairs of `simulation.self_collision` in
robot.yaml.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
from talus_core.vision.cameras import camera_rows

from talus_description.assets.mesh_store import MESH_FOLDER, MeshStore
from talus_description.conversion.remarks import Remarks
from talus_description.formats.mjcf_cameras import camera_attributes, pose_attributes
from talus_description.formats.urdf_model import (
    AT_ORIGIN,
    DescriptionError,
    FramePose,
    Model,
    UrdfElement,
    UrdfJoint,
    UrdfLink,
    text_of,
)

SubElement = ElementTree.SubElement

OPTICAL_FRAME_SUFFIX = "_camera_optical_frame"


class MjcfWriter:
    """Builds the MJCF tree of one robot from its URDF model and the contents of its robot.yaml."""

    def __init__(self, model: Model, robot: dict, meshes: MeshStore, remarks: Remarks):
        """Begin an empty document.

        Args:
            model: The robot's URDF.
            robot: Contents of its robot.yaml.
            meshes: Finds the files that the URDF names.
            remarks: Gets what MJCF says otherwise than the URDF.
        """
        self.model = model
        self.meshes = meshes
        self.remarks = remarks
        self.drive_of = {
            joint: drive for drive in robot.get("drives", {}).values() for joint in drive["joints"]
        }
        self.joint_names = [joint for group in robot["joints"].values() for joint in group]
        self.soles = [foot["frame"] for foot in robot["feet"].values()]
        self.imu = robot["frames"].get("imu")
        rows = camera_rows(Path("robot.yaml"), robot.get("cameras", {}))
        self.cameras = {row.name: row for row in rows}
        self.simulation = robot.get("simulation", {})
        self.top = ElementTree.Element("mujoco", model=model.name)

    def write(self) -> ElementTree.Element:
        """Return the whole document."""
        top = self.top
        SubElement(top, "compiler", angle="radian", autolimits="true", meshdir=MESH_FOLDER)
        SubElement(
            top,
            "option",
            timestep="0.001",
            integrator="implicitfast",
            cone="elliptic",
            impratio="10",
        )
        self._defaults()
        self._assets()
        world = SubElement(top, "worldbody")
        self._body(world, self.model.root, AT_ORIGIN, None)
        self._contacts()
        self._followers()
        self._actuators()
        self._sensors()
        ElementTree.indent(top)
        return top

    def _defaults(self) -> None:
        default = SubElement(self.top, "default")
        SubElement(
            default, "joint", solimpfriction="0.99 0.999 0.001"
        )  # dry friction holds; MuJoCo's default creeps
        SubElement(default, "site", group="4", size="0.01")  # hidden in pictures
        visual = SubElement(default, "default", {"class": "visual"})
        SubElement(visual, "geom", contype="0", conaffinity="0", group="2", density="0")
        collision = SubElement(default, "default", {"class": "collision"})
        SubElement(
            collision,
            "geom",
            contype="0",
            conaffinity="1",
            group="3",
            density="0",
            rgba="0.9 0.5 0.2 0.4",
        )
        sole = SubElement(collision, "default", {"class": "sole"})
        attributes = {key: text_of(value) for key, value in self.simulation.get("sole", {}).items()}
        SubElement(sole, "geom", attributes)

    def _assets(self) -> None:
        asset = SubElement(self.top, "asset")
        for name, rgba in self.model.materials.items():
            shading = {
                key: text_of(value)
                for key, value in self.simulation.get("materials", {}).get(name, {}).items()
            }
            SubElement(asset, "material", {"name": name, "rgba": text_of(rgba)} | shading)
        for mesh in self.meshes.assets.values():
            row = {"name": mesh.name, "file": mesh.file}
            SubElement(
                asset,
                "mesh",
                row | ({} if mesh.scale == (1, 1, 1) else {"scale": text_of(mesh.scale)}),
            )

    def _body(
        self, parent: ElementTree.Element, name: str, pose: FramePose, joint: UrdfJoint | None
    ) -> None:
        link = self.model.links[name]
        body = SubElement(parent, "body", {"name": name} | pose_attributes(pose))
        if joint is None:
            SubElement(body, "freejoint", name="floating_base")
        elif joint.kind == "revolute":
            self._joint(body, joint)
        _inertial(body, link)
        if name in self.soles:
            SubElement(body, "site", name=name)
        self._geoms(body, link, AT_ORIGIN)
        self._children(body, name, AT_ORIGIN)

    def _children(self, body: ElementTree.Element, name: str, at: FramePose) -> None:
        """Add bodies and frames below a link; `at`: the link's frame in the body that has it."""
        for joint in self.model.joints_from(name):
            child = self.model.links[joint.child]
            pose = at @ joint.pose
            if joint.kind == "revolute" or child.inertial is not None or child.name in self.soles:
                self._body(body, child.name, pose, joint)
                continue
            self._frame(body, child.name, pose)
            self._geoms(body, child, pose)
            self._children(body, child.name, pose)

    def _frame(self, body: ElementTree.Element, name: str, pose: FramePose) -> None:
        camera = name.removesuffix(OPTICAL_FRAME_SUFFIX)
        if name.endswith(OPTICAL_FRAME_SUFFIX) and camera in self.cameras:
            SubElement(body, "camera", camera_attributes(self.cameras[camera], pose))
        elif not name.endswith((OPTICAL_FRAME_SUFFIX, "_camera_link")):
            SubElement(body, "site", {"name": name} | pose_attributes(pose))

    def _joint(self, body: ElementTree.Element, joint: UrdfJoint) -> None:
        drive = self.drive_of.get(joint.name, {})
        attributes = {
            "name": joint.name,
            "axis": text_of(joint.axis),
            "range": text_of((joint.lower, joint.upper)),
            "actuatorfrcrange": text_of((-joint.effort, joint.effort)),
            "damping": text_of(joint.damping),
            "frictionloss": text_of(joint.friction),
            "armature": text_of(drive.get("rotor_inertia", 0.0)),
        }
        if joint.mimic is not None:
            attributes["actuatorfrclimited"] = "false"
            del attributes["actuatorfrcrange"]
        SubElement(body, "joint", attributes)

    def _geoms(self, body: ElementTree.Element, link: UrdfLink, at: FramePose) -> None:
        """Add what a link shows and meets; `at`: the link's frame in the body that has it."""
        for number, element in enumerate(link.visuals):
            if element.shape.kind == "mesh" and _key(element) not in self.meshes.assets:
                continue
            geom = SubElement(
                body, "geom", {"name": f"{link.name}_visual_{number}", "class": "visual"}
            )
            geom.attrib |= self._shape(element, at, capsules=False)
            if element.material:
                geom.set("material", element.material)
        for number, element in enumerate(link.collisions):
            kind = "sole" if link.name in self.soles else "collision"
            name = link.name if kind == "sole" else f"{link.name}_collision_{number}"
            geom = SubElement(body, "geom", {"name": name, "class": kind})
            geom.attrib |= self._shape(element, at, capsules=True)
            if element.shape.kind == "cylinder" and geom.get("type") == "capsule":
                self.remarks.changed(link.name, "collision cylinder: a capsule of the same length")

    def _shape(self, element: UrdfElement, at: FramePose, capsules: bool) -> dict[str, str]:
        """Return a geom's attributes; with `capsules`, a cylinder becomes one of its length."""
        shape = element.shape
        size = element.shape.size
        pose = pose_attributes(at @ element.pose)
        if shape.kind == "mesh":
            return {"type": "mesh", "mesh": self.meshes.asset(*_key(element)).name} | pose
        if shape.kind == "box":
            return {"type": "box", "size": text_of(np.array(size) / 2)} | pose
        if shape.kind == "sphere":
            return {"type": "sphere", "size": text_of(size)} | pose
        radius, length = size
        if shape.kind == "capsule":
            return {"type": "capsule", "size": text_of((radius, length / 2))} | pose
        if capsules and length > 2 * radius:
            return {"type": "capsule", "size": text_of((radius, length / 2 - radius))} | pose
        return {"type": "cylinder", "size": text_of((radius, length / 2))} | pose

    def _contacts(self) -> None:
        contact = SubElement(self.top, "contact")
        names = [
            geom.get("name", "")
            for geom in self.top.iter("geom")
            if geom.get("class") in ("collision", "sole")
        ]
        for first, second in self.simulation.get("self_collision", []):
            for geom1 in _of_link(first, names):
                for geom2 in _of_link(second, names):
                    SubElement(contact, "pair", geom1=geom1, geom2=geom2)

    def _followers(self) -> None:
        """Let joints that mimic others follow them, by an equality of their angles."""
        rows = [(joint.name, joint.mimic) for joint in self.model.joints if joint.mimic is not None]
        equality = SubElement(self.top, "equality") if rows else self.top
        for name, mimic in rows:
            line = text_of((mimic.offset, mimic.multiplier, 0.0, 0.0, 0.0))
            SubElement(equality, "joint", joint1=name, joint2=mimic.joint, polycoef=line)

    def _actuators(self) -> None:
        actuator = SubElement(self.top, "actuator")
        effort = {joint.name: joint.effort for joint in self.model.joints}
        for name in self.joint_names:
            SubElement(
                actuator,
                "motor",
                name=name,
                joint=name,
                ctrlrange=text_of((-effort[name], effort[name])),
            )

    def _sensors(self) -> None:
        sensor = SubElement(self.top, "sensor")
        if self.imu is not None:
            SubElement(sensor, "gyro", name="imu_gyro", site=self.imu)
            SubElement(sensor, "accelerometer", name="imu_accelerometer", site=self.imu)
        for sole in self.soles:
            SubElement(sensor, "force", name=f"{sole}_force", site=sole)
            SubElement(sensor, "torque", name=f"{sole}_torque", site=sole)


def _of_link(link: str, geoms: list[str]) -> list[str]:
    found = [name for name in geoms if name == link or name.startswith(f"{link}_collision_")]
    if not found:
        raise DescriptionError(
            f"robot.yaml: self_collision: link {link!r} has no collision geometry"
        )
    return found


def _key(element: UrdfElement) -> tuple[str, tuple[float, ...]]:
    return element.shape.file, element.shape.size


def _inertial(body: ElementTree.Element, link: UrdfLink) -> None:
    if link.inertial is None:
        return
    pose = link.inertial.pose
    inertia = link.inertial.inertia
    inertia = pose.rotation @ inertia @ pose.rotation.T
    attributes = {"pos": text_of(pose.position), "mass": text_of(link.inertial.mass)}
    if np.count_nonzero(inertia - np.diag(np.diagonal(inertia))):
        attributes["fullinertia"] = text_of(inertia[[0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]])
    else:
        attributes["diaginertia"] = text_of(np.diagonal(inertia))
    SubElement(body, "inertial", attributes)
