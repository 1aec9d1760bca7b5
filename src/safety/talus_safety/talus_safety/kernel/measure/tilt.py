# SPDX-License-Identifier: Apache-2.0
"""Which way is up, from gyroscope and accelerometer alone: a complementary filter on the vertical.

Mahony, Hamel, Pflimlin, "Nonlinear Complementary Filters on SO(3)", 2008, reduced to one direction: the
gyroscope turns the estimate, the accelerometer pulls it back slowly, what remains is gyroscope bias.
Plain floats: numpy costs five times as much on three numbers, and this runs in every control tick.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from talus_core.physics import GRAVITY_MPS2

PULL = 0.5  # 1/s: 2 s, long against a step's accelerations, short against the drift of a gyroscope
PULL_BIAS = 0.05  # 1/s^2: bias settles in about 20 s
BIAS_AT_MOST = 0.05  # rad/s, ten times a usual MEMS turn-on bias
FASTEST = 100.0  # rad/s: three times what gyroscopes of robots can say
TRUST = 0.3  # the accelerometer is heard while its length is within 30 % of g: impacts and free fall are not

Vector = tuple[float, float, float]


class Vertical(Protocol):
    """Who says where up is: `TiltFilter`, or the legs where the IMU fails."""

    up: tuple[float, float, float]
    rate: tuple[float, float, float]


class TiltFilter:
    """Up (unit vector) and the turn rate (rad/s) without its bias, in the frame of the samples."""

    def __init__(self) -> None:
        self.up: Vector = (0.0, 0.0, 1.0)
        self.rate: Vector = (0.0, 0.0, 0.0)
        self._bias: Vector = (0.0, 0.0, 0.0)
        self._has_started = False

    @property
    def turn(self) -> float:
        """rad/s, length of the turn rate."""
        return math.hypot(*self.rate)

    def step(
        self, angular_velocity: Sequence[float], linear_acceleration: Sequence[float], dt: float
    ) -> None:
        """One sample of gyroscope (3,) rad/s and accelerometer (3,) m/s^2, all finite, `dt` s after the one before."""
        measured = _direction(*linear_acceleration)
        if not self._has_started:
            self._has_started = measured is not None
            self.up = measured or self.up
            return
        ux, uy, uz = self.up
        ex, ey, ez = _cross(self.up, measured) if measured else (0.0, 0.0, 0.0)
        bx, by, bz = self._bias
        step = PULL_BIAS * dt
        bx, by, bz = self._bias = (
            _bounded(bx + step * ex),
            _bounded(by + step * ey),
            _bounded(bz + step * ez),
        )
        wx, wy, wz = angular_velocity
        if (
            max(wx, wy, wz, -wx, -wy, -wz) > FASTEST
        ):  # it would make the estimate a number that is none, for ever
            wx, wy, wz = 0.0, 0.0, 0.0
        wx, wy, wz = self.rate = wx - bx, wy - by, wz - bz
        dx, dy, dz = _cross(self.up, (wx - PULL * ex, wy - PULL * ey, wz - PULL * ez))
        x, y, z = ux + dt * dx, uy + dt * dy, uz + dt * dz
        length = math.hypot(x, y, z)
        self.up = (x / length, y / length, z / length)


def _direction(x: float, y: float, z: float) -> Vector | None:
    """Of the vertical, or None where the accelerometer feels more than gravity."""
    length = math.hypot(x, y, z)
    if abs(length / GRAVITY_MPS2 - 1.0) > TRUST:
        return None
    return x / length, y / length, z / length


def _bounded(bias: float) -> float:
    return min(max(bias, -BIAS_AT_MOST), BIAS_AT_MOST)


def _cross(a: Vector, b: Vector) -> Vector:
    (ax, ay, az), (bx, by, bz) = a, b
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
