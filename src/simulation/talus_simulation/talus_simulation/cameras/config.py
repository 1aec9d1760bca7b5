# SPDX-License-Identifier: Apache-2.0
"""Hold what the camera process is set to do."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.parameters import parameter, section

from talus_simulation.cameras.depth_noise import DepthNoise


@dataclass(frozen=True)
class CameraConfig:
    """Names robot and world, rate and noise: the parameters of the camera process."""

    robot: str = parameter("", "Folder of the robot, with robot.yaml and its MJCF.")
    world: str = parameter("flat", "World by name, or an MJCF file: the same as the driver's.")
    worlds: str = parameter(
        "", "Folder of the worlds that have names; empty: worlds beside the robot's folder."
    )
    rate_hz: float = parameter(
        12.0,
        "Pictures per simulated second of every camera that somebody watches; "
        "the contract asks for 10.",
        1.0,
        30.0,
    )
    seed: int = parameter(0, "Of the depth noise.", 0, 2**31 - 1)
    depth_noise: DepthNoise = section(DepthNoise)
