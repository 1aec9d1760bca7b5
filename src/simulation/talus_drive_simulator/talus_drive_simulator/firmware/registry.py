# SPDX-License-Identifier: Apache-2.0
"""Finds the firmware of a drive family by its name."""

from __future__ import annotations

from collections.abc import Callable

from talus_core.errors import UnknownNameError

from talus_drive_simulator.firmware.cubemars_mit import CubemarsMitFirmware
from talus_drive_simulator.firmware.damiao import DamiaoFirmware
from talus_drive_simulator.firmware.drive import DriveSpec, Firmware
from talus_drive_simulator.firmware.moteus import MoteusFirmware
from talus_drive_simulator.firmware.odrive import OdriveFirmware
from talus_drive_simulator.firmware.robstride import CybergearFirmware, RobstrideFirmware

FIRMWARES: dict[str, Callable[[DriveSpec], Firmware]] = {
    "damiao": DamiaoFirmware,
    "robstride": RobstrideFirmware,
    "cybergear": CybergearFirmware,
    "cubemars_mit": CubemarsMitFirmware,
    "moteus": MoteusFirmware,
    "odrive": OdriveFirmware,
}


def make_firmware(family: str, spec: DriveSpec) -> Firmware:
    """Return a drive after power-on. Raises UnknownNameError, which lists the families."""
    if family not in FIRMWARES:
        raise UnknownNameError("simulated drive family", family, FIRMWARES)
    return FIRMWARES[family](spec)
