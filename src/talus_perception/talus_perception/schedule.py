# SPDX-License-Identifier: Apache-2.0
"""Which of the simulator's states become pictures, and what the camera process is set to do."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.parameters import parameter, section

from talus_perception.depth_noise import DepthNoise


@dataclass(frozen=True)
class CameraConfig:
    """Parameters of the camera process."""

    robot: str = parameter("", "Folder of the robot, with robot.yaml and its MJCF.")
    world: str = parameter("flat", "World by name, or an MJCF file: the same as the driver's.")
    rate_hz: float = parameter(
        12.0, "Pictures per simulated second of every camera that somebody watches; the contract asks for 10.", 1.0, 30.0
    )
    seed: int = parameter(0, "Of the depth noise.", 0, 2**31 - 1)
    depth_noise: DepthNoise = section(DepthNoise)


class Schedule:
    """Picks states at a mean rate, from a stream that has another one."""

    def __init__(self, rate_hz: float):
        self._period = 1.0 / rate_hz
        self._next = None

    def is_due(self, now: float) -> bool:
        """True for the first state at or after each period's end; `now` in s. A jump of the clock starts anew."""
        if self._next is None or abs(now - self._next) > 2.0 * self._period:
            self._next = now
        if now < self._next:
            return False
        self._next += self._period
        return True
