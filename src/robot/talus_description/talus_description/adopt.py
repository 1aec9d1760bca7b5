# SPDX-License-Identifier: Apache-2.0
"""Makes a robot's folder from one MJCF file: `python -m talus_description.adopt FILE FOLDER`.

The body stays as it is: masses, joints, torque limits, contact shapes. Added are what Talus needs
to read it: soles as massless bodies that carry the foot's contact shapes, an IMU, names for the
parts, drives behind the torque limits.
"""

from __future__ import annotations

import argparse
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

import mujoco
import numpy as np
import yaml
from talus_core.errors import TalusError
from transforms3d.quaternions import mat2quat

from talus_description.anatomy import Anatomy, AnatomyError, Sole, anatomy
from talus_description.crouch import crouches
from talus_description.urdf_from_mjcf import joint_effort, urdf_tree

SIDE_WORDS = ("left", "right")
# rad/s, of drives of which nothing else is known: MJCF has no speed limits.
DRIVE_VELOCITY_RADPS = 25.0
PACK_VOLTAGE_V = 52.0  # V, of the pack that the robot is given
# Share of the no-load speed up to which the peak torque is available, as in talus40.
FULL_TORQUE_SHARE_OF_NO_LOAD = 0.6
BRAKE_SHARE_OF_PEAK = 0.5  # of the peak torque: brakes that keep it crouched until it has torque
SHARP_FRICTION = (
    0.9999,
    0.9999,
    0.001,
)  # dry friction that holds a crouch; MuJoCo's default lets it sink
BATTERY = {
    "nominal_voltage": PACK_VOLTAGE_V,
    "full_voltage": 58.8,
    "empty_voltage": 42.0,
    "capacity": 44.2,
    "energy": 2.3,
    "internal_resistance": 0.045,
    "computing_power": 60.0,
}


