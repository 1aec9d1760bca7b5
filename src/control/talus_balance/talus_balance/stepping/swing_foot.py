# SPDX-License-Identifier: Apache-2.0
"""Makes the reference of the foot in the air: minimum jerk on the ground plane, a bump in height.

It is planned anew each tick. On level ground, ahead and back, a hasty foot starts at once and is
braked to the end: it follows a cubic, within what the hips can give.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from talus_core.clamp import clamp
from talus_estimation.ground_plane import sole_on_ground

# s, least time in which a foot in the air is put down again: 30 ticks of 2 ms, chosen
LEAST_SINKING_S = 0.06
# s, least time for the rest of a swing: the quintic's jerk grows with its inverse third power
LEAST_REMAINING_S = 0.03
EDGE_HEIGHT_M = 0.05  # m, height of a step from which on its edge is in the foot's way
# Share of the way down, in time, in which a foot sinks by little more than a quarter of it.
SLOW_SINKING_TIME_SHARE = 0.35
# Share of the swing per m of step by which the foot is up earlier before a step up, or stays up
# longer before a step down.
EDGE_LEAD_SHARE_PER_M = 2.5


def unbraked_share(share: np.ndarray) -> np.ndarray:
    """Return how far a minimum-jerk swing leads beyond where the foot would come to rest by itself.

    That is a share of its way. It is more than the square of the time left, by up to a tenth,
    while the foot has hardly begun to move: the swing peaks later.

    Args:
        share: (k,) shares of the swing's time that are over.
    """
    left = 1.0 - share
    done = share**3 * (10.0 - 15.0 * share + 6.0 * share * share)
    rolls_on = 15.0 * share * share * left**3  # half of the time left at the speed of now
    return np.maximum(1.0 - done - rolls_on, left * left)


@dataclass(frozen=True)
class SwingConfig:
    """Configures how the foot swings.

    Attributes:
        clearance: Height above the higher end of the step, m, as far as `max_lift` gets the foot
            there in time.
        max_lift: Acceleration of the foot up and down, m/s^2; what a hasty step throws up is
            missing under the other foot.
        lowering: Speed at which the sole meets the ground, m/s, early or late.
        hurry: Acceleration with which it sinks when the ground is late, m/s^2.
        max_acceleration: Acceleration on the ground plane, m/s^2: the hip's 200 N m on the leg's
            1.85 kg m^2, 0.84 m above the sole.
        hasty: Acceleration of the cubic ahead or back from which on the foot follows it, m/s^2:
            above what an ordinary step asks for.
        near: Distance from its place within which it does not, m: there a centimetre asks for as
            much.
        sagittal: Largest acceleration of the cubic, m/s^2: a leg that trails far behind reaches
            half of what a free one does, since the other hip, of the same 200 N m, has to hold
            the trunk against it.
        max_jerk: Rate at which the acceleration changes, m/s^3: 20 ms from rest to all that a hip
            gives.
        max_lowering: Depth searched below the expected ground before the swing gives up, m.
        retreat: Distance by which a foot that ran against something is drawn back before it is
            lifted over it, m.
        rise_time: Time for which it then moves up alone, s: 5 of the 7 cm of the clearance.
        least_swing: Time in which it gets up and down again, s: twice the 0.12 s to the clearance
            with `max_lift`.
    """

    clearance: float = 0.07
    lowering: float = 0.3
    hurry: float = 2.0
    max_acceleration: float = 90.0
    hasty: float = 15.0
    near: float = 0.1
    sagittal: float = 50.0
    max_jerk: float = 4000.0
    max_lift: float = 28.0
    max_lowering: float = 0.25
    retreat: float = 0.01
    rise_time: float = 0.08
    least_swing: float = 0.24


class FootReference(NamedTuple):
    """Says where the sole in the air must be and how it moves, in odom.

    Attributes:
        position: (3,) position, m.
        velocity: (3,) velocity, m/s.
        acceleration: (3,) acceleration, m/s^2.
        rotation: (3, 3) rotation from the sole to odom.
        is_hasty: Whether it went, or goes, ahead or back faster than an ordinary step.
    """

    position: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    rotation: np.ndarray
    is_hasty: bool = False


class SwingFoot:
    """Moves the reference of one swing, from lift-off to touchdown.

    Attributes:
        rise_time: Time after lift-off in which the foot moves straight up, s.
    """

    def __init__(
        self,
        config: SwingConfig,
        position: np.ndarray,
        velocity: np.ndarray,
        yaw: float,
        rise_time: float = 0.0,
    ):
        """Lift the foot.

        Args:
            config: How the foot swings.
            position: (3,) position of the sole in odom, m.
            velocity: (3,) velocity of the sole in odom, m/s.
            yaw: Heading of the sole, rad.
            rise_time: Time in which it first moves straight up, s.
        """
        self.config = config
        self.rise_time = rise_time
        self._start_height = float(position[2])
        self._start_speed = 0.0
        self._xy = position[:2].copy()
        self._vxy = velocity[:2].copy()
        self._axy = np.zeros(2)
        self._yaw = yaw
        self._late = 0.0  # m below the expected ground
        self._late_speed = config.lowering
        self._stays = False
        self._sinks = False
        self._is_hasty = False

    @property
    def place(self) -> np.ndarray:
        """Return the position on the ground plane, (2,) in odom, m."""
        return self._xy

    @property
    def velocity(self) -> np.ndarray:
        """Return the velocity on the ground plane, (2,) in odom, m/s."""
        return self._vxy

    def stay(self, place: np.ndarray) -> None:
        """Come down at `place` (2,), m, whatever the target says."""
        self._xy = place
        self._vxy = np.zeros(2)
        self._axy = np.zeros(2)
        self._stays = True

    def put_down(
        self, position: np.ndarray, velocity: np.ndarray, ground: float
    ) -> tuple[np.ndarray, float]:
        """Come down where the foot is, with a new swing that only sinks.

        Args:
            position: (3,) position of the sole in odom, m.
            velocity: (3,) velocity of the sole in odom, m/s.
            ground: Height of the ground, m.

        Returns:
            Where the foot lands, (2,), m, and the time until then, s.
        """
        drop = max(float(position[2]) - ground, 0.0)
        time = max(math.sqrt(6.0 * drop / self.config.max_lift), LEAST_SINKING_S)
        self._xy = position[:2].copy()
        self._vxy = velocity[:2].copy()
        self._axy = np.zeros(2)
        self._start_height = float(position[2])
        self._start_speed = float(velocity[2])
        self._sinks = True
        return self._xy + 0.5 * time * self._vxy, time

    def keep_aside(self, point: np.ndarray, direction: np.ndarray, distance: float) -> None:
        """Stay at least `distance` m from `point` (2,), m, in the unit `direction` (2,)."""
        missing = distance - float((self._xy - point) @ direction)
        if missing > 0.0:
            self._xy = self._xy + missing * direction
            self._vxy = self._vxy - min(float(self._vxy @ direction), 0.0) * direction
            self._axy = self._axy - min(float(self._axy @ direction), 0.0) * direction

    def step_swing(
        self,
        *,
        landing: np.ndarray,
        height: float,
        gradient: np.ndarray,
        yaw: float,
        phase: float,
        duration: float,
        dt: float,
    ) -> FootReference:
        """Move the reference on for a tick and return it.

        Args:
            landing: (2,) place in odom where the foot must land, m.
            height: Height of the ground there, m.
            gradient: (2,) rise over run of the ground.
            yaw: Heading in which the foot must land, rad.
            phase: Share of the swing that is over; beyond 1 the ground is late.
            duration: Duration of the whole swing, s.
            dt: Time per tick, s.
        """
        remaining = max((1.0 - phase) * duration, LEAST_REMAINING_S)
        apex, peak = self._apex(height, duration)
        if phase * duration >= self.rise_time and not self._stays:
            arrives_in = max((self._arrival(height, peak) - phase) * duration, LEAST_REMAINING_S)
            is_level = abs(height - self._start_height) < EDGE_HEIGHT_M
            self._advance(landing, arrives_in, dt, is_level)
        self._yaw += (yaw - self._yaw) * min(dt / remaining, 1.0)
        if phase >= 1.0:
            self._late_speed += self.config.hurry * dt
            self._late = min(self._late + self._late_speed * dt, self.config.max_lowering)
        z, vz, az = self._height(apex, peak, height, min(phase, 1.0), duration)
        if phase >= 1.0:
            vz = -self._late_speed
            az = 0.0
        return FootReference(
            np.array([*self._xy.tolist(), z - self._late]),
            np.array([*self._vxy.tolist(), vz]),
            np.array([*self._axy.tolist(), az]),
            sole_on_ground(gradient, self._yaw),
            self._is_hasty,
        )

    def _advance(self, landing: np.ndarray, remaining: float, dt: float, is_level: bool) -> None:
        """Follow the quintic that ends at rest on the landing point (Flash and Hogan 1985)."""
        t = remaining
        away = landing - self._xy
        jerk = (60.0 * away - 36.0 * t * self._vxy - 9.0 * t * t * self._axy) / t**3
        acceleration = self._axy + dt * jerk
        if is_level:  # over an edge the foot has to rise first
            acceleration = self._hasten(acceleration, away, t, dt)
        self._axy = clamp(acceleration, self.config.max_acceleration)
        self._vxy = self._vxy + dt * self._axy
        self._xy = self._xy + dt * self._vxy

    def _hasten(
        self, smooth: np.ndarray, away: np.ndarray, remaining: float, dt: float
    ) -> np.ndarray:
        """Replace the sagittal part of `smooth` (2,), m/s^2, by a cubic's where that asks for much.

        The cubic leads to a place `away` (2,), m. Minimum-jerk moves begin with no acceleration and
        peak in the middle; with hips at their limit that time is lost.
        """
        c = self.config
        ahead = np.array([math.cos(self._yaw), math.sin(self._yaw)])
        cubic = (6.0 * away / remaining - 4.0 * self._vxy) / remaining
        wanted = float(cubic @ ahead)
        now = float(self._axy @ ahead)
        if abs(wanted) <= c.hasty or abs(float(away @ ahead)) < c.near:
            return smooth
        self._is_hasty = True
        change = c.max_jerk * dt
        sagittal = now + min(max(wanted - now, -change), change)
        sagittal = min(max(sagittal, -c.sagittal), c.sagittal)
        return smooth + (sagittal - float(smooth @ ahead)) * ahead

    def _arrival(self, end: float, peak: float) -> float:
        """Return the share of the swing at which the foot is over its place.

        It is there before it sinks past an edge on which it stood.
        """
        passes = self._start_height - end >= EDGE_HEIGHT_M and not self._sinks
        return peak + SLOW_SINKING_TIME_SHARE * (1.0 - peak) if passes else 1.0

    def _apex(self, end: float, duration: float) -> tuple[float, float]:
        """Return the height of the apex, m, and the share of the swing at which it is reached."""
        if self._sinks:
            return self._start_height, 0.0
        half = 0.5 * duration
        clearance = min(self.config.clearance, self.config.max_lift * half * half / 6.0)
        apex = max(self._start_height, end) + clearance
        return apex, self._peak(apex - self._start_height, apex - end, duration)

    def _height(
        self, apex: float, peak: float, end: float, s: float, duration: float
    ) -> tuple[float, float, float]:
        """Return height, m, its rate, m/s, and its acceleration, m/s^2, at share `s` of the swing.

        They follow two cubic Hermite pieces: up to the apex about mid-swing, then down to the
            ground.
        Arriving with speed makes the touchdown a sharp event in time and force.
        """
        if s < peak:
            rise = _Cubic(self._start_height, 0.0, apex, 0.0, peak * duration)
            return rise.at(s / peak)
        landing_speed = -self.config.lowering
        drop = _Cubic(apex, self._start_speed, end, landing_speed, (1.0 - peak) * duration)
        return drop.at((s - peak) / (1.0 - peak))

    def _peak(self, rise: float, drop: float, duration: float) -> float:
        """Return the share of the swing at which the apex is reached.

        The foot passes edges high, as far as the leg can hurry.
        """
        step = rise - drop
        edge = step - min(max(step, -EDGE_HEIGHT_M), EDGE_HEIGHT_M)
        max_lift = self.config.max_lift  # acceleration of a cubic at its ends
        least = math.sqrt(6.0 * rise / max_lift) / duration
        most = 1.0 - math.sqrt(6.0 * drop / max_lift) / duration
        share = 0.5 - EDGE_LEAD_SHARE_PER_M * edge if self.rise_time == 0.0 else 0.0
        return min(max(share, min(least, 0.5)), max(most, 0.5))


class _Cubic(NamedTuple):
    """Describes a cubic from one height, m, and rate, m/s, to another in `time` s."""

    start: float
    start_rate: float
    end: float
    end_rate: float
    time: float

    def at(self, s: float) -> tuple[float, float, float]:
        """Return value, rate and second derivative at share `s` of the time."""
        a, va, b, vb, t = self
        rise = b - a
        c2 = 3.0 * rise - t * (2.0 * va + vb)
        c3 = t * (va + vb) - 2.0 * rise
        value = a + s * (t * va + s * (c2 + s * c3))
        rate = (t * va + s * (2.0 * c2 + 3.0 * s * c3)) / t
        return value, rate, (2.0 * c2 + 6.0 * s * c3) / (t * t)
