# SPDX-License-Identifier: Apache-2.0
"""Adds to a body what Talus reads and moves it by: frames, motors, sensors."""

from __future__ import annotations

from collections.abc import Mapping

import mujoco
import numpy as np

from talus_description.adoption.soles import SIDE_WORDS
from talus_description.anatomy import Anatomy
from talus_description.conversion.remarks import Remarks

# Dry friction that holds a crouch; MuJoCo's default lets it sink.
SHARP_FRICTION = (0.9999, 0.9999, 0.001)
TIMESTEP_S = 0.001
IMPRATIO = 10.0


def drop_pairs(spec: mujoco.MjSpec) -> None:
    """Drop pairs with a world that is not in this file, and give the geom what they say."""
    geoms = {geom.name: geom for geom in spec.geoms}
    for pair in list(spec.pairs):
        known = [name for name in (pair.geomname1, pair.geomname2) if name in geoms]
        if len(known) == 2:
            continue
        for name in known:
            geom = geoms[name]
            # Of a pair: twice along the ground, about the normal, twice rolling.
            geom.friction = pair.friction[[0, 2, 3]]
            geom.condim = pair.condim
            geom.solref = pair.solref
            geom.solimp = pair.solimp
            geom.priority = 1
            if not geom.contype and not geom.conaffinity:
                geom.conaffinity = 1  # it met the ground by this pair alone
        spec.delete(pair)


def strip(spec: mujoco.MjSpec, remarks: Remarks) -> None:
    """Remove what Talus brings itself, and set the simulation options of talus40."""
    for key in list(spec.keys):
        remarks.lost(f"keyframe '{key.name}'", "poses are those of robot.yaml")
    for element in (*spec.actuators, *spec.keys, *spec.sensors):
        spec.delete(element)
    option = spec.option
    wanted = {
        "timestep": TIMESTEP_S,
        "impratio": IMPRATIO,
        "integrator": mujoco.mjtIntegrator.mjINT_IMPLICITFAST,
        "cone": mujoco.mjtCone.mjCONE_ELLIPTIC,
    }
    for name, value in wanted.items():
        old = type(value)(getattr(option, name))
        if old != value:
            remarks.changed(f"option {name}", f"{_word(value)}, as in talus40; it was {_word(old)}")
        setattr(option, name, value)
    for joint in spec.joints:
        joint.solimp_friction[:3] = SHARP_FRICTION


def _word(value: object) -> str:
    """Return an option's value in words."""
    return f"{value:g}" if isinstance(value, float) else str(value).rpartition("_")[2].lower()


def add_frames(
    spec: mujoco.MjSpec, model: mujoco.MjModel, parts: Anatomy, remarks: Remarks
) -> dict[str, str]:
    """Return sites by frame, as in robot.yaml; what is not there is added.

    Eyes are atop the chest's shapes, hands at the arms' ends, the IMU is at the base's origin.
    """
    chest = np.flatnonzero(model.geom_bodyid == parts.chest)
    top = max((model.geom_pos[geom] for geom in chest), key=lambda pos: pos[2], default=np.zeros(3))
    places = {"gaze": (parts.chest, top)}
    places |= {
        f"{side}_gripper": (hand, model.body_ipos[hand])
        for side, hand in zip(SIDE_WORDS, parts.hands, strict=True)
    }
    known = {site.name for site in spec.sites}
    frames = {"imu": _imu(spec, model, parts, remarks)}
    for name, (body, position) in places.items():
        frames[name] = name
        if name in known:
            continue
        frames[name] = free_site_name(spec, name)
        holder = model.body(body).name
        spec.body(holder).add_site(name=frames[name], pos=position)
        place = " ".join(f"{value:.3g}" for value in position)
        remarks.assumed(frames[name], f"at {place} m in {holder}")
    return frames


def _imu(spec: mujoco.MjSpec, model: mujoco.MjModel, parts: Anatomy, remarks: Remarks) -> str:
    """Return a site on the base with `imu` in its name, or on what is fixed to it, or a new one."""
    fixed = np.flatnonzero(model.body_weldid == model.body_weldid[parts.base])
    sites = [model.site(int(i)).name for i in np.flatnonzero(np.isin(model.site_bodyid, fixed))]
    bodies = {body.name for body in spec.bodies}
    for name in sites:
        if "imu" in name.lower() and name not in bodies:
            return name
    elsewhere = [site.name for site in spec.sites if "imu" in site.name.lower()]
    name = free_site_name(spec, "imu_link")
    base = model.body(parts.base).name
    spec.body(base).add_site(name=name)
    where = f"; the source has {', '.join(elsewhere)} elsewhere" if elsewhere else ""
    remarks.assumed(name, f"the IMU at the origin of {base}{where}")
    return name


def free_site_name(spec: mujoco.MjSpec, wanted: str) -> str:
    """Return a name that neither a body nor a site has: both become links of the URDF."""
    taken = {body.name for body in spec.bodies} | {site.name for site in spec.sites}
    name = wanted
    while name in taken:
        name += "_frame"
    return name


def add_motors(spec: mujoco.MjSpec, effort: Mapping[str, float]) -> None:
    """Add a motor per joint that gives the torque it is told, whatever the file's defaults say."""
    for joint, peak in effort.items():
        motor = spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        motor.set_to_motor()
        motor.dyntype = mujoco.mjtDyn.mjDYN_NONE
        motor.gaintype = mujoco.mjtGain.mjGAIN_FIXED
        motor.biastype = mujoco.mjtBias.mjBIAS_NONE
        motor.gainprm[:] = 0.0
        motor.gainprm[0] = 1.0
        motor.biasprm[:] = 0.0
        motor.gear[:] = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        motor.forcelimited = mujoco.mjtLimited.mjLIMITED_FALSE
        motor.actlimited = mujoco.mjtLimited.mjLIMITED_FALSE
        motor.inheritrange = 0.0
        motor.ctrllimited = True
        motor.ctrlrange = (-peak, peak)


def add_sensors(spec: mujoco.MjSpec, imu: str, soles: list[str]) -> None:
    """Add the IMU, and what each foot feels of the ground."""
    site = mujoco.mjtObj.mjOBJ_SITE
    kinds = mujoco.mjtSensor
    spec.add_sensor(name="imu_gyro", type=kinds.mjSENS_GYRO, objtype=site, objname=imu)
    spec.add_sensor(
        name="imu_accelerometer", type=kinds.mjSENS_ACCELEROMETER, objtype=site, objname=imu
    )
    for sole in soles:
        spec.add_sensor(name=f"{sole}_force", type=kinds.mjSENS_FORCE, objtype=site, objname=sole)
        spec.add_sensor(name=f"{sole}_torque", type=kinds.mjSENS_TORQUE, objtype=site, objname=sole)
