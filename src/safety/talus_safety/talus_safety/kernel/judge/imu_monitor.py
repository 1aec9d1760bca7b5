# SPDX-License-Identifier: Apache-2.0
"""Judges in every control tick whether the IMU still measures: not off, not stuck, not jumping."""

from __future__ import annotations

import numpy as np

IMU_STUCK_TICKS = 20  # an IMU of 200 Hz repeats itself for 3
IMU_OFF_TICKS = 5
IMU_DITHER_SAMPLES = 50  # different samples: as above
IMU_JUMP_RADPS_AND_MPS2 = (
    2.0,
    80.0,
)  # rad/s and m/s^2 from tick to tick: four times what a push of 20 N s while walking shows
IMU_JUMP_SAMPLES = 2  # in a row: before a fall is called by what such an IMU says


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
        """Return what is wrong after a sample of gyroscope and accelerometer (6,).

        (n,) rad/s of the joints.
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
        """Note that the IMU was compared with the legs, and is not believed."""
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
