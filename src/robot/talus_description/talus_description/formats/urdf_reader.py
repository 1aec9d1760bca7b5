# SPDX-License-Identifier: Apache-2.0
"""Reads a URDF file as other people's exporters write it, or says which element does not do.

What a URDF leaves open and physics needs (a range, a torque limit, a mass that moves) is refused by
name with what to write. A lenient reader, for a robot that is adopted, assumes what can be assumed
and says so.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from talus_core.errors import UnknownNameError
from talus_core.files.data_files import ContentError, xml_root
from transforms3d.euler import euler2mat

from talus_description.conversion.mjcf_joints import ENDLESS_TURN_RAD
from talus_description.conversion.remarks import Remarks
from talus_description.formats.urdf_checks import check_inertial, check_movers, check_tree
from talus_description.formats.urdf_model import (
    AT_ORIGIN,
    DescriptionError,
    Following,
    FramePose,
    Inertial,
    Model,
    UrdfElement,
    UrdfJoint,
    UrdfLink,
    UrdfShape,
    text_of,
)

# rad/s, of drives of which nothing else is known: about that of talus40's fastest.
DRIVE_VELOCITY_RADPS = 25.0
JOINT_KINDS = ("revolute", "continuous", "fixed")
SLIDE = "prismatic"
LEAST_INERTIA_SHARE = 1e-9  # m^2, of the mass: a body whose radius of gyration is less is a point
ASSUMED_DENSITY_KGPM3 = 1000.0  # of water, which robots are close to
UNREAD = ("gazebo", "transmission", "ros2_control")
XACRO_MARKS = ("{http://www.ros.org/wiki/xacro}", "{http://ros.org/wiki/xacro}")


def read_urdf(path: Path, remarks: Remarks | None = None, is_lenient: bool = False) -> Model:
    """Read an expanded URDF file.

    Args:
        path: Of the file.
        remarks: Gets what was assumed, changed or lost.
        is_lenient: Endless joints get a range, and missing speed limits a value. Otherwise they are
            refused, since the file goes on to readers who do neither.

    Raises:
        DescriptionError: One line that names the file, the element and the remedy.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DescriptionError(f"{path}: {error.strerror}") from error
    if is_lenient:
        return parse_urdf(data, path, remarks, is_lenient=True)
    try:
        return parse_urdf(data.decode("utf-8-sig"), path, remarks)
    except UnicodeDecodeError as error:
        raise DescriptionError(f"{path}: not UTF-8 ({error.reason}); save it as UTF-8") from error


def parse_urdf(
    text: str | bytes, source: Path, remarks: Remarks | None = None, is_lenient: bool = False
) -> Model:
    """Parse URDF text that came from `source`. Raises DescriptionError."""
    try:
        return _Reader(xml_root(text), remarks or Remarks(), is_lenient).read()
    except (ContentError, ValueError, UnknownNameError) as error:
        raise DescriptionError(f"{source}: {error}") from error


