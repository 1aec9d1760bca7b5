# SPDX-License-Identifier: Apache-2.0
"""Add noise and bias to what simulated sensors say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.parameters import parameter
from talus_core.state import RobotState

TALUS40_MASS_KG = 57.0
MASS_RATIO_DIGITS = 3  # so that talus40 itself has exactly 1


@dataclass(frozen=True)
class NoiseConfig:
    """Holds standard deviations per sample at the control rate; scale 0: perfect sensors.

    A foot's sensor is chosen for the weight that it bears: its range, and noise with it, are those
    of talus40, 57 kg, times another robot's mass over that.
    """

    scale: float = parameter(1.0, "Of all figures below; 0 = perfect sensors.", low=0.0, high=100.0)
    position: float = parameter(2e-4, "rad: a 15-bit encoder behind the gear.", low=0.0, high=1.0)
    velocity: float = parameter(
        0.02, "rad/s: that encoder differentiated and filtered by the drive.", low=0.0, high=10.0
    )
    effort_fraction: float = parameter(
        0.002, "Of the peak torque: current sensing at 9 bits.", low=0.0, high=1.0
    )
    gyroscope: float = parameter(
        0.003, "rad/s: industrial MEMS, 500 Hz bandwidth.", low=0.0, high=10.0
    )
    gyroscope_bias: float = parameter(
        0.004, "rad/s, drawn once per start: the same, after warm-up.", low=0.0, high=1.0
    )
    accelerometer: float = parameter(0.05, "m/s^2: the same sensor.", low=0.0, high=50.0)
    accelerometer_bias: float = parameter(
        0.05, "m/s^2, drawn once per start: 5 mg.", low=0.0, high=10.0
    )
    force: tuple[float, ...] = parameter(
        (3.0, 3.0, 8.0), "N, x y z of a foot: 0.4 % of 2 kN in z; by weight.", low=0.0, high=1e3
    )
    torque: tuple[float, ...] = parameter(
        (0.3, 0.3, 0.1), "N m, x y z of a foot: 0.3 % of 100 N m; by weight.", low=0.0, high=1e2
    )


class SensorNoise:
    """Adds noise to a true state; the same seed gives the same noise."""

    def __init__(
        self,
        config: NoiseConfig,
        effort_limits: np.ndarray,
        seed: int,
        mass: float = TALUS40_MASS_KG,
    ):
        """Draw the biases; `effort_limits` (n,): peak torques, N m; `mass`: of the robot, kg."""
        n = len(effort_limits)
        by_weight = round(mass / TALUS40_MASS_KG, MASS_RATIO_DIGITS)
        wrench = by_weight * np.tile((*config.force, *config.torque), 2)
        self._sigma = config.scale * np.concatenate(
            (
                np.full(n, config.position),
                np.full(n, config.velocity),
                config.effort_fraction * effort_limits,
                np.full(3, config.gyroscope),
                np.full(3, config.accelerometer),
                wrench,
            )
        )
        self._random = np.random.default_rng(seed)
        gyroscope_bias = config.gyroscope_bias * self._random.standard_normal(3)
        accelerometer_bias = config.accelerometer_bias * self._random.standard_normal(3)
        self._bias = np.zeros(len(self._sigma))
        self._bias[3 * n : 3 * n + 6] = config.scale * np.concatenate(
            (gyroscope_bias, accelerometer_bias)
        )
        self._n = n

    def __call__(self, true: RobotState) -> RobotState:
        """Return what the sensors say of `true`."""
        noise = self._random.standard_normal(len(self._sigma))
        noise *= self._sigma
        noise += self._bias
        n = self._n
        return RobotState(
            sequence=true.sequence,
            time=true.time,
            steady_time_ns=true.steady_time_ns,
            position=true.position + noise[:n],
            velocity=true.velocity + noise[n : 2 * n],
            effort=true.effort + noise[2 * n : 3 * n],
            angular_velocity=true.angular_velocity + noise[3 * n : 3 * n + 3],
            linear_acceleration=true.linear_acceleration + noise[3 * n + 3 : 3 * n + 6],
            foot_wrenches=true.foot_wrenches + noise[3 * n + 6 :].reshape(2, 6),
            torque_enabled=true.torque_enabled,
        )
