# SPDX-License-Identifier: Apache-2.0
"""Writes the drives and the battery of a robot whose description says little of them."""

from __future__ import annotations

from collections.abc import Mapping

import mujoco

from talus_description.conversion.mjcf_joints import joint_effort
from talus_description.conversion.remarks import Remarks

PACK_VOLTAGE_V = 52.0  # of the pack that the robot is given
# Share of the no-load speed that is the drive's speed limit, as in talus40.
SPEED_LIMIT_SHARE_OF_NO_LOAD = 0.6
# W of heat in the windings per N m of peak torque, at most; talus40's drives have 5.4 (knees) to 8
# (ankles). It says how good a motor is, whatever its winding and its speed. One that is geared to
# be slower than 6 rad/s has less: else its voltage would not reach for its peak torque.
PEAK_HEAT_PER_TORQUE_W = 6.0
BRAKE_SHARE_OF_PEAK = 0.5  # of the peak torque: brakes that keep it crouched until it has torque
# kg m^2 of rotor inertia, seen at the joint, per N m of peak torque: talus40's drives have 1.3e-4
# (wrists) to 3e-4 (knees), the motors of known humanoids 1e-4 to 2e-4. Torque and inertia of a
# motor grow alike with its length, and both with the fourth power of its radius times the gear.
ROTOR_INERTIA_PER_TORQUE_S2 = 2e-4
BATTERY = {
    "nominal_voltage": PACK_VOLTAGE_V,
    "full_voltage": 58.8,
    "empty_voltage": 42.0,
    "capacity": 44.2,
    "energy": 2.3,
    "internal_resistance": 0.045,
    "computing_power": 60.0,
}


def assume_rotor_inertia(
    spec: mujoco.MjSpec, effort: Mapping[str, float], remarks: Remarks
) -> None:
    """Give joints without rotor inertia that of a drive of their torque, N m by joint."""
    for joint, peak in effort.items():
        if spec.joint(joint).armature > 0.0:
            continue
        inertia = float(f"{ROTOR_INERTIA_PER_TORQUE_S2 * peak:.3g}")
        spec.joint(joint).armature = inertia
        remarks.assumed(
            joint,
            f"rotor inertia {inertia:g} kg m^2: torque times {ROTOR_INERTIA_PER_TORQUE_S2:g} s^2",
        )


def drive_row(model: mujoco.MjModel, joint: str, velocity: float) -> dict[str, object]:
    """Return a motor that gives its peak torque at least up to its speed limit, rad/s."""
    effort = joint_effort(model, joint)
    dof = model.joint(joint).dofadr[0]
    constant = SPEED_LIMIT_SHARE_OF_NO_LOAD * PACK_VOLTAGE_V / velocity
    spare_voltage = (1.0 - SPEED_LIMIT_SHARE_OF_NO_LOAD) * PACK_VOLTAGE_V
    resistance = min(PEAK_HEAT_PER_TORQUE_W * constant**2, spare_voltage * constant) / effort
    return {
        "joints": [joint],
        "effort": effort,
        "velocity": velocity,
        "rotor_inertia": float(model.dof_armature[dof]),
        "damping": float(model.dof_damping[dof]),
        "torque_constant": round(constant, 4),
        "resistance": round(resistance, 4),
        "standby": 1.0,
        "holding_brake": BRAKE_SHARE_OF_PEAK * effort,
    }