class _Reader:
    """Reads one document; its methods raise ValueError with the element and the remedy."""

    def __init__(self, root: ElementTree.Element, remarks: Remarks, is_lenient: bool):
        self.root = root
        self.remarks = remarks
        self.is_lenient = is_lenient
        self.materials: dict[str, tuple[float, ...]] = {}
        self.held: dict[str, str] = {}  # joints that become fixed, and why

    def read(self) -> Model:
        if self.root.tag != "robot":
            raise ValueError(f"begins with <{self.root.tag}>; a URDF begins with <robot>")
        for element in self.root.iter():
            if element.tag.startswith(XACRO_MARKS):
                raise ValueError(
                    f"<xacro:{element.tag.partition('}')[2]}> is not expanded; "
                    "write `xacro FILE > robot.urdf` first"
                )
        for element in self.root.findall("material"):
            self._material(element)
        links = self._unique("link", [self._link(e) for e in self.root.findall("link")])
        joints = self._unique("joint", [self._joint(e) for e in self.root.findall("joint")])
        self._hold(joints)
        name = self.root.get("name", "robot")
        model = Model(name, links, tuple(joints.values()), self.materials)
        check_tree(model)
        check_movers(model)
        self._say_what_is_unread()
        return model

    def _unique(self, kind: str, parts: Iterable) -> dict:
        found: dict = {}
        for part in parts:
            if part.name in found:
                raise ValueError(f"two {kind}s are named '{part.name}'; give one another name")
            found[part.name] = part
        return found

    # --- links

    def _link(self, element: ElementTree.Element) -> UrdfLink:
        name = _attribute(element, "name")
        place = f"link '{name}'"
        return UrdfLink(
            name=name,
            inertial=self._inertial(place, element.find("inertial")),
            visuals=tuple(self._element(place, e) for e in element.findall("visual")),
            collisions=tuple(self._element(place, e) for e in element.findall("collision")),
        )

    def _inertial(self, place: str, element: ElementTree.Element | None) -> Inertial | None:
        if element is None:
            return None
        mass = _number(place, _child(place, element, "mass"), "value", None)
        tensor = element.find("inertia")
        if mass == 0.0 and (tensor is None or not any(map(_float, tensor.attrib.values()))):
            return None  # a mere frame, as exporters write it
        if tensor is None and not self.is_lenient:
            raise ValueError(f"{place} has a mass of {mass:g} kg but no <inertia>; give it one")
        xx, xy, xz, yy, yz, zz = (
            _number(place, tensor, key, 0.0) for key in ("ixx", "ixy", "ixz", "iyy", "iyz", "izz")
        )
        inertia = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
        if self.is_lenient and mass > 0.0 and np.abs(inertia).max() < LEAST_INERTIA_SHARE * mass:
            self.remarks.assumed(place, "inertia of a ball of 1 kg/l, since it has none")
            inertia = _ball_inertia(mass) * np.eye(3)
        inertial = Inertial(_pose(place, element.find("origin")), mass, inertia)
        check_inertial(place, inertial)
        return inertial

    def _element(self, place: str, element: ElementTree.Element) -> UrdfElement:
        material = element.find("material")
        name = "" if material is None else self._material(material)
        pose = _pose(place, element.find("origin"))
        return UrdfElement(pose, _shape(place, _child(place, element, "geometry")), name)

    def _material(self, element: ElementTree.Element) -> str:
        """Keep a colour, and return the name by which it is found; empty where there is none."""
        name = element.get("name", "")
        colour = element.find("color")
        texture = element.find("texture")
        if texture is not None:
            self.remarks.lost(
                f"material '{name}'",
                f"texture {texture.get('filename', '')}: colours alone are read",
            )
        if colour is None:
            if texture is None and name and name not in self.materials:
                self.remarks.lost(f"material '{name}'", "no colour is given for it anywhere")
            return name if name in self.materials else ""
        rgba = _numbers(f"material '{name}'", colour.get("rgba", ""), 4)
        if not name or self.materials.get(name, rgba) != rgba:
            name = f"{name}{'_' if name else ''}rgba_{text_of(rgba).replace(' ', '_')}"
        self.materials[name] = rgba
        return name

    # --- joints

    def _joint(self, element: ElementTree.Element) -> UrdfJoint:
        name = _attribute(element, "name")
        place = f"joint '{name}'"
        kind = _attribute(element, "type")
        if kind == SLIDE and self.is_lenient:
            self.held[name] = "it slides, and Talus knows hinges alone"
            kind = "fixed"
        if kind not in JOINT_KINDS:
            raise ValueError(
                f"{place} is {kind}; {', '.join(JOINT_KINDS)} are known: make it one of them"
            )
        dynamics = element.find("dynamics")
        mimic = element.find("mimic")
        joint = UrdfJoint(
            name=name,
            kind="fixed" if kind == "fixed" else "revolute",
            parent=_attribute(_child(place, element, "parent"), "link"),
            child=_attribute(_child(place, element, "child"), "link"),
            pose=_pose(place, element.find("origin")),
            axis=_axis(place, element.find("axis"), kind),
            lower=0.0,
            upper=0.0,
            effort=0.0,
            velocity=0.0,
            damping=_number(place, dynamics, "damping", 0.0),
            friction=_number(place, dynamics, "friction", 0.0),
            mimic=None if mimic is None or kind == "fixed" else _mimic(place, mimic),
        )
        if kind == "fixed":
            return joint
        return self._limited(joint, place, element.find("limit"), kind == "continuous")

    def _limited(
        self, joint: UrdfJoint, place: str, limit: ElementTree.Element | None, is_endless: bool
    ) -> UrdfJoint:
        """Return the joint with its limits; one that follows another needs no torque of its own."""
        if is_endless:
            lower, upper = self._endless(joint, place)
        else:
            lower, upper = _range(place, limit)
        effort = _number(place, limit, "effort", 0.0)
        velocity = _number(place, limit, "velocity", 0.0)
        if joint.mimic is None and not effort > 0.0:
            if not self.is_lenient:
                raise ValueError(
                    f"{place}: <limit effort> is {effort:g}; give the drive's peak torque, N m"
                )
            self.held[joint.name] = f"nothing drives it (its effort is {effort:g})"
        elif joint.mimic is None and not velocity > 0.0:
            velocity = self._speed(place, velocity)
        return replace(joint, lower=lower, upper=upper, effort=effort, velocity=velocity)

    def _hold(self, joints: dict[str, UrdfJoint]) -> None:
        """Fix the joints in `held` where they are drawn, and all that follow them."""
        leaders = {name: name for name in self.held}
        for _ in joints:  # a follower may follow a follower
            for name, joint in joints.items():
                if joint.mimic is not None and joint.mimic.joint in leaders:
                    leaders[name] = leaders[joint.mimic.joint]
        for name in leaders:
            joints[name] = replace(joints[name], kind="fixed", mimic=None, lower=0.0, upper=0.0)
        for name, why in self.held.items():
            count = sum(leader == name for leader in leaders.values()) - 1
            others = f", with {count} that follow it" if count else ""
            self.remarks.changed(name, f"{why}: fixed where it is drawn{others}")

    def _endless(self, joint: UrdfJoint, place: str) -> tuple[float, float]:
        if not self.is_lenient:
            raise ValueError(
                f"{place} is continuous; the controller needs stops: make it revolute with a "
                "<limit lower upper>, or let talus_description.adopt write the folder"
            )
        self.remarks.changed(
            joint.name, f"endless: range {-ENDLESS_TURN_RAD:.4f} to {ENDLESS_TURN_RAD:.4f} rad"
        )
        return -ENDLESS_TURN_RAD, ENDLESS_TURN_RAD

    def _speed(self, place: str, velocity: float) -> float:
        if not self.is_lenient:
            raise ValueError(
                f"{place}: <limit velocity> is {velocity:g}; give the drive's fastest speed, rad/s"
            )
        self.remarks.assumed(place, f"speed limit {DRIVE_VELOCITY_RADPS:g} rad/s")
        return DRIVE_VELOCITY_RADPS

    def _say_what_is_unread(self) -> None:
        if not self.is_lenient:
            return  # the file stays, and with it what other programs read there
        for tag, count in Counter(element.tag for element in self.root).items():
            if tag in UNREAD:
                self.remarks.lost(f"<{tag}>", f"{count} elements: nothing here reads them")