def adopt(source: Path, folder: Path, velocity: Mapping[str, float] | None = None) -> None:
    """Write `robot.yaml`, URDF and MJCF of the robot in `source` to `folder`, its name.

    Args:
        source: MJCF of a robot alone, without a world; meshes stay where they are.
        folder: Made if it is not there.
        velocity: rad/s by joint, where they are known.

    Raises:
        AnatomyError: A file that does not parse, or that is no humanoid with two legs, two arms and
            flat feet.
    """
    spec, model, parts = _read(source)
    geoms = {geom.id: geom for geom in spec.geoms}
    _strip(spec, source)
    name = folder.resolve().name
    spec.modelname = name
    frames = {
        "base": model.body(parts.base).name,
        "torso": model.body(parts.chest).name,
        "imu": _imu(spec, model, parts),
    }
    frames |= _add_sites(spec, model, parts)
    soles = [f"{side}_sole" for side in SIDE_WORDS]
    shapes = [[geoms[at] for at in sole.geoms] for sole in parts.soles]
    for frame, sole, olds in zip(soles, parts.soles, shapes, strict=True):
        _add_sole(spec, model, frame, sole, olds)
    joints = [joint for group in parts.groups.values() for joint in group]
    _add_motors(spec, {joint: joint_effort(model, joint) for joint in joints})
    _add_sensors(spec, frames["imu"], soles)
    finished = spec.compile()
    speeds = {joint: float((velocity or {}).get(joint, DRIVE_VELOCITY_RADPS)) for joint in joints}
    robot = {
        "name": name,
        "urdf": f"{name}.urdf",
        "mjcf": f"{name}.xml",
        "joints": {group: list(names) for group, names in parts.groups.items()},
        "feet": {
            side: {"frame": frame, "length": round(sole.length, 4), "width": round(sole.width, 4)}
            for side, frame, sole in zip(SIDE_WORDS, soles, parts.soles, strict=True)
        },
        "frames": frames,
        "poses": crouches(finished, parts, soles),
        "drives": {joint: _drive(finished, joint, speed) for joint, speed in speeds.items()},
        "battery": BATTERY,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.xml").write_text(spec.to_xml())
    sites = [frames[key] for key in ("imu", "gaze", "left_gripper", "right_gripper")]
    tree = urdf_tree(finished, name, sites, speeds)
    ElementTree.ElementTree(tree).write(folder / f"{name}.urdf", encoding="unicode")
    (folder / "robot.yaml").write_text(
        yaml.safe_dump(robot, sort_keys=False, default_flow_style=None)
    )


def _read(source: Path) -> tuple[mujoco.MjSpec, mujoco.MjModel, Anatomy]:
    try:
        spec = mujoco.MjSpec.from_file(str(source))
        _drop_pairs(spec)
        _drop_sensors(spec)
        model = spec.compile()
    except (ValueError, OSError) as error:
        raise AnatomyError(f"{source}: {' '.join(str(error).split())}") from error
    try:
        return spec, model, anatomy(model)
    except AnatomyError as error:
        raise AnatomyError(f"{source}: {error}") from error


def _drop_pairs(spec: mujoco.MjSpec) -> None:
    """Drop pairs with a world that is not in this file, and give the geom what they say."""
    geoms = {geom.name: geom for geom in spec.geoms}
    for pair in list(spec.pairs):
        known = [name for name in (pair.geomname1, pair.geomname2) if name in geoms]
        if len(known) == 2:
            continue
        for name in known:
            geom = geoms[name]
            geom.friction = [pair.friction[0], *geom.friction[1:]]
            geom.solref = pair.solref
            geom.solimp = pair.solimp
            geom.priority = 1
        spec.delete(pair)


def _drop_sensors(spec: mujoco.MjSpec) -> None:
    for sensor in list(spec.sensors):
        spec.delete(sensor)


def _strip(spec: mujoco.MjSpec, source: Path) -> None:
    """Remove what Talus brings itself, and set the simulation options of talus40."""
    for element in (*spec.actuators, *spec.keys):
        spec.delete(element)
    spec.meshdir = str((source.parent / spec.meshdir).resolve())
    option = spec.option
    option.timestep = 0.001
    option.impratio = 10.0
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    for joint in spec.joints:
        joint.solimp_friction[:3] = SHARP_FRICTION


def _imu(spec: mujoco.MjSpec, model: mujoco.MjModel, parts: Anatomy) -> str:
    """Return a site on the base with `imu` in its name, or a new one at the base's origin."""
    sites = [model.site(int(i)).name for i in np.flatnonzero(model.site_bodyid == parts.base)]
    for name in sites:
        if "imu" in name:
            return name
    spec.body(model.body(parts.base).name).add_site(name="imu_link")
    return "imu_link"


def _add_sites(spec: mujoco.MjSpec, model: mujoco.MjModel, parts: Anatomy) -> dict[str, str]:
    """Add eyes atop the chest's shapes and hands at the arms' ends, unless sites are so named."""
    chest = np.flatnonzero(model.geom_bodyid == parts.chest)
    top = max((model.geom_pos[geom] for geom in chest), key=lambda pos: pos[2], default=np.zeros(3))
    places = {"gaze": (parts.chest, top)}
    places |= {
        f"{side}_gripper": (hand, model.body_ipos[hand])
        for side, hand in zip(SIDE_WORDS, parts.hands, strict=True)
    }
    known = {site.name for site in spec.sites}
    for name, (body, position) in places.items():
        if name not in known:
            spec.body(model.body(body).name).add_site(name=name, pos=position)
    return {name: name for name in places}


def _add_sole(
    spec: mujoco.MjSpec, model: mujoco.MjModel, frame: str, sole: Sole, olds: list[mujoco.MjsGeom]
) -> None:
    """Put the foot's contact shapes on a massless body, so that a sensor feels the ground alone."""
    body = spec.body(model.body(sole.body).name).add_body(
        name=frame, pos=sole.position, quat=mat2quat(sole.rotation), explicitinertial=False
    )
    body.add_site(name=frame)
    for at, old in zip(sole.geoms, olds, strict=True):
        name = old.name
        rotation = np.zeros(9)
        spec.delete(old)
        mujoco.mju_quat2Mat(rotation, model.geom_quat[at])
        position = sole.rotation.T @ (model.geom_pos[at] - sole.position)
        turned = sole.rotation.T @ rotation.reshape(3, 3)
        body.add_geom(
            name=name,
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
            density=0.0,
        )


def _add_motors(spec: mujoco.MjSpec, effort: Mapping[str, float]) -> None:
    for joint, peak in effort.items():
        motor = spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        motor.ctrllimited = True
        motor.ctrlrange = (-peak, peak)


def _add_sensors(spec: mujoco.MjSpec, imu: str, soles: list[str]) -> None:
    site = mujoco.mjtObj.mjOBJ_SITE
    kinds = mujoco.mjtSensor
    spec.add_sensor(name="imu_gyro", type=kinds.mjSENS_GYRO, objtype=site, objname=imu)
    spec.add_sensor(
        name="imu_accelerometer", type=kinds.mjSENS_ACCELEROMETER, objtype=site, objname=imu
    )
    for sole in soles:
        spec.add_sensor(name=f"{sole}_force", type=kinds.mjSENS_FORCE, objtype=site, objname=sole)
        spec.add_sensor(name=f"{sole}_torque", type=kinds.mjSENS_TORQUE, objtype=site, objname=sole)


def _drive(model: mujoco.MjModel, joint: str, velocity: float) -> dict[str, object]:
    """Return a motor with its peak torque up to `velocity`, and none at its no-load speed."""
    effort = joint_effort(model, joint)
    dof = model.joint(joint).dofadr[0]
    constant = FULL_TORQUE_SHARE_OF_NO_LOAD * PACK_VOLTAGE_V / velocity
    return {
        "joints": [joint],
        "effort": effort,
        "velocity": velocity,
        "rotor_inertia": float(model.dof_armature[dof]),
        "damping": float(model.dof_damping[dof]),
        "torque_constant": round(constant, 4),
        "resistance": round(
            constant * (1.0 - FULL_TORQUE_SHARE_OF_NO_LOAD) * PACK_VOLTAGE_V / effort, 4
        ),
        "standby": 1.0,
        "holding_brake": BRAKE_SHARE_OF_PEAK * effort,
    }


def main() -> int:
    """Run the command and return its exit code: 2 for a model that cannot be used."""
    parser = argparse.ArgumentParser(
        prog="talus_description.adopt", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "source", type=Path, metavar="FILE", help="MJCF of the robot, without a world"
    )
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="of the robot in Talus, such as urdf/NAME"
    )
    arguments = parser.parse_args()
    try:
        adopt(arguments.source, arguments.folder)
    except TalusError as error:
        print(f"adopt: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
