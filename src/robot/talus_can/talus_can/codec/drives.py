# SPDX-License-Identifier: Apache-2.0
"""Lists the drives of one family: which joint each moves, where it is and how it scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from talus_core.errors import TalusError

from talus_can.models import MotorModel


class DriveSetupError(TalusError):
    """Says which drives cannot be together in a configuration, and why."""


@dataclass(frozen=True)
class Drives:
    """Lists n drives of one family, in the order of every array of the family.

    Attributes:
        joints: Names of the joints.
        bus: (n,) number of the bus of each.
        drive_id: (n,) identifier of each on its bus.
        models: Motor model of each.
        reply_id: (n,) identifier of what each sends, where a family sets it apart.
        host_id: Identifier of the host; None for what the family uses by default.
        is_flexible: Whether they are set to CAN FD with a faster rate, where a family has both.
    """

    joints: tuple[str, ...]
    bus: np.ndarray
    drive_id: np.ndarray
    models: tuple[MotorModel, ...]
    reply_id: np.ndarray | None = None
    host_id: int | None = None
    is_flexible: bool = False

    def __len__(self) -> int:
        return len(self.joints)

    def scales(self, *names: str) -> np.ndarray:
        """Return numbers of the models by name, (k, n). Raises DriveSetupError if one lacks."""
        table = np.array([[vars(model)[name] for model in self.models] for name in names])
        if np.isnan(table).any():
            row, joint = np.argwhere(np.isnan(table))[0]
            raise DriveSetupError(
                f"joint '{self.joints[joint]}': motor '{self.models[joint].name}' lacks "
                f"{names[row]}; give it in the configuration"
            )
        return table

    def check_ids(self, low: int, high: int) -> None:
        """Raise DriveSetupError for an identifier out of range, or one that two drives share."""
        self._check_sizes()
        for joint, drive_id in zip(self.joints, self.drive_id, strict=True):
            if not low <= drive_id <= high:
                raise DriveSetupError(
                    f"joint '{joint}': id {drive_id} is none; {low} to {high} would do"
                )
        refuse_twins(self.joints, list(zip(self.bus.tolist(), self.drive_id.tolist(), strict=True)))

    def check_classic(self, family: str) -> None:
        """Raise DriveSetupError if drives that speak classic CAN alone shall speak CAN FD."""
        if self.is_flexible:
            raise DriveSetupError(f"{family} drives speak classic CAN alone, not CAN FD")

    def _check_sizes(self) -> None:
        sizes = {len(self.joints), len(self.bus), len(self.drive_id), len(self.models)}
        if len(sizes) > 1:
            raise DriveSetupError(f"drives are listed in arrays of different lengths {sizes}")


def refuse_twins(joints: Sequence[str], keys: Sequence[tuple[int, int]]) -> None:
    """Raise DriveSetupError where two drives have the same (bus, id)."""
    seen: dict[tuple[int, int], str] = {}
    for joint, key in zip(joints, keys, strict=True):
        if key in seen:
            bus, number = key
            raise DriveSetupError(
                f"joints '{seen[key]}' and '{joint}' have the same id {number} on bus {bus}; "
                "give one of the drives another"
            )
        seen[key] = joint