def _range(place: str, limit: ElementTree.Element | None) -> tuple[float, float]:
    if limit is None:
        raise ValueError(f"{place} has no <limit>; give it lower, upper, effort and velocity")
    if limit.get("lower") is None and limit.get("upper") is None:
        raise ValueError(
            f"{place}: <limit> has neither lower nor upper, which means locked; give both, rad, or "
            "make the joint fixed or continuous"
        )
    lower = _number(place, limit, "lower", 0.0)
    upper = _number(place, limit, "upper", 0.0)
    if lower > upper:
        raise ValueError(f"{place}: lower {lower:g} is above upper {upper:g}; swap them")
    if lower == upper:
        raise ValueError(f"{place}: lower and upper are both {lower:g}; make the joint fixed")
    return lower, upper


def _ball_inertia(mass: float) -> float:
    """Return the inertia of a solid ball about its middle, kg m^2."""
    radius = (3.0 * mass / (4.0 * math.pi * ASSUMED_DENSITY_KGPM3)) ** (1.0 / 3.0)
    return 0.4 * mass * radius**2


def _mimic(place: str, element: ElementTree.Element) -> Following:
    return Following(
        _attribute(element, "joint"),
        _number(place, element, "multiplier", 1.0),
        _number(place, element, "offset", 0.0),
    )


