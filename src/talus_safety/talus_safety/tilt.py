# SPDX-License-Identifier: Apache-2.0
"""Which way is up, from gyroscope and accelerometer alone: a complementary filter on the vertical.

Mahony, Hamel, Pflimlin, "Nonlinear Complementary Filters on SO(3)", 2008, reduced to one direction: the
gyroscope turns the estimate, the accelerometer pulls it back slowly, what remains is gyroscope bias.
"""

from __future__ import annotations

import math

import numpy as np

GRAVITY = 9.81  # m/s^2
PULL = 0.5  # 1/s: 2 s, long against a step's accelerations, short against the drift of a gyroscope
PULL_BIAS = 0.05  # 1/s^2: bias settles in about 20 s
BIAS_AT_MOST = 0.05  # rad/s, ten times a usual MEMS turn-on bias
TRUST = 0.3  # the accelerometer is heard while its length is within 30 % of g: impacts and free fall are not


class TiltFilter:
    """Up (3,) unit vector and the turn rate (3,) rad/s without its bias, in the frame of the samples."""

    def __init__(self) -> None:
        self.up = np.array([0.0, 0.0, 1.0])
        self.rate = np.zeros(3)
        self._bias = np.zeros(3)
        self._has_started = False

    def step(self, angular_velocity: np.ndarray, linear_acceleration: np.ndarray, dt: float) -> None:
        """One sample of gyroscope (3,) rad/s and accelerometer (3,) m/s^2; a sample that is not finite is left out."""
        wx, wy, wz = (float(w) for w in angular_velocity)
        ax, ay, az = (float(a) for a in linear_acceleration)
        length = math.sqrt(ax * ax + ay * ay + az * az)
        if not math.isfinite(length + wx + wy + wz):
            return
        if abs(length / GRAVITY - 1.0) > TRUST:
            ax = ay = az = 0.0
            length = 1.0
        measured = np.array([ax / length, ay / length, az / length])
        if not self._has_started:
            if measured.any():
                self.up, self._has_started = measured, True
            return
        error = _cross(self.up, measured)  # turns the estimate onto the measured vertical
        self._bias = np.clip(self._bias + PULL_BIAS * dt * error, -BIAS_AT_MOST, BIAS_AT_MOST)
        self.rate = np.array([wx, wy, wz]) - self._bias
        up = self.up + dt * _cross(self.up, self.rate - PULL * error)
        self.up = up / math.sqrt(float(up @ up))


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a x b of (3,) vectors, without numpy.cross's overhead."""
    ax, ay, az = a
    bx, by, bz = b
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
