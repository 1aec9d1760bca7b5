# SPDX-License-Identifier: Apache-2.0
"""Plans buses and drives for a robot that has none yet: so many buses as its control rate needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from talus_can.codec.drives import Drives
from talus_can.codec.registry import make_family
from talus_can.config import CanSettings
from talus_can.load import BitRates, BusPlan, FrameShape, OverloadedBusError, check_plan
from talus_can.models import MotorModel, load_motor_models
from talus_can.wiring import WiringError
from talus_core.errors import UnknownNameError
from talus_core.robot import RobotDescription

NOMINAL_RATE = 1e6
# Of the peak: the stiffest and most damped that the last gate lets through, 1/rad and s/rad.
_MOST_STIFFNESS_PER_RAD = 10.0
_MOST_DAMPING_S_PER_RAD = 0.3
_MOST_BUSES = 40


@dataclass(frozen=True)
class FamilyPlan:
    """Says how drives of a family are used best.

    Attributes:
        data_rate: Faster bit rate, bit/s; 0 for classic CAN.
        is_flexible: Whether the drives must be told to speak CAN FD.
        watchdog_s: Time without a command after which they give up, where the bus cannot set it.
    """

    data_rate: float = 0.0
    is_flexible: bool = False
    watchdog_s: float = 0.0


_WATCHDOG_S = CanSettings().watchdog_s  # what the driver asks the maker's tool for
FAMILY_PLANS = {
    "damiao": FamilyPlan(5e6, is_flexible=True),
    "robstride": FamilyPlan(),
    "cybergear": FamilyPlan(),
    "cubemars_mit": FamilyPlan(watchdog_s=_WATCHDOG_S),
    "moteus": FamilyPlan(5e6),
    "odrive": FamilyPlan(watchdog_s=_WATCHDOG_S),
}


def plan_wiring(robot: RobotDescription, family: str, rate_hz: float) -> dict[str, Any]:
    """Return `buses` and `drives` for all joints of a robot, as a wiring file has them.

    Each joint gets the weakest model that has its torque, or the strongest with a wider range:
    drives of a simulation scale as the robot needs it. Raises UnknownNameError, WiringError.
    """
    if family not in FAMILY_PLANS:
        raise UnknownNameError("drive family", family, FAMILY_PLANS)
    plan = FAMILY_PLANS[family]
    models = load_motor_models().of_family(family)
    frames = _frames_of_a_drive(family, models[0], plan)
    joints = robot.joint_names
    buses = _buses_needed(len(joints), frames, plan, rate_hz)
    on_a_bus = -(-len(joints) // buses)
    efforts = dict(zip(joints, robot.limits.effort.tolist(), strict=True))
    speeds = dict(zip(joints, robot.limits.velocity.tolist(), strict=True))
    drives = {}
    for place, joint in enumerate(joints):
        bus, number = divmod(place, on_a_bus)
        row: dict[str, Any] = {"bus": f"can{bus}", "id": number + 1, "family": family}
        model = _model_for(models, efforts[joint])
        row["model"] = model.name
        if plan.is_flexible:
            row["is_flexible"] = True
        if plan.watchdog_s:
            row["watchdog_s"] = plan.watchdog_s
        if changes := _wider(model, efforts[joint], speeds[joint]):
            row["overrides"] = changes
        drives[joint] = row
    used = sorted({row["bus"] for row in drives.values()}, key=lambda name: int(name[3:]))
    rates = {"bit_rate": NOMINAL_RATE} | ({"data_rate": plan.data_rate} if plan.data_rate else {})
    return {"buses": {name: dict(rates) for name in used}, "drives": drives}


def wiring_text(tree: Mapping[str, Any]) -> str:
    """Return a plan as YAML, one line for each bus and drive."""
    lines = ["# SPDX-License-Identifier: Apache-2.0"]
    for section, rows in tree.items():
        lines.append(f"{section}:")
        lines += [f"  {name}: {_flow(row)}" for name, row in rows.items()]
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return repr(value) if isinstance(value, int) else _decimal(value)


def _decimal(value: float) -> str:
    """Return a number as YAML reads it as a float: with a point."""
    text = f"{value:.10g}"
    return text if "." in text or "e" in text else f"{text}.0"


def _frames_of_a_drive(family: str, model: MotorModel, plan: FamilyPlan) -> tuple[FrameShape, ...]:
    one = Drives(
        joints=("joint",),
        bus=np.zeros(1, int),
        drive_id=np.ones(1, int),
        models=(model,),
        is_flexible=plan.is_flexible,
    )
    return make_family(family, one, None).frames_of_a_drive


def _buses_needed(
    joints: int, frames: tuple[FrameShape, ...], plan: FamilyPlan, rate_hz: float
) -> int:
    rates = BitRates(NOMINAL_RATE, plan.data_rate or NOMINAL_RATE)
    # Five buses are what a humanoid has: one for each limb and one for the trunk.
    for buses in range(min(5, joints), _MOST_BUSES + 1):
        bus = BusPlan("can0", rates, rate_hz, -(-joints // buses), frames)
        try:
            check_plan(bus)
        except OverloadedBusError as error:
            if bus.drives == 1:
                raise WiringError(f"{rate_hz:g} Hz: {error}") from error
            continue
        return buses
    raise WiringError(f"{rate_hz:g} Hz with {joints} drives need more than {_MOST_BUSES} buses")


def _model_for(models: Sequence[MotorModel], effort: float) -> MotorModel:
    by_effort = sorted(models, key=lambda model: model.effort)
    return next((model for model in by_effort if model.effort >= effort), by_effort[-1])


def _wider(model: MotorModel, effort: float, velocity: float) -> dict[str, float]:
    """Return the ranges that a joint needs and its model has not."""
    needed = {
        "effort": effort,
        "velocity": velocity,
        "kp": _MOST_STIFFNESS_PER_RAD * effort,
        "kd": _MOST_DAMPING_S_PER_RAD * effort,
    }
    return {key: value for key, value in needed.items() if not vars(model)[key] >= value}