def _axis(place: str, element: ElementTree.Element | None, kind: str) -> np.ndarray:
    axis = np.array([1.0, 0.0, 0.0])
    if element is not None:
        axis = np.array(_numbers(place, element.get("xyz", "1 0 0"), 3))
    length = float(np.linalg.norm(axis))
    if kind == "fixed":
        return axis
    if length < 1e-6:
        raise ValueError(f"{place}: its axis is 0 0 0; give the axis that it turns about")
    return axis if abs(length - 1.0) < 1e-12 else axis / length


def _shape(place: str, geometry: ElementTree.Element) -> UrdfShape:
    e = next(iter(geometry), None)
    if e is None:
        raise ValueError(f"{place}: a <geometry> is empty; give it a box, cylinder, sphere or mesh")
    if e.tag == "box":
        return UrdfShape("box", _numbers(place, _attribute(e, "size"), 3))
    if e.tag in ("cylinder", "capsule"):
        sizes = (_number(place, e, "radius", None), _number(place, e, "length", None))
        return UrdfShape(e.tag, sizes)
    if e.tag == "sphere":
        return UrdfShape("sphere", (_number(place, e, "radius", None),))
    if e.tag == "mesh":
        scale = _numbers(place, e.get("scale", "1 1 1"), 3)
        return UrdfShape("mesh", scale, _attribute(e, "filename"))
    raise ValueError(
        f"{place}: geometry <{e.tag}> is none of box, cylinder, capsule, sphere and mesh"
    )


def _pose(place: str, element: ElementTree.Element | None) -> FramePose:
    if element is None:
        return AT_ORIGIN
    position = np.array(_numbers(place, element.get("xyz", "0 0 0"), 3))
    rpy = _numbers(place, element.get("rpy", "0 0 0"), 3)
    return FramePose(position, euler2mat(*rpy, axes="sxyz"))


def _child(place: str, element: ElementTree.Element, tag: str) -> ElementTree.Element:
    """Return the one child with a tag. Raises ValueError."""
    found = element.find(tag)
    if found is None:
        raise ValueError(f"{place}: <{element.tag}> has no <{tag}>")
    return found


def _attribute(element: ElementTree.Element, name: str) -> str:
    """Return an attribute that must be there. Raises ValueError."""
    value = element.get(name)
    if not value:
        raise ValueError(f"<{element.tag}> '{element.get('name', '')}' has no attribute '{name}'")
    return value


def _number(
    place: str, element: ElementTree.Element | None, name: str, default: float | None
) -> float:
    """Return a finite number of an element; without `default` it must be there."""
    text = None if element is None else element.get(name)
    if text is None and default is not None:
        return default
    value = math.nan if text is None else _float(text)
    if not math.isfinite(value):
        tag = "" if element is None else f"<{element.tag} {name}>"
        raise ValueError(f"{place}: {tag} is {text!r}; it must be a number")
    return value


def _numbers(place: str, text: str, count: int) -> tuple[float, ...]:
    values = tuple(map(_float, text.split()))
    if len(values) != count or not all(map(math.isfinite, values)):
        raise ValueError(f"{place}: {text!r} must be {count} numbers")
    return values


def _float(text: str) -> float:
    """Return a number, NaN for text that is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
