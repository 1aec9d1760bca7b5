# SPDX-License-Identifier: Apache-2.0
"""Makes a robot's folder from MJCF, URDF or xacro: `python -m talus_description.adopt FILE FOLDER`.

The body stays as it is: masses, joints, torque limits, contact shapes. Added are what Talus needs
to read it: soles as massless bodies that carry the foot's contact shapes, an IMU, names for the
parts, drives behind the torque limits. What is written is loaded again and compared with the source
pose by pose; the folder appears whole or not at all; a list says what was assumed, changed or lost.
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import mujoco
import numpy as np
import yaml
from talus_core.errors import TalusError
from talus_core.machine.program import CommandLine
from talus_core.robot import ROBOT_FILE, load_robot

from talus_description.adoption.drives import BATTERY, assume_rotor_inertia, drive_row
from talus_description.adoption.meshes_of_spec import take_meshes
from talus_description.adoption.parts import (
    add_frames,
    add_motors,
    add_sensors,
    free_site_name,
    strip,
)
from talus_description.adoption.rest import REST_ROWS, brakes_of, find_rest, pose_entries
from talus_description.adoption.soles import (
    SIDE_WORDS,
    add_sole,
    flatten_meshes,
    in_reach_of_ankle,
    stiffen_soles,
)
from talus_description.adoption.source import Source, read_source
from talus_description.adoption.stance import Rooted, find_stance
from talus_description.adoption.swing import swing_ranges
from talus_description.adoption.urdf_from_mjcf import urdf_tree
from talus_description.adoption.urdf_shapes import UrdfShapes
from talus_description.anatomy import AnatomyError
from talus_description.assets.mesh_store import MESH_FOLDER, MeshAsset
from talus_description.conversion.compare import MujocoFigure, UrdfFigure, check_same
from talus_description.conversion.mjcf_joints import ENDLESS_TURN_RAD
from talus_description.conversion.remarks import ADOPTED_FILE, Remarks
from talus_description.conversion.whole_files import put_folder_in_place, workplace_beside
from talus_description.crouch import Bend, bends, crouches
from talus_description.formats.urdf_model import DescriptionError
from talus_description.formats.urdf_reader import DRIVE_VELOCITY_RADPS, read_urdf
from talus_description.rest_path import yaml_text
from talus_description.scene import load_robot_alone

_ASSET_FOLDERS = re.compile(r'\b(meshdir|texturedir)="[^"]*"')


def adopt(
    source: Path,
    folder: Path,
    velocity: Mapping[str, float] | None = None,
    remarks: Remarks | None = None,
) -> None:
    """Write `robot.yaml`, URDF, MJCF and meshes of the robot in `source` to `folder`, its name.

    Args:
        source: MJCF, URDF or xacro of a robot alone, without a world.
        folder: Made; what was there before is replaced.
        velocity: rad/s by joint, where they are known better than from the file.
        remarks: Gets what was assumed, changed or lost.

    Raises:
        TalusError: A file that does not parse, or that is no humanoid with two legs, two arms and
            flat feet.
    """
    remarks = remarks or Remarks()
    with workplace_beside(folder) as place:
        made = place / folder.resolve().name
        for new in (made, place / "source"):
            new.mkdir()
        origin = read_source(source, place / "source", remarks)
        try:
            strip(origin.spec, remarks)
            stance = find_stance(origin.spec, remarks)
            _Adoption(origin, stance, made, velocity or {}, remarks).write()
        except ValueError as error:
            raise DescriptionError(f"{source}: {' '.join(str(error).split())}") from error
        except AnatomyError as error:
            raise AnatomyError(f"{source}: {error}") from error
        except TalusError as error:
            raise DescriptionError(f"{source}: {error}".replace(str(made), str(folder))) from error
        _write(made / ADOPTED_FILE, "".join(f"{line}\n" for line in remarks.lines()))
        put_folder_in_place(made, folder)


@dataclass
class _Adoption:
    """Writes one robot to the folder `made`."""

    source: Source
    stance: Rooted
    made: Path
    velocity: Mapping[str, float]
    remarks: Remarks

    def write(self) -> None:
        """Write all files, and compare them with the source."""
        model = self.stance.model
        parts = self.stance.parts
        joints = [joint for group in parts.groups.values() for joint in group]
        speeds = {joint: self._speed(joint) for joint in joints}
        for joint in joints:
            if not model.jnt_limited[model.joint(joint).id]:
                self.remarks.changed(
                    joint,
                    f"endless: in the URDF {-ENDLESS_TURN_RAD:.4f} to {ENDLESS_TURN_RAD:.4f} rad",
                )
        soles = [free_site_name(self.stance.spec, f"{side}_sole") for side in SIDE_WORDS]
        frames = self._equip(joints, soles)
        meshes = take_meshes(self.stance.spec, self.made / MESH_FOLDER, self.remarks)
        finished = self.stance.spec.compile()
        robot = self._entries(finished, frames, soles, speeds)
        self._save(finished, meshes, robot, speeds)
        self._compare(speeds)
        self._rest(robot, bends(finished, parts, soles), finished)

    def _equip(self, joints: list[str], soles: list[str]) -> dict[str, str]:
        """Add what Talus reads and moves the robot by, and return its frames as in robot.yaml."""
        spec = self.stance.spec
        model = self.stance.model
        parts = self.stance.parts
        base = model.body(parts.base).name
        spec.modelname = self.made.name
        _draw_upright(spec.body(base))
        geoms = {geom.id: geom for geom in spec.geoms}
        frames = {"base": base, "torso": model.body(parts.chest).name}
        frames |= add_frames(spec, model, parts, self.remarks)
        shapes = [[geoms[at] for at in sole.geoms] for sole in parts.soles]
        effort = {joint: self._effort(joint) for joint in joints}
        self._keep_in_reach(effort, soles)
        parts = self.stance.parts
        for frame, sole, olds in zip(soles, parts.soles, shapes, strict=True):
            add_sole(spec, model, frame, sole, olds)
            if flatten_meshes(spec, frame, sole):
                self.remarks.changed(
                    frame,
                    f"meets the ground with a box of {sole.length:.4g} x {sole.width:.4g} m, the "
                    "largest below its mesh, which would touch in three points alone",
                )
        silent = [f for f, sole in zip(soles, parts.soles, strict=True) if sole.touches_nothing]
        for frame in silent:
            self.remarks.assumed(frame, "meets the ground; in this file the foot meets nothing")
        rubber = soles if self.source.is_urdf else silent
        stiffen_soles(spec, rubber)
        for frame in rubber:
            self.remarks.assumed(frame, "contact of rubber on a hard floor, as talus40's")
        add_motors(spec, effort)
        assume_rotor_inertia(spec, effort, self.remarks)
        add_sensors(spec, frames["imu"], soles)
        return frames

    def _keep_in_reach(self, effort: Mapping[str, float], frames: list[str]) -> None:
        """Keep of soles what the ankles can stand on, and say so."""
        parts = self.stance.parts
        legs = [parts.groups[f"{side}_leg"] for side in SIDE_WORDS]
        left, right = (
            in_reach_of_ankle(self.stance.model, sole, leg, effort)
            for sole, leg in zip(parts.soles, legs, strict=True)
        )
        soles = (left, right)
        for frame, old, new in zip(frames, parts.soles, soles, strict=True):
            if new is not old:
                self.remarks.assumed(
                    frame,
                    f"{new.length:.4g} x {new.width:.4g} m of its sole, near the ankle, which does "
                    f"not hold the robot on the middle of all {old.length:.4g} x {old.width:.4g} m",
                )
        self.stance = replace(self.stance, parts=replace(parts, soles=soles))

    def _entries(
        self,
        finished: mujoco.MjModel,
        frames: dict[str, str],
        soles: list[str],
        speeds: Mapping[str, float],
    ) -> dict:
        """Return the contents of robot.yaml."""
        name = self.made.name
        parts = self.stance.parts
        poses = crouches(finished, parts, soles)
        swing = swing_ranges(
            finished,
            parts.groups,
            poses["stand"],
            bends(finished, parts, soles),
            soles,
            all_meet=self.source.is_urdf,
        )
        for joint, (low, high) in swing.items():
            self.remarks.assumed(
                joint,
                f"balance swings it from {low:g} to {high:g} rad; farther the arm meets the robot",
            )
        self.remarks.assumed("drives", "motors behind the torque limits, brakes of half the peak")
        self.remarks.assumed(
            "battery", f"{BATTERY['energy']:g} kWh at {BATTERY['nominal_voltage']:g} V"
        )
        return {
            "name": name,
            "urdf": f"{name}.urdf",
            "mjcf": f"{name}.xml",
            "joints": {group: list(names) for group, names in parts.groups.items()},
            "feet": {
                side: {
                    "frame": frame,
                    "length": round(sole.length, 4),
                    "width": round(sole.width, 4),
                }
                for side, frame, sole in zip(SIDE_WORDS, soles, parts.soles, strict=True)
            },
            "frames": frames,
            "poses": poses,
            **({"swing_ranges": {j: list(ends) for j, ends in swing.items()}} if swing else {}),
            "drives": {joint: drive_row(finished, joint, speed) for joint, speed in speeds.items()},
            "battery": BATTERY,
        }

    def _save(
        self,
        finished: mujoco.MjModel,
        meshes: Mapping[str, MeshAsset],
        robot: dict,
        speeds: Mapping[str, float],
    ) -> None:
        """Write MJCF, URDF, the meshes that were made, and robot.yaml."""
        text = _ASSET_FOLDERS.sub(rf'\1="{MESH_FOLDER}"', self.stance.spec.to_xml())
        _write(self.made / robot["mjcf"], text)
        drawn = UrdfShapes(finished, meshes, self.remarks)
        sites = [robot["frames"][key] for key in ("imu", "gaze", "left_gripper", "right_gripper")]
        tree = urdf_tree(finished, robot["name"], sites, speeds, drawn)
        for file, data in drawn.made.items():
            (self.made / MESH_FOLDER).mkdir(exist_ok=True)
            (self.made / MESH_FOLDER / file).write_bytes(data)
        _write(self.made / robot["urdf"], ElementTree.tostring(tree, encoding="unicode"))
        _write(self.made / ROBOT_FILE, _robot_text(robot))

    def _effort(self, joint: str) -> float:
        """Return what the source's own motor gives at most, N m: it is gone from the spec."""
        effort = self.source.figure.joints[joint].effort
        assert effort is not None, "a joint of a limb follows no other"
        return effort

    def _speed(self, joint: str) -> float:
        known = self.velocity.get(joint, self.source.speeds.get(joint))
        if known is None:
            self.remarks.assumed(joint, f"speed limit {DRIVE_VELOCITY_RADPS:g} rad/s")
        return float(DRIVE_VELOCITY_RADPS if known is None else known)

    def _rest(self, robot: dict, legs: list[list[Bend]], finished: mujoco.MjModel) -> None:
        """Write the pose in which the robot rests, and how it gets there from `stand`."""
        description = load_robot(self.made)
        drawn = {
            bend.joint: float(finished.joint(bend.joint).qpos0[0]) for leg in legs for bend in leg
        }
        rest = find_rest(description, legs, drawn, brakes_of(robot["drives"]))
        if rest.pose is None:
            self.remarks.assumed("sit", f"no rest path: {rest.words}; only the rig runs it")
            return
        self.remarks.assumed("sit", rest.words)
        _write(self.made / "rest_path.yaml", yaml_text(description, rest.path))
        entries: dict[str, object] = {"rows": REST_ROWS, "hips": [leg[0].joint for leg in legs]}
        entries |= {"keep_torque": True} if rest.keeps_torque else {}
        poses = robot["poses"] | {"sit": pose_entries(description.joint_names, rest.pose)}
        robot = robot | {"poses": poses, "rest_path": entries}
        _write(self.made / ROBOT_FILE, _robot_text(robot))

    def _compare(self, speeds: Mapping[str, float]) -> None:
        """Load all files, and compare both models with the source and with each other."""
        robot = load_robot(self.made)
        assert robot.mjcf is not None
        model = load_robot_alone(robot.mjcf)
        if (model.actuator_biastype != mujoco.mjtBias.mjBIAS_NONE).any():
            raise DescriptionError(
                f"{robot.mjcf.name}: its motors do not give the torque they are told"
            )
        body = MujocoFigure(model, speeds)
        of_source = {joint: s for joint, s in speeds.items() if joint not in self.velocity}
        check_same(
            self.source.figure,
            MujocoFigure(model, of_source),
            robot.mjcf.name,
            self.stance.replaced,
        )
        check_same(body, UrdfFigure(read_urdf(robot.urdf)), robot.urdf.name)


