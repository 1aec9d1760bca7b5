# SPDX-License-Identifier: Apache-2.0
"""Turns walk buttons into a velocity; a button counts only while the page keeps reporting it."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.errors import UnknownNameError


@dataclass(frozen=True)
class WalkVelocity:
    """Hold a velocity of the base in its own frame: m/s, m/s, rad/s."""

    forward: float = 0.0
    left: float = 0.0
    turn: float = 0.0


@dataclass(frozen=True)
class SpeedLimits:
    """Hold the full speed of each kind of button: m/s, m/s, m/s, rad/s."""

    forward: float
    back: float
    sideways: float
    turn: float


STANDSTILL = WalkVelocity()
DIRECTIONS: dict[str, WalkVelocity] = {
    "forward": WalkVelocity(forward=1.0),
    "back": WalkVelocity(forward=-1.0),
    "left": WalkVelocity(left=1.0),
    "right": WalkVelocity(left=-1.0),
    "turn left": WalkVelocity(turn=1.0),
    "turn right": WalkVelocity(turn=-1.0),
}


@dataclass(frozen=True)
class _Walk:
    """Hold the current walk: direction, deadline without another report, and the page."""

    direction: WalkVelocity
    until: float
    client: int
    is_kept: bool


class Teleop:
    """Walks in two modes, both with a deadline that only the living page can push back.

    A held button repeats itself about ten times a second; without repetition the walk ends after
    `hold_deadline`. With "keep walking" one press is enough, and the page must answer pings;
    without an answer the walk ends after `page_deadline`. At the end standstill is commanded for
    `halt_time`, then nothing, so that others may command.
    """

    def __init__(
        self, limits: SpeedLimits, hold_deadline: float, page_deadline: float, halt_time: float
    ):
        """Set limits at share 1; the rest in s of wall time."""
        self.share = 1.0  # of full speed, 0 to 1
        self._limits = limits
        self._hold_deadline = hold_deadline
        self._page_deadline = page_deadline
        self._halt_time = halt_time
        self._walk: _Walk | None = None
        self._halt_until = float("-inf")

    def press(self, name: str, client: int, now: float) -> None:
        """Extend the walk: a button is still held. Raises UnknownNameError."""
        self._walk = _Walk(_direction(name), now + self._hold_deadline, client, is_kept=False)

    def keep(self, name: str, client: int, now: float) -> None:
        """Walk on without a held button, as long as the page answers.

        Raises UnknownNameError.
        """
        self._walk = _Walk(_direction(name), now + self._page_deadline, client, is_kept=True)

    def page_answered(self, client: int, now: float) -> None:
        """Extend the walk: the page of `client` is alive."""
        walk = self._walk
        if walk is not None and walk.is_kept and walk.client == client and now <= walk.until:
            self._walk = _Walk(walk.direction, now + self._page_deadline, client, is_kept=True)

    def page_left(self, client: int, now: float) -> None:
        """End the walk if the page of `client` is gone."""
        if self._walk is not None and self._walk.client == client:
            self.halt(now)

    def halt(self, now: float) -> None:
        """Command standstill, if walking."""
        if self._walk is not None:
            self._walk = None
            self._halt_until = now + self._halt_time

    @property
    def kept_by(self) -> int | None:
        """Return the client whose page must be asked whether it is alive."""
        return self._walk.client if self._walk is not None and self._walk.is_kept else None

    def command(self, now: float) -> WalkVelocity | None:
        """Return what to command at `now`; None = command nothing."""
        if self._walk is not None and now > self._walk.until:
            self.halt(now)
        if self._walk is None:
            return STANDSTILL if now <= self._halt_until else None
        direction = self._walk.direction
        limits = self._limits
        ahead = limits.forward if direction.forward > 0.0 else limits.back
        return WalkVelocity(
            self.share * ahead * direction.forward,
            self.share * limits.sideways * direction.left,
            self.share * limits.turn * direction.turn,
        )


def _direction(name: str) -> WalkVelocity:
    if name not in DIRECTIONS:
        raise UnknownNameError("walk button", name, DIRECTIONS)
    return DIRECTIONS[name]
