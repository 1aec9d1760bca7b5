# SPDX-License-Identifier: Apache-2.0
"""Declares the limits of last gate and supervisor: their meaning, reason and widest value."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.parameters import parameter, section


@dataclass(frozen=True)
class LimiterConfig:
    """Limits which share of the robot's limits a command may use, and how old it may be."""

    age_ticks: int = parameter(
        10,
        "Control ticks between a command and the state it answers: 20 ms, as the command watchdog.",
        1,
        10,
    )
    range_margin_rad: float = parameter(0.0, "Kept from both ends of a joint's range.", 0.0, 0.2)
    velocity_fraction: float = parameter(1.0, "Of each joint's speed limit.", 0.1, 1.0)
    effort_fraction: float = parameter(1.0, "Of each joint's torque limit.", 0.1, 1.0)
    stiffness_per_effort: float = parameter(
        10.0,
        "Greatest kp over the torque limit, 1/rad: full torque at an error of 0.1 rad.",
        0.5,
        10.0,
    )
    damping_per_effort: float = parameter(
        0.3,
        "Greatest kd over the torque limit, s/rad: stable with the bare rotor in a 1 kHz drive.",
        0.05,
        0.3,
    )
    rejected_in_row: int = parameter(3, "Refused commands in a row that ask for R2.", 1, 3)


@dataclass(frozen=True)
class StandbyConfig:
    """Limits how the gate holds and sits the robot by itself."""

    hold_s: float = parameter(
        0.5, "Balance in place at least this long before sitting down.", 0.2, 2.0
    )
    hold_at_most_s: float = parameter(2.0, "Sit down after this long, settled or not.", 1.0, 5.0)
    sit_s: float = parameter(
        3.0, "From standing to seated: fastest joint about 1 rad/s, a third of free fall.", 2.5, 6.0
    )
    release_s: float = parameter(
        0.6, "Fading of the gains once seated, before torque is cut.", 0.3, 2.0
    )


@dataclass(frozen=True)
class MonitorConfig:
    """Limits beyond which drives are not trusted any more and a fall is called."""

    torque_residual: float = parameter(
        0.05,
        "Of each torque limit, between asked and measured: a push while walking shows 0.04.",
        0.04,
        0.05,
    )
    runaway_s: float = parameter(
        0.05, "Outside an envelope for so long: R3 instead of R2.", 0.01, 0.05
    )
    power_at_most_w: float = parameter(
        5000.0, "Mechanical, of all joints: twice what 20 N s while walking ask.", 1e3, 5e3
    )
    bus_drop: float = parameter(
        0.15,
        "Of the bus voltage, below its mean of the last 10 s: R3. Full power sags it by 0.08.",
        0.08,
        0.15,
    )
    fall_deg: float = parameter(
        43.0,
        "Capture angle that calls a fall: getting up shows 28, 20 N s while walking 16.",
        35.0,
        43.0,
    )


@dataclass(frozen=True)
class GateConfig:
    """Holds the last gate's limits: limiter, watchdogs, monitors and standby."""

    command_timeout_s: float = parameter(
        0.020,
        "Without an accepted command while torque is on: standby. "
        "A tenth of a doubling of the fall.",
        0.004,
        0.020,
    )
    permit_timeout_s: float = parameter(
        0.100, "Age of safety/state while torque is on: standby.", 0.020, 0.100
    )
    limiter: LimiterConfig = section(LimiterConfig)
    monitors: MonitorConfig = section(MonitorConfig)
    standby: StandbyConfig = section(StandbyConfig)


@dataclass(frozen=True)
class NodeLimits:
    """Limits how long nodes may be silent or behind."""

    silence_s: float = parameter(
        0.5, "Without a heartbeat, on the steady clock: lost. Ten beats.", 0.2, 0.5
    )
    balance_behind_s: float = parameter(
        0.1, "Robot time that balance may lag behind at a heartbeat.", 0.05, 0.1
    )
    camera_behind_s: float = parameter(
        0.5, "Robot time that the camera may lag behind at a heartbeat.", 0.2, 0.5
    )
    stalled_s: float = parameter(
        3.0, "Without a new robot_state, on the steady clock, while the driver lives.", 0.5, 3.0
    )


@dataclass(frozen=True)
class BodyLimits:
    """Limits how far the body may lean, discharge and warm up."""

    tilt_deg: float = parameter(
        43.0, "Tilt that no posture needs: sitting leans the pelvis by up to 30.", 30.0, 43.0
    )
    battery_low: float = parameter(0.15, "Charge for R1: half an hour of standing.", 0.15, 0.5)
    battery_critical: float = parameter(0.05, "Charge for R3: enough for one more sit.", 0.05, 0.3)
    degrade_ends_s: float = parameter(
        2.0, "R1 ends when its cause has been gone this long.", 2.0, 30.0
    )
    warm: float = parameter(0.8, "Of the heat that a winding bears for ever: R1.", 0.5, 0.8)
    continuous_torque: float = parameter(
        0.5, "Of the peak, that a winding bears for ever.", 0.2, 0.5
    )
    heating_s: float = parameter(60.0, "Time constant of a winding in its housing.", 20.0, 60.0)
    capture_margin_m: float = parameter(
        -0.6,
        "From the capture point to the edge of the feet: R1. 20 N s while walking show -0.53.",
        -0.6,
        -0.2,
    )


@dataclass(frozen=True)
class FreshnessLimits:
    """Limits how old frames, the map and the operator's device may be."""

    frames_age_s: float = parameter(0.25, "Of what balance and joints say to tf: R1.", 0.1, 0.25)
    map_age_s: float = parameter(
        1.0, "Of map/elevation: R1. Lock-step lets the map be 0.7 s behind.", 0.3, 1.0
    )
    operator_late_s: float = parameter(
        0.45, "Since a challenge that the operator's device answered: R2 in 0.5 s.", 0.2, 0.45
    )
    operator_lost_s: float = parameter(1.9, "The same for R3 in 2 s.", 0.5, 1.9)


@dataclass(frozen=True)
class SeparationLimits:
    """Limits how near people may come, in the terms of ISO 13855."""

    approach_m_s: float = parameter(
        1.6, "At which people come who are not seen to be faster: ISO 13855 for walking.", 1.6, 4.0
    )
    notice_s: float = parameter(
        0.4, "From moving to R2: three images at 12 Hz, and the way to balance.", 0.4, 2.0
    )
    halt_s: float = parameter(1.4, "From R2 to standing still, at 0.5 m/s: 1.3 measured.", 1.4, 4.0)
    halt_m: float = parameter(0.4, "Meanwhile, straight on, at 0.5 m/s: 0.35 measured.", 0.4, 2.0)
    clearance_m: float = parameter(
        0.5, "Beyond base_link: 0.4 of a bent arm and its swing, 0.1 of the map's error.", 0.5, 2.0
    )
    slow_s: float = parameter(0.3, "R1 so long before R2: the map sees 4.5 m far.", 0.3, 2.0)


@dataclass(frozen=True)
class StopLimits:
    """Limits how long a stop may take."""

    sit_timeout_s: float = parameter(
        15.0, "From R3 to torque off, then R5: four times a usual sit.", 5.0, 15.0
    )


@dataclass(frozen=True)
class SupervisorLimits(StopLimits, SeparationLimits, FreshnessLimits, BodyLimits, NodeLimits):
    """Holds the supervisor's limits.

    Its parameters come in the order of its base classes from right to left.
    """