def _robot_text(robot: dict) -> str:
    return yaml.safe_dump(robot, sort_keys=False, default_flow_style=None, allow_unicode=True)


def _draw_upright(base: mujoco.MjsBody) -> None:
    """Draw the robot at the origin, not turned, whatever the scene was from which it comes."""
    base.pos = np.zeros(3)
    base.quat = (1.0, 0.0, 0.0, 0.0)
    base.alt.type = mujoco.mjtOrientation.mjORIENTATION_QUAT


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def main() -> int:
    """Run the command and return its exit code: 2 for a model that cannot be used."""
    parser = CommandLine(prog="talus_description.adopt", description=__doc__.splitlines()[0])
    parser.add_argument(
        "source",
        type=Path,
        metavar="FILE",
        help="MJCF, URDF or xacro of the robot, without a world",
    )
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="of the robot in Talus, such as urdf/NAME"
    )
    parser.add_argument("--replace", action="store_true", help="a folder that is there already")
    arguments = parser.parse_args()
    remarks = Remarks()
    try:
        if not arguments.replace and (arguments.folder / ROBOT_FILE).exists():
            raise DescriptionError(
                f"{arguments.folder} holds a robot already; --replace writes it anew, edits and all"
            )
        adopt(arguments.source, arguments.folder, remarks=remarks)
    except (TalusError, OSError) as error:
        print(f"adopt: {error}", file=sys.stderr)
        return 2
    for line in remarks.lines():
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
