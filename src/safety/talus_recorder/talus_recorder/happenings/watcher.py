# SPDX-License-Identifier: Apache-2.0
"""Detects events in messages: a change of the stop ladder, a latch, a fall, an injected fault."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from talus_core.words.falls import FALLEN_UP_COSINE

from talus_recorder.happenings.events import (
    EVENT_FALL,
    EVENT_FAULT,
    EVENT_LATCH,
    EVENT_LEVEL,
    EVENT_LOWERED,
)

PELVIS_RISEN_COSINE = math.cos(math.radians(30.0))
LEAST_FORCE_MPS2 = 3.0  # m/s^2; with less the robot is in the air, and has no down
LEANING_FOR_S = 0.5  # s, longer than any step or blow


@dataclass(frozen=True)
class SafetyView:
    """Hold what matters here of SafetyState."""

    level: int
    name: str
    cause: str
    latched: bool


@dataclass(frozen=True)
class GateView:
    """Hold what matters here of GateState."""

    latched: bool
    reason: str


Told = tuple[str, str]  # kind and text of an event


class Watcher:
    """Turns the newest message into events (kind, text); the first message of a kind gives none."""

    def __init__(self) -> None:
        self._safety: SafetyView | None = None
        self._gate: GateView | None = None
        self._leans_since: float | None = None
        self._has_fallen = False

    def safety(self, new: SafetyView) -> list[Told]:
        """Return the events of the stop ladder."""
        old = self._safety
        self._safety = new
        if old is None:
            return []
        text = f"{new.name}: {new.cause}" if new.cause else new.name
        if new.level != old.level:
            return [
                (
                    EVENT_LOWERED
                    if new.level < old.level
                    else EVENT_FALL
                    if EVENT_FALL.upper() in new.name
                    else EVENT_LEVEL,
                    text,
                )
            ]
        return [(EVENT_LATCH, text)] if new.latched and not old.latched else []

    def gate(self, new: GateView) -> list[Told]:
        """Return the events of the last gate."""
        old = self._gate
        self._gate = new
        is_new = old is not None and new.latched and not old.latched
        return [(EVENT_LATCH, f"gate: {new.reason}")] if is_new else []

    def specific_force(self, force: Sequence[float], now: float) -> list[Told]:
        """Return a fall by the pelvis's specific force, m/s^2, z along its axis; `now` in s."""
        norm = math.hypot(*force)
        if not norm >= LEAST_FORCE_MPS2:
            return []
        cosine = force[2] / norm
        if cosine >= FALLEN_UP_COSINE:  # by the specific force, at the angle of the judge of falls
            self._leans_since = None
            self._has_fallen = self._has_fallen and cosine < PELVIS_RISEN_COSINE
            return []
        self._leans_since = now if self._leans_since is None else self._leans_since
        if self._has_fallen or now - self._leans_since < LEANING_FOR_S:
            return []
        self._has_fallen = True
        return [(EVENT_FALL, f"the pelvis leans by {math.degrees(math.acos(cosine)):.0f} degrees")]

    @staticmethod
    def fault(name: str, target: str, active: bool) -> list[Told]:
        """Return the events of an injected fault."""
        return [(EVENT_FAULT, " ".join(word for word in (name, target) if word))] if active else []
