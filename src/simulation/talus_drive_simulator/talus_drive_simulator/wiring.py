# SPDX-License-Identifier: Apache-2.0
"""Sets up the drives of a wiring: the entries of the driver's YAML file, as simulated firmwares."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talus_can.wiring import NOT_SET, BusRow, DriveRow, WiringError, read_wiring
from talus_core.errors import unknown_name_message
from talus_core.files.data_files import ContentError, yaml_tree

from talus_drive_simulator.firmware.drive import DriveSpec
from talus_drive_simulator.firmware.registry import FIRMWARES


@dataclass(frozen=True)
class WiredDrive:
    """Holds one drive as it is built in.

    Attributes:
        joint: Name of the joint that it moves.
        row: Its entry of the file.
        spec: How its firmware is set up.
    """

    joint: str
    row: DriveRow
    spec: DriveSpec

    @property
    def ratio(self) -> float:
        """Return the turns of the shaft in one turn of the joint, negative where it turns back."""
        return self.row.sign * self.row.gear


@dataclass(frozen=True)
class SimulatedWiring:
    """Holds all buses and drives of a robot.

    Attributes:
        buses: The buses by their names.
        drives: The drives, in the order of the file.
    """

    buses: Mapping[str, BusRow]
    drives: Sequence[WiredDrive]


def load_wiring(file: Path, joints: Collection[str]) -> SimulatedWiring:
    """Return the wiring of a file, or of the standard input for `-`, for a robot with these joints.

    Raises WiringError, which names the file and the entry.
    """
    try:
        text = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return wiring_of(yaml_tree(text), joints)
    except OSError as error:
        raise WiringError(f"wiring {file}: {error.strerror or error}") from error
    except (ContentError, WiringError) as error:
        raise WiringError(f"wiring {file}: {error}") from error


def wiring_of(tree: Any, joints: Collection[str]) -> SimulatedWiring:
    """Return the wiring that a tree of `buses` and `drives` describes. Raises WiringError."""
    wiring = read_wiring(tree, joints)
    for name in wiring.buses:
        if "/" in name or name == "control":
            raise WiringError(f"buses: '{name}' is no name for a socket; such as can0 would do")
    drives = []
    for joint, row in wiring.drives.items():
        if row.family not in FIRMWARES:
            said = unknown_name_message("simulated family", row.family, FIRMWARES)
            raise WiringError(f"drives.{joint}: {said}")
        spec = DriveSpec(
            drive_id=row.id,
            model=wiring.models[joint],
            reply_id=None if row.reply_id == NOT_SET else row.reply_id,
            is_flexible=row.is_flexible,
            watchdog_s=row.watchdog_s,
            report_s=row.report_s,
        )
        drives.append(WiredDrive(joint, row, spec))
    return SimulatedWiring(wiring.buses, drives)
