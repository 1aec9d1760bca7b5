# SPDX-License-Identifier: Apache-2.0
"""Tells which way is up, from gyroscope and accelerometer alone.

A complementary filter on the vertical.

Mahony, Hamel, Pflimlin, "Nonlinear Complementary Filters on SO(3)", 2008, reduced to one direction:
the gyroscope turns the estimate, the accelerometer pulls it back slowly, what remains is gyroscope
bias. Plain floats: numpy costs five times as much on three numbers, and this runs in every control
tick.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from talus_core.physics import GRAVITY_MPS2

# 1/s: 2 s, long against a step's accelerations, short against the drift of a gyroscope
TILT_PULL_PER_S = 0.5
BIAS_PULL_PER_S2 = 0.05  # 1/s^2: bias settles in about 20 s
MOST_BIAS_RADPS = 0.05  # rad/s, ten times a usual MEMS turn-on bias
FASTEST_GYROSCOPE_RADPS = 100.0  # rad/s: three times what gyroscopes of robots can say
# the accelerometer is heard while its length is within 30 % of g: impacts and free fall are not
GRAVITY_TRUST = 0.3

Vector = tuple[float, float, float]


class Vertical(Protocol):
    """Says where up is, and how the body turns: `TiltFilter`, or the legs where the IMU fails."""

    up: tuple[float, float, float]
    rate: tuple[float, float, float]

    @property
    def turn(self) -> float:
        """Return the length of the turn rate, rad/s."""


class TiltFilter:
    """Estimates up and the turn rate without its bias, rad/s, in the frame of the samples."""

    def __init__(self) -> None:
        self.up: Vector = (0.0, 0.0, 1.0)
        self.rate: Vector = (0.0, 0.0, 0.0)
        self._bias: Vector = (0.0, 0.0, 0.0)
        self._has_started = False

    @property
    def turn(self) -> float:
        """Return the length of the turn rate, rad/s."""
        return math.hypot(*self.rate)

    def step(
        self, angular_velocity: Sequence[float], linear_acceleration: Sequence[float], dt: float
    ) -> None:
        """Take in finite samples of gyroscope, rad/s, and accelerometer, m/s^2, after `dt` s."""
        measured = _direction(*linear_acceleration)
        if not self._has_started:
            self._has_started = measured is not None
            self.up = measured or self.up
            return
        ux, uy, uz = self.up
        ex, ey, ez = _cross(self.up, measured) if measured else (0.0, 0.0, 0.0)
        bx, by, bz = self._bias
        step = BIAS_PULL_PER_S2 * dt
        bx = _bounded(bx + step * ex)
        by = _bounded(by + step * ey)
        bz = _bounded(bz + step * ez)
        self._bias = (bx, by, bz)
        wx, wy, wz = angular_velocity
        if (
            max(wx, wy, wz, -wx, -wy, -wz) > FASTEST_GYROSCOPE_RADPS
        ):  # it would make the estimate a number that is none, for ever
            wx = 0.0
            wy = 0.0
            wz = 0.0
        wx = wx - bx
        wy = wy - by
        wz = wz - bz
        self.rate = (wx, wy, wz)
        dx, dy, dz = _cross(
            self.up,
            (wx - TILT_PULL_PER_S * ex, wy - TILT_PULL_PER_S * ey, wz - TILT_PULL_PER_S * ez),
        )
        x = ux + dt * dx
        y = uy + dt * dy
        z = uz + dt * dz
        length = math.hypot(x, y, z)
        self.up = (x / length, y / length, z / length)


def _direction(x: float, y: float, z: float) -> Vector | None:
    """Return the vertical, or None where the accelerometer feels more than gravity."""
    length = math.hypot(x, y, z)
    if abs(length / GRAVITY_MPS2 - 1.0) > GRAVITY_TRUST:
        return None
    return x / length, y / length, z / length


def _bounded(bias: float) -> float:
    return min(max(bias, -MOST_BIAS_RADPS), MOST_BIAS_RADPS)


def _cross(a: Vector, b: Vector) -> Vector:
    (ax, ay, az) = a
    (bx, by, bz) = b
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
