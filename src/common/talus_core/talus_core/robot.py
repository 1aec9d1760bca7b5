# SPDX-License-Identifier: Apache-2.0
"""Reads a robot from its folder: URDF (+ MJCF, SDF) and a `robot.yaml` that names its parts."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from talus_core.errors import TalusError, UnknownNameError


class RobotDescriptionError(TalusError):
    """Says that a robot's folder cannot be used.

    The message names the file, the entry and what would work.
    """


@dataclass(frozen=True)
class Foot:
    """Describes a flat foot.

    Attributes:
        frame: Sole frame, whose x-y plane is the contact surface and whose origin is its centre.
        length, width: Size of the contact surface, m.
    """

    frame: str
    length: float
    width: float


@dataclass(frozen=True)
class JointLimits:
    """Holds the limits of every joint, each (n,).

    Positions are in rad, speeds in rad/s, torques in N m, and rotor inertia at the joint in kg m^2.
    """

    lower: np.ndarray
    upper: np.ndarray
    velocity: np.ndarray
    effort: np.ndarray
    rotor_inertia: np.ndarray


@dataclass(frozen=True)
class RobotDescription:
    """Holds what the software knows of a robot before it connects.

    Attributes:
        name: Name of the robot.
        folder: Folder of its files.
        joint_names: Order of every joint array in Talus.
        groups: Joint names by group: left_leg, right_leg, torso, left_arm, right_arm, left_hand,
            right_hand.
        limits: Limits of the joints, in the order of `joint_names`.
        feet: Left and right foot.
        frames: Names of base, torso, imu, gaze, left_gripper and right_gripper frames.
        poses: Named joint poses, each (n,), rad; at least `stand` and `sit`.
        urdf, mjcf, sdf: The model files.
    """

    name: str
    folder: Path
    joint_names: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]
    limits: JointLimits
    feet: tuple[Foot, Foot]
    frames: dict[str, str]
    poses: dict[str, np.ndarray]
    urdf: Path
    mjcf: Path | None
    sdf: Path | None

    def indices(self, *groups: str) -> np.ndarray:
        """Return the places of the joints of some groups in every joint array."""
        for group in groups:
            if group not in self.groups:
                raise UnknownNameError("joint group", group, self.groups)
        return np.array(
            [self.joint_names.index(j) for g in groups for j in self.groups[g]], dtype=int
        )

    @property
    def structural_indices(self) -> np.ndarray:
        """Return the places of all joints but the hands', which the balance controller moves."""
        return self.indices(*(g for g in self.groups if not g.endswith("_hand")))


def load_robot(folder: str | Path) -> RobotDescription:
    """Read `robot.yaml` and the URDF that it names; raises RobotDescriptionError."""
    folder = Path(folder)
    path = folder / "robot.yaml"
    try:
        raw = yaml.safe_load(path.read_text())
    except OSError as error:
        raise RobotDescriptionError(
            f"{path}: {error.strerror}; a robot is a folder with a robot.yaml"
        ) from error
    except yaml.YAMLError as error:
        raise RobotDescriptionError(
            f"{path}: not valid YAML: {' '.join(str(error).split())}"
        ) from error
    try:
        return _build(folder, raw)
    except UnknownNameError as error:
        raise RobotDescriptionError(f"{path}: {error}") from error
    except (KeyError, TypeError) as error:
        raise RobotDescriptionError(
            f"{path}: entry {error} is missing or of the wrong kind"
        ) from error


def _build(folder: Path, raw: dict) -> RobotDescription:
    groups = {name: tuple(joints) for name, joints in raw["joints"].items()}
    names = tuple(joint for joints in groups.values() for joint in joints)
    urdf = folder / raw["urdf"]
    return RobotDescription(
        name=raw["name"],
        folder=folder,
        joint_names=names,
        groups=groups,
        limits=_limits(urdf, names, _rotor_inertia(raw)),
        feet=(Foot(**raw["feet"]["left"]), Foot(**raw["feet"]["right"])),
        frames=dict(raw["frames"]),
        poses={name: _pose(names, joints) for name, joints in raw["poses"].items()},
        urdf=urdf,
        mjcf=folder / raw["mjcf"] if "mjcf" in raw else None,
        sdf=folder / raw["sdf"] if "sdf" in raw else None,
    )


def _pose(names: tuple[str, ...], joints: dict[str, float]) -> np.ndarray:
    pose = np.zeros(len(names))
    for joint, angle in joints.items():
        if joint not in names:
            raise UnknownNameError("joint", joint, names)
        pose[names.index(joint)] = angle
    return pose


def _rotor_inertia(raw: dict) -> dict[str, float]:
    return {
        joint: drive["rotor_inertia"]
        for drive in raw.get("drives", {}).values()
        for joint in drive["joints"]
    }


def _limits(urdf: Path, names: tuple[str, ...], rotor_inertia: dict[str, float]) -> JointLimits:
    try:
        joints = {
            j.get("name", ""): j
            for j in ElementTree.parse(urdf).getroot().iter("joint")
            if j.get("type") != "fixed"
        }
    except (OSError, ElementTree.ParseError) as error:
        raise RobotDescriptionError(f"{urdf}: {error}") from error
    for name in (*names, *rotor_inertia):
        if name not in joints:
            raise UnknownNameError("joint", name, joints)

    def limit(name: str, attribute: str) -> float:
        element = joints[name].find("limit")
        value = None if element is None else element.get(attribute)
        if value is None:
            raise RobotDescriptionError(f"{urdf}: joint '{name}' has no <limit {attribute}>")
        return float(value)

    def column(attribute: str) -> np.ndarray:
        return np.array([limit(name, attribute) for name in names])

    return JointLimits(
        lower=column("lower"),
        upper=column("upper"),
        velocity=column("velocity"),
        effort=column("effort"),
        rotor_inertia=np.array([float(rotor_inertia.get(name, 0.0)) for name in names]),
    )
