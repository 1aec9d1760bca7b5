# SPDX-License-Identifier: Apache-2.0
"""Judges in every control tick whether the IMU still measures or is off, stuck or jumping."""

from __future__ import annotations

import numpy as np

IMU_STUCK_TICKS = 20  # equal ticks in a row; a sound IMU of 200 Hz repeats a sample for 3
IMU_OFF_TICKS = 5
IMU_DITHER_SAMPLES = 50  # different samples in a row, which show that the IMU has noise
IMU_JUMP_RADPS_AND_MPS2 = (
    2.0,
    80.0,
)  # rad/s and m/s^2 from tick to tick: four times what a push of 20 N s while walking shows
IMU_JUMP_SAMPLES = 2  # jumps in a row; found before a fall is called by what such an IMU says


class ImuMonitor:
    """Watches each tick's sample; `fault` is empty while the IMU works."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget all samples, and judge anew."""
        self.fault = ""
        self._last: list[float] = []
        self._changes = self._equal = self._jumps = 0

    def step(self, sample: list[float], velocity: np.ndarray) -> str:
        """Return in words what is wrong with the IMU after one more tick; empty while it works.

        Args:
            sample: Gyroscope, rad/s, and accelerometer, m/s^2, (6,).
            velocity: Joint speeds (n,), rad/s.
        """
        if sample != self._last:
            self._find_jump(sample)
            self._last = sample
            self._changes += 1
            self._equal = 0
            return self.fault
        self._equal = self._equal + 1
        self._jumps = 0
        if self._equal >= IMU_OFF_TICKS and not any(sample):
            self.fault = self.fault or "it is off"
        elif (
            self._equal >= IMU_STUCK_TICKS
            and self._changes >= IMU_DITHER_SAMPLES
            and velocity.any()
        ):
            self.fault = self.fault or "it is stuck"
        return self.fault

    def distrust(self) -> None:
        """Note that the IMU contradicts the legs and is not believed."""
        self.fault = self.fault or "it contradicts the legs"

    def _find_jump(self, sample: list[float]) -> None:
        x, y, z, ax, ay, az = sample
        lx, ly, lz, lax, lay, laz = self._last or sample
        turn = max(x - lx, lx - x, y - ly, ly - y, z - lz, lz - z)
        push = max(ax - lax, lax - ax, ay - lay, lay - ay, az - laz, laz - az)
        self._jumps = (
            self._jumps + 1
            if turn > IMU_JUMP_RADPS_AND_MPS2[0] or push > IMU_JUMP_RADPS_AND_MPS2[1]
            else 0
        )
        if self._jumps >= IMU_JUMP_SAMPLES:
            self.fault = self.fault or "it jumps"
