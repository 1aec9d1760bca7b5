# SPDX-License-Identifier: Apache-2.0
"""Finds every drive before any torque, and refuses a robot that is not as it is configured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from talus_core.driver import DriverError
from talus_core.robot import JointLimits

from talus_can.bus.seam import BusClock
from talus_can.config import CanConfig, CanSettings
from talus_can.fleet.fleet import Fleet
from talus_can.fleet.group import DriveGroup
from talus_can.wires import Wires

# Time that replies of a whole bus have: five ticks of 2 ms, and what a busy computer adds.
_ROUND_S = 0.01
_MOST_NAMED = 6
_NS = 1e9


class DriveSetupMismatchError(DriverError):
    """Says which drives are not what the configuration says, by joint and numbers."""


class RollCall:
    """Asks all drives in rounds, within the time that they have."""

    def __init__(self, fleet: Fleet, wires: Wires, clock: BusClock, config: CanConfig):
        """Take the drives, the open wires, a clock and the configuration."""
        self._fleet = fleet
        self._wires = wires
        self._clock = clock
        self._config = config

    @property
    def _settings(self) -> CanSettings:
        return self._config.settings

    def find(self, joints: Sequence[str]) -> None:
        """Take all torque away and hear each drive once. Raises DriveSetupMismatchError."""
        fleet = self._fleet
        every = np.ones(len(fleet), bool)
        known_before = fleet.replies
        heard = ~every
        for _ in self._rounds():
            self._wires.send(fleet.each(DriveGroup.rest, every))
            self._wires.send(fleet.each(DriveGroup.limp, every))
            self._listen()
            heard = fleet.replies > known_before
            if heard.all() and not fleet.enabled(~every).any():
                break
        self._refuse_missing(joints, heard)
        on = fleet.enabled(~every)
        if on.any():
            raise DriveSetupMismatchError(
                f"drives keep their torque though told to rest: {_named(joints, on)}"
            )
        self._refuse_doubled(joints)

    def prove(self) -> None:
        """Set and read back what the drives hold. Raises DriveSetupMismatchError."""
        fleet = self._fleet
        fleet.forget(np.ones(len(fleet), bool))
        for _ in self._rounds():
            if fleet.proven.all():
                return
            self._wires.send(fleet.questions())
            self._listen()
        if fleet.proven.all():
            return
        lines = [line for proof in fleet.proofs for line in proof.wrong()]
        raise DriveSetupMismatchError(joined_lines(lines))

    def check_positions(self, joints: Sequence[str], limits: JointLimits) -> None:
        """Refuse joints that cannot stand where they say. Raises DriveSetupMismatchError."""
        position = self._fleet.motion()[0]
        margin = self._settings.range_margin
        lines = []
        for joint, angle, low, high in zip(
            joints, position, limits.lower, limits.upper, strict=True
        ):
            if not np.isfinite(angle):
                lines.append(f"joint '{joint}': its drive does not know its position")
            elif not low - margin <= angle <= high + margin:
                lines.append(
                    f"joint '{joint}' stands at {angle:.3f} rad by its drive, outside its range "
                    f"of {low:.3f} to {high:.3f}; its id, sign, gear or offset is another's"
                )
        if lines:
            raise DriveSetupMismatchError(joined_lines(lines))

    def _rounds(self) -> range:
        return range(max(1, round(self._settings.answer_s / _ROUND_S)))

    def _listen(self) -> None:
        """Take what comes within a round."""
        listen(self._fleet, self._wires, self._clock, _ROUND_S)

    def _refuse_missing(self, joints: Sequence[str], heard: np.ndarray) -> None:
        if heard.all():
            return
        lines = []
        for joint in np.flatnonzero(~heard).tolist():
            row = self._config.wiring.drives[joints[joint]]
            lines.append(
                f"joint '{joints[joint]}': its {row.family} drive, id {row.id} on bus {row.bus}, "
                f"does not answer within {self._settings.answer_s:g} s"
            )
        names = self._wires.names
        strangers = [f"{can_id:#x} on {names[bus]}" for bus, can_id in sorted(self._fleet.unknown)]
        if strangers:
            lines.append(f"frames came that belong to no joint: {', '.join(strangers[:8])}")
        lines += self._wires.troubles.values()
        raise DriveSetupMismatchError(joined_lines(lines))

    def _refuse_doubled(self, joints: Sequence[str]) -> None:
        """Ask each drive once; one that answers twice is two."""
        self._listen()  # what is still under way
        before = self._fleet.replies
        every = np.ones(len(self._fleet), bool)
        self._wires.send(self._fleet.each(DriveGroup.limp, every))
        self._listen()
        counts = self._fleet.replies - before
        answering = np.zeros(len(self._fleet), bool)
        for group in self._fleet.groups:
            answering[group.joints] = group.answers_at_once
        lines = []
        for joint in np.flatnonzero(answering & (counts > 1)).tolist():
            row = self._config.wiring.drives[joints[joint]]
            lines.append(
                f"joint '{joints[joint]}': id {row.id} on bus {row.bus} answers {counts[joint]} "
                "times to one question; two drives have this id, or it reports by itself"
            )
        if lines:
            raise DriveSetupMismatchError(joined_lines(lines))


def listen(fleet: Fleet, wires: Wires, clock: BusClock, seconds: float) -> None:
    """Take what comes within a time, unless there is nobody to wait for."""
    until = clock.now_ns + round(seconds * _NS)
    while (left := until - clock.now_ns) > 0:
        wires.wait(left / _NS)
        fleet.take(wires.receive())
        if len(wires.troubles) == len(wires.names):
            break


def _named(joints: Sequence[str], chosen: np.ndarray) -> str:
    return ", ".join(joints[joint] for joint in np.flatnonzero(chosen).tolist())


def joined_lines(lines: Sequence[str]) -> str:
    """Return lines as one, the first few of many."""
    more = len(lines) - _MOST_NAMED
    return "can: " + "; ".join([*lines[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else [])])
