# SPDX-License-Identifier: Apache-2.0
"""Reads a robot from its folder: URDF (+ MJCF, SDF) and a `robot.yaml` that names its parts."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from talus_core.body.leg_roles import LegRoles, LegRolesError, find_leg_roles
from talus_core.errors import TalusError, UnknownNameError
from talus_core.files.data_files import ContentError, xml_root, yaml_tree

ROBOT_FILE = "robot.yaml"
ROBOT_ENTRIES = (
    *("name", "urdf", "mjcf", "sdf", "joints", "feet", "frames", "poses"),
    *("rest_path", "swing_ranges", "drives", "battery", "cameras", "simulation"),
)
FRAME_ENTRIES = ("base", "torso", "imu", "gaze", "left_gripper", "right_gripper")
FOOT_ENTRIES = ("frame", "length", "width")
DRIVE_ENTRIES = (
    *("joints", "effort", "velocity", "rotor_inertia", "damping", "torque_constant"),
    *("resistance", "standby", "holding_brake", "parent"),
)
BATTERY_ENTRIES = (
    *("nominal_voltage", "full_voltage", "empty_voltage", "capacity", "energy"),
    *("internal_resistance", "computing_power"),
)
REST_PATH_ENTRIES = ("rows", "hips", "keep_torque")
SIMULATION_ENTRIES = ("sole", "materials", "self_collision")


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

    Positions are in rad, speeds in rad/s, torques and dry friction in N m, rotor inertia at the
    joint in kg m^2, and damping in N m s/rad.
    `holding_brake` is the dry friction, N m, of the brake that closes when the power is cut; 0 for
    a drive without one.
    """

    lower: np.ndarray
    upper: np.ndarray
    velocity: np.ndarray
    effort: np.ndarray
    rotor_inertia: np.ndarray
    damping: np.ndarray
    friction: np.ndarray
    holding_brake: np.ndarray


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
        legs: What the joints of the left and the right leg are for.
        frames: Names of base, torso, imu, gaze, left_gripper and right_gripper frames.
        poses: Named joint poses, each (n,), rad; at least `stand` and `sit`.
        keeps_torque: In no pose it rests without torque: at the end of a stop, torque stays on.
        swing: Lowest and highest angles, rad, between which balance may swing each joint by
            itself: within its range, and where no arm meets the robot. (2, n)
        urdf, mjcf, sdf: The model files.
    """

    name: str
    folder: Path
    joint_names: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]
    limits: JointLimits
    feet: tuple[Foot, Foot]
    legs: tuple[LegRoles, LegRoles]
    frames: dict[str, str]
    poses: dict[str, np.ndarray]
    keeps_torque: bool
    swing: np.ndarray
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
    raw = read_robot_file(folder)
    try:
        return _build(folder, raw)
    except (UnknownNameError, LegRolesError, _EntryError) as error:
        raise RobotDescriptionError(f"{folder / ROBOT_FILE}: {error}") from error
    except KeyError as error:
        raise RobotDescriptionError(f"{folder / ROBOT_FILE}: entry {error} is missing") from error


def read_robot_file(folder: Path) -> dict[str, Any]:
    """Return the contents of `robot.yaml`, all of whose entries are known.

    Raises RobotDescriptionError with the file, the entry and the nearest known one.
    """
    path = folder / ROBOT_FILE
    try:
        raw = yaml_tree(path.read_bytes())
    except OSError as error:
        raise RobotDescriptionError(
            f"{path}: {error.strerror}; a robot is a folder with a robot.yaml"
        ) from error
    except ContentError as error:
        raise RobotDescriptionError(f"{path}: {error}") from error
    if not isinstance(raw, dict):
        raise RobotDescriptionError(
            f"{path}: holds no entries; it needs {', '.join(ROBOT_ENTRIES[:2])}"
        )
    try:
        _check_entries(raw)
    except UnknownNameError as error:
        raise RobotDescriptionError(f"{path}: {error}") from error
    return raw


def model_file(folder: Path, kind: str) -> Path:
    """Return the file that `robot.yaml` names as `urdf`, `mjcf` or `sdf`.

    Raises RobotDescriptionError where it names none.
    """
    name = read_robot_file(folder).get(kind)
    if not isinstance(name, str):
        raise RobotDescriptionError(
            f"{folder / ROBOT_FILE}: no entry '{kind}'; it names the robot's {kind.upper()} file"
        )
    return folder / name


def _check_entries(raw: Mapping[str, Any]) -> None:
    """Raise UnknownNameError for an entry that nothing reads, as one that is spelled wrong."""
    _check("entry", raw, ROBOT_ENTRIES)
    _check("entry of frames", raw.get("frames"), FRAME_ENTRIES)
    _check("entry of rest_path", raw.get("rest_path"), REST_PATH_ENTRIES)
    _check("entry of battery", raw.get("battery"), BATTERY_ENTRIES)
    _check("entry of simulation", raw.get("simulation"), SIMULATION_ENTRIES)
    for section, known in (("feet", FOOT_ENTRIES), ("drives", DRIVE_ENTRIES)):
        rows = raw.get(section)
        for name, row in rows.items() if isinstance(rows, dict) else ():
            _check(f"entry of {section}: {name}", row, known)


def _check(kind: str, entries: object, known: Iterable[str]) -> None:
    for name in entries if isinstance(entries, dict) else ():
        if name not in known:
            raise UnknownNameError(kind, str(name), known)


class _EntryError(Exception):
    """Says which entry of `robot.yaml` cannot be used, and why."""


@contextmanager
def _reading(entry: str) -> Iterator[None]:
    """Name the entry whose value is of another kind than what is done with it."""
    try:
        yield
    except (TypeError, AttributeError, ValueError, OverflowError) as error:
        raise _EntryError(f"entry '{entry}' is of the wrong kind: {error}") from error


def _build(folder: Path, raw: dict) -> RobotDescription:
    with _reading("joints"):
        groups = {name: tuple(joints) for name, joints in raw["joints"].items()}
        names = tuple(joint for joints in groups.values() for joint in joints)
    with _reading("urdf"):
        urdf = folder / raw["urdf"]
    tree = _read_urdf(urdf)
    with _reading("drives"):
        limits = _limits(urdf, tree, names, raw)
    with _reading("frames"):
        frames = dict(raw["frames"])
    with _reading("poses"):
        poses = {name: _pose(names, joints) for name, joints in raw["poses"].items()}
    left_leg, right_leg = (
        find_leg_roles(tree, frames["base"], groups[leg], names, poses["stand"])
        for leg in ("left_leg", "right_leg")
    )
    with _reading("feet"):
        feet = (Foot(**raw["feet"]["left"]), Foot(**raw["feet"]["right"]))
    with _reading("rest_path"):
        keeps_torque = _keeps_torque(raw)
    with _reading("swing_ranges"):
        swing = _swing(names, raw.get("swing_ranges") or {}, limits, poses)
    return RobotDescription(
        name=raw["name"],
        folder=folder,
        joint_names=names,
        groups=groups,
        limits=limits,
        feet=feet,
        legs=(left_leg, right_leg),
        frames=frames,
        poses=poses,
        keeps_torque=keeps_torque,
        swing=swing,
        urdf=urdf,
        mjcf=folder / raw["mjcf"] if "mjcf" in raw else None,
        sdf=folder / raw["sdf"] if "sdf" in raw else None,
    )


def _keeps_torque(raw: dict) -> bool:
    value = (raw.get("rest_path") or {}).get("keep_torque", False)
    if not isinstance(value, bool):
        raise UnknownNameError("value of rest_path.keep_torque", str(value), ("true", "false"))
    return value


def _swing(
    names: tuple[str, ...],
    rows: Mapping[str, Any],
    limits: JointLimits,
    poses: Mapping[str, np.ndarray],
) -> np.ndarray:
    swing = np.array([limits.lower, limits.upper])
    for joint, row in rows.items():
        if joint not in names:
            raise UnknownNameError("joint of swing_ranges", joint, names)
        at = names.index(joint)
        low, high = (float(value) for value in row)
        asked = [float(poses[name][at]) for name in ("stand", "sit")]
        if not low < high or not all(low <= angle <= high for angle in asked):
            raise _EntryError(
                f"swing_ranges of '{joint}' is {row}; it must be [low, high] in rad around "
                f"its angles in the poses stand and sit, {asked[0]:g} and {asked[1]:g}"
            )
        swing[:, at] = np.clip((low, high), limits.lower[at], limits.upper[at])
    return swing


def _pose(names: tuple[str, ...], joints: dict[str, float]) -> np.ndarray:
    pose = np.zeros(len(names))
    for joint, angle in joints.items():
        if joint not in names:
            raise UnknownNameError("joint", joint, names)
        pose[names.index(joint)] = angle
    return pose


def _of_drives(raw: dict, entry: str, names: tuple[str, ...]) -> np.ndarray:
    """Return an entry of the table of drives for every joint, 0 where no drive says it."""
    values = {
        joint: float(drive.get(entry, 0.0))
        for drive in raw.get("drives", {}).values()
        for joint in drive["joints"]
    }
    for joint in values:
        if joint not in names:
            raise UnknownNameError("joint", joint, names)
    return np.array([values.get(name, 0.0) for name in names])


def _read_urdf(urdf: Path) -> ElementTree.Element:
    try:
        return xml_root(urdf.read_bytes())
    except (OSError, ContentError) as error:
        raise RobotDescriptionError(f"{urdf}: {error}") from error


def _limits(
    urdf: Path, tree: ElementTree.Element, names: tuple[str, ...], raw: dict
) -> JointLimits:
    joints = {j.get("name", ""): j for j in tree.iter("joint") if j.get("type") != "fixed"}
    for name in names:
        if name not in joints:
            raise UnknownNameError("joint", name, joints)

    def value(name: str, tag: str, attribute: str, default: str | None) -> float:
        element = joints[name].find(tag)
        text = default if element is None else element.get(attribute, default)
        if text is None:
            raise RobotDescriptionError(f"{urdf}: joint '{name}' has no <{tag} {attribute}>")
        try:
            return float(text)
        except ValueError as error:
            raise RobotDescriptionError(
                f"{urdf}: <{tag} {attribute}> of joint '{name}' is '{text}'; it must be a number"
            ) from error

    def column(attribute: str, tag: str = "limit", default: str | None = None) -> np.ndarray:
        return np.array([value(name, tag, attribute, default) for name in names])

    return JointLimits(
        lower=column("lower"),
        upper=column("upper"),
        velocity=column("velocity"),
        effort=column("effort"),
        rotor_inertia=_of_drives(raw, "rotor_inertia", names),
        damping=column("damping", "dynamics", "0"),
        friction=column("friction", "dynamics", "0"),
        holding_brake=_of_drives(raw, "holding_brake", names),
    )
