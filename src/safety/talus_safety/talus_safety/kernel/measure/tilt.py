# SPDX-License-Identifier: Apache-2.0
"""Estimates which way is up, from gyroscope and accelerometer alone.

It is the complementary filter of Mahony, Hamel, Pflimlin, "Nonlinear Complementary Filters on the
Special Orthogonal Group", 2008, reduced to one direction: the gyroscope turns the estimate, the
accelerometer pulls it back slowly, and what remains is gyroscope bias. It uses plain floats, since
numpy costs five times as much on three numbers and this runs in every control tick.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from talus_core.physics import GRAVITY_MPS2

# 1/s: its 2 s are long against a step's accelerations and short against a gyroscope's drift
TILT_PULL_PER_S = 0.5
BIAS_PULL_PER_S2 = 0.05  # 1/s^2: the bias settles in about 20 s
MOST_BIAS_RADPS = 0.05  # rad/s: ten times a usual MEMS turn-on bias
FASTEST_GYROSCOPE_RADPS = 100.0  # rad/s: three times the range of gyroscopes on robots
# Relative error of the accelerometer's length against g; impacts and free fall exceed it.
GRAVITY_TRUST = 0.3

Vector = tuple[float, float, float]


class Vertical(Protocol):
    """Says which way is up and how the body turns: by `TiltFilter`, or by the legs without IMU."""

    up: tuple[float, float, float]
    rate: tuple[float, float, float]

    @property
    def turn(self) -> float:
        """Return the length of the turn rate, rad/s."""


class TiltFilter:
    """Estimates the vertical and the turn rate without its bias, rad/s, in the samples' frame."""

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
        ):  # such a sample would make the estimate NaN for ever
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
    """Return the unit vertical, or None where the accelerometer feels more than gravity."""
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
