# SPDX-License-Identifier: Apache-2.0
"""Describes the registers of a family: where a setting is, in which form and unit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from talus_can.codec.family import unsupported
from talus_can.codec.feedback import DriveSetting
from talus_can.codec.targets import CommandError

VALUE_BYTES = 4


@dataclass(frozen=True)
class Register:
    """Describes one register.

    Attributes:
        address: Its number.
        kind: NumPy's name of what it holds, with the byte order: "<f4", "<u4", "<u2", "u1".
        per_unit: Steps of the register in one SI unit.
        is_writable: Whether a host may write it.
    """

    address: int
    kind: str
    per_unit: float = 1.0
    is_writable: bool = True


class RegisterMap:
    """Finds the registers of a family by setting and by address."""

    def __init__(self, registers: Mapping[DriveSetting, Register]):
        self._registers = dict(registers)
        self._settings = {item.address: setting for setting, item in registers.items()}

    @property
    def readable(self) -> frozenset[DriveSetting]:
        """Return the settings that can be read."""
        return frozenset(self._registers)

    @property
    def writable(self) -> frozenset[DriveSetting]:
        """Return the settings that can be written."""
        return frozenset(name for name, item in self._registers.items() if item.is_writable)

    def find(self, setting: DriveSetting) -> Register:
        """Return where a setting is. Raises UnsupportedError, which lists what there is."""
        if setting not in self._registers:
            raise unsupported("setting", setting.name, self.readable)
        return self._registers[setting]

    def to_write(self, setting: DriveSetting, value: float) -> bytes:
        """Return the four bytes of a value in SI units. Raises UnsupportedError, CommandError."""
        register = self.find(setting)
        if not register.is_writable:
            raise unsupported("writable setting", setting.name, self.writable)
        steps = value * register.per_unit
        kind = np.dtype(register.kind)
        top = 3.4e38 if kind.kind == "f" else float(np.iinfo(kind).max)
        low = -top if kind.kind == "f" else float(np.iinfo(kind).min)
        if not (math.isfinite(steps) and low <= steps <= top):
            raise CommandError(
                f"setting {setting.name.lower()} is {value}; it must be from "
                f"{low / register.per_unit:g} to {top / register.per_unit:g}"
            )
        whole = steps if kind.kind == "f" else round(steps)
        return np.array([whole], kind).tobytes().ljust(VALUE_BYTES, b"\0")

    def from_read(self, address: int, payload: bytes) -> tuple[DriveSetting, float] | None:
        """Return setting and value, SI units, of a register's four bytes; None if unknown."""
        setting = self._settings.get(address)
        if setting is None or len(payload) < VALUE_BYTES:
            return None
        register = self._registers[setting]
        with np.errstate(invalid="ignore"):
            number = float(np.frombuffer(payload, register.kind, 1)[0])
        return setting, number / register.per_unit
