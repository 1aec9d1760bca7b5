# SPDX-License-Identifier: Apache-2.0
"""Builds the driver `can` with simulated drives on its buses: its stage `simulated`.

It is found by its entry point, so that the driver of a real robot imports nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from talus_can.config import CanConfigError, parted
from talus_can.driver import CanDriver
from talus_can.wiring import BUSES, DRIVES
from talus_core.driver import DriverSetup
from talus_core.parameters import build_config, flatten, parameter
from talus_simulation.mujoco_body.config import MujocoConfig

from talus_drive_simulator.planning import FAMILY_PLANS, plan_wiring
from talus_drive_simulator.stage.buses import PairedBus, StageBus, StageClock, StageSensors
from talus_drive_simulator.stage.driver import SimulatedCanDriver
from talus_drive_simulator.stage.launch import LaunchedStage
from talus_drive_simulator.wiring import wiring_of

_BODY = "body."
_SENSORS = "sensors"  # of the real robot; here the body's are simulated


@dataclass(frozen=True)
class StageConfig:
    """Says which drives are simulated."""

    family: str = parameter(
        "damiao",
        "Family of the drives that are planned for the robot where no buses are given.",
        choices=tuple(FAMILY_PLANS),
    )


def create_simulated(setup: DriverSetup) -> SimulatedCanDriver:
    """Return a driver of the drives that the options list, or of planned ones.

    Options that begin with `body.` are those of the driver `mujoco`. Raises TalusError.
    """
    tree, rest = parted(setup.options)
    body = {
        name.removeprefix(_BODY): rest.pop(name) for name in list(rest) if name.startswith(_BODY)
    }
    build_config(MujocoConfig, body)  # refused here, not by the child
    own = {item.name: rest.pop(item.name) for item in fields(StageConfig) if item.name in rest}
    rest.pop(_SENSORS, None)
    robot = setup.description
    if not tree[BUSES] and not tree[DRIVES]:
        config = build_config(StageConfig, own)
        tree = plan_wiring(robot, config.family, 1.0 / setup.period)
    elif own:
        raise CanConfigError(
            f"can: {', '.join(own)} is of planned drives, and each of '{DRIVES}' has its own; "
            "leave one out"
        )
    wiring_of(tree, robot.joint_names)
    stage = LaunchedStage(setup, tree, body)
    driver = CanDriver(
        replace(setup, options={**_dotted(tree), **rest}),
        make_bus=lambda name, row: _bus(stage, name),
        clock=StageClock(stage.client),
        sensors=StageSensors(stage.client),
    )
    return SimulatedCanDriver(driver, stage, robot)


def _bus(stage: LaunchedStage, name: str) -> StageBus:
    return StageBus(PairedBus(name, lambda: stage.wire(name)), stage.client)


def _dotted(tree: Mapping[str, Any]) -> dict[str, Any]:
    return flatten({section: tree[section] for section in (BUSES, DRIVES)})
