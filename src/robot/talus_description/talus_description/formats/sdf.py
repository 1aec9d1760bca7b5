# SPDX-License-Identifier: Apache-2.0
"""Writes SDF 1.9 for Gazebo from URDF and robot.yaml.

Links with mass stay links. A link without mass becomes a frame, since SDF would give it 1 kg; what
it collides with moves to the link that carries it. Poses are given as in the URDF: a joint relative
to its parent, a link at its joint. The force-torque sensor of a foot sits in the last joint above
its sole, at the place of the sole, and says what the ground does to the foot, less the weight of
what hangs between. Rotor inertia has no place in SDF; `gazebo_model.py` finds one.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from math import radians

import numpy as np
from transforms3d.euler import mat2euler

from talus_description.assets.mesh_store import MESH_FOLDER, MeshStore
from talus_description.formats.urdf_model import (
    AT_ORIGIN,
    FramePose,
    Inertial,
    Model,
    UrdfElement,
    UrdfJoint,
    text_of,
)

SubElement = ElementTree.SubElement

IMU_RATE_HZ = 500  # the control rate
FOOT_RATE_HZ = 500  # the control rate
# Of the IMU's orientation: those of REP-103; without, Gazebo tells it relative to the start pose.
WORLD_AXES = "ENU"
CAMERA_RATE_HZ = 15  # above the 10 Hz that cameras promise
CAMERA_RANGE_M = (0.05, 40.0)  # m


class SdfWriter:
    """Builds the SDF tree of one robot from its URDF model and the contents of its robot.yaml."""

    def __init__(self, model: Model, robot: dict, meshes: MeshStore):
        """Begin an empty document; `meshes` has the files that the URDF names."""
        self.model = model
        self.meshes = meshes
        self.soles = [foot["frame"] for foot in robot["feet"].values()]
        self.imu = robot["frames"]["imu"]
        self.cameras = robot.get("cameras", {})
        self.sole_friction = robot.get("simulation", {}).get("sole", {}).get("friction", [1.0])[0]
        self.above = {joint.child: joint for joint in model.joints}
        self.top = ElementTree.Element("sdf", version="1.9")
        self.out = SubElement(self.top, "model", name=model.name)

    def write(self) -> ElementTree.Element:
        """Return the whole document."""
        SubElement(self.out, "self_collide").text = "false"
        for name, link in self.model.links.items():
            if link.inertial is not None:
                self._link(name, link.inertial)
        for joint in self.model.joints:
            if self.model.links[joint.child].inertial is None:
                self._frame(joint)
            else:
                self._joint(joint)
        ElementTree.indent(self.top)
        return self.top

    def _link(self, name: str, inertial: Inertial) -> None:
        link = SubElement(self.out, "link", name=name)
        if name in self.above:
            SubElement(link, "pose", relative_to=self.above[name].name)
        _inertial(link, inertial)
        for number, element in enumerate(self.model.links[name].visuals):
            self._visual(link, f"{name}_visual_{number}", element)
        for owner, pose in self._carried(name, AT_ORIGIN):
            for number, element in enumerate(self.model.links[owner].collisions):
                self._collision(link, owner, number, pose @ element.pose, element)
            if owner == self.imu:
                sensor = _sensor(link, "imu", "imu", pose, IMU_RATE_HZ)
                frame = SubElement(SubElement(sensor, "imu"), "orientation_reference_frame")
                SubElement(frame, "localization").text = WORLD_AXES
            self._camera(link, owner, pose)

    def _carried(self, name: str, pose: FramePose) -> list[tuple[str, FramePose]]:
        """Return the link and all massless ones fixed to it, each with its pose in the link."""
        found = [(name, pose)]
        for joint in self.model.joints_from(name):
            if self.model.links[joint.child].inertial is None:
                found += self._carried(joint.child, pose @ joint.pose)
        return found

    def _visual(self, link: ElementTree.Element, name: str, element: UrdfElement) -> None:
        shape = element.shape
        if shape.kind == "mesh" and (shape.file, shape.size) not in self.meshes.assets:
            return
        visual = SubElement(link, "visual", name=name)
        _pose(visual, element.pose)
        self._geometry(visual, element)
        if element.material in self.model.materials:
            colour = text_of(self.model.materials[element.material])
            material = SubElement(visual, "material")
            for light in ("ambient", "diffuse"):
                SubElement(material, light).text = colour

    def _geometry(self, parent: ElementTree.Element, element: UrdfElement) -> None:
        shape = element.shape
        out = SubElement(SubElement(parent, "geometry"), shape.kind)
        if shape.kind == "mesh":
            file = self.meshes.asset(shape.file, shape.size).file
            SubElement(out, "uri").text = f"{MESH_FOLDER}/{file}"
            SubElement(out, "scale").text = text_of(shape.size)
        elif shape.kind == "box":
            SubElement(out, "size").text = text_of(shape.size)
        else:
            for key, value in zip(("radius", "length"), shape.size, strict=False):
                SubElement(out, key).text = text_of(value)

    def _collision(
        self,
        link: ElementTree.Element,
        owner: str,
        number: int,
        pose: FramePose,
        element: UrdfElement,
    ) -> None:
        collision = SubElement(link, "collision", name=f"{owner}_collision_{number}")
        _pose(collision, pose)
        self._geometry(collision, element)
        if owner in self.soles:
            ode = SubElement(SubElement(SubElement(collision, "surface"), "friction"), "ode")
            for name in ("mu", "mu2"):
                SubElement(ode, name).text = text_of(self.sole_friction)

    def _camera(self, link: ElementTree.Element, owner: str, pose: FramePose) -> None:
        name = owner.removesuffix("_camera_link")
        if owner == name or name not in self.cameras:
            return
        facts = self.cameras[name]
        sensor = _sensor(
            link, name, "rgbd_camera" if facts["depth"] else "camera", pose, CAMERA_RATE_HZ
        )
        SubElement(sensor, "topic").text = f"camera/{name}"
        camera = SubElement(sensor, "camera", name=name)
        SubElement(camera, "horizontal_fov").text = text_of(radians(facts["horizontal_fov_deg"]))
        image = SubElement(camera, "image")
        clip = SubElement(camera, "clip")
        for key in ("width", "height"):
            SubElement(image, key).text = str(facts[key])
        for key, value in zip(("near", "far"), CAMERA_RANGE_M, strict=True):
            SubElement(clip, key).text = text_of(value)
        SubElement(camera, "optical_frame_id").text = f"{name}_camera_optical_frame"

    def _frame(self, joint: UrdfJoint) -> None:
        frame = SubElement(self.out, "frame", name=joint.child, attached_to=joint.parent)
        _pose(frame, joint.pose)

    def _joint(self, joint: UrdfJoint) -> None:
        out = SubElement(self.out, "joint", name=joint.name, type=joint.kind)
        _pose(out, joint.pose, relative_to=joint.parent)
        SubElement(out, "parent").text = joint.parent
        SubElement(out, "child").text = joint.child
        if joint.kind != "fixed":
            self._axis(out, joint)
        for owner, pose in self._carried(joint.child, AT_ORIGIN):
            if owner in self.soles:
                sensor = _sensor(out, f"{owner}_wrench", "force_torque", pose, FOOT_RATE_HZ)
                force_torque = SubElement(sensor, "force_torque")
                SubElement(force_torque, "frame").text = "sensor"
                SubElement(force_torque, "measure_direction").text = "child_to_parent"

    def _axis(self, out: ElementTree.Element, joint: UrdfJoint) -> None:
        axis = SubElement(out, "axis")
        SubElement(axis, "xyz").text = text_of(joint.axis)
        limit = SubElement(axis, "limit")
        dynamics = SubElement(axis, "dynamics")
        for key in ("lower", "upper", "effort", "velocity"):
            if np.isfinite(getattr(joint, key)):  # else SDF's default: none
                SubElement(limit, key).text = text_of(getattr(joint, key))
        for key in ("damping", "friction"):
            SubElement(dynamics, key).text = text_of(getattr(joint, key))


def _sensor(
    parent: ElementTree.Element, name: str, kind: str, pose: FramePose, rate_hz: float
) -> ElementTree.Element:
    sensor = SubElement(parent, "sensor", name=name, type=kind)
    _pose(sensor, pose)
    SubElement(sensor, "update_rate").text = text_of(rate_hz)
    SubElement(sensor, "always_on").text = "true"
    return sensor


def pose_text(pose: FramePose) -> str:
    """Return a pose as SDF has it: position, m, then roll, pitch and yaw, rad."""
    angles = np.array(mat2euler(pose.rotation, axes="sxyz"))
    return text_of(np.concatenate([pose.position, angles]))


def _pose(parent: ElementTree.Element, pose: FramePose, **attributes: str) -> None:
    SubElement(parent, "pose", attributes).text = pose_text(pose)


def _inertial(link: ElementTree.Element, inertial: Inertial) -> None:
    out = SubElement(link, "inertial")
    _pose(out, inertial.pose)
    SubElement(out, "mass").text = text_of(inertial.mass)
    inertia = SubElement(out, "inertia")
    for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)):
        SubElement(inertia, f"i{'xyz'[i]}{'xyz'[j]}").text = text_of(inertial.inertia[i, j])
