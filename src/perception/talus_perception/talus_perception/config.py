# SPDX-License-Identifier: Apache-2.0
"""Defines the parameters of the perception process."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.parameters import parameter, section

from talus_perception.seeing.health import HealthConfig
from talus_perception.seeing.need import NeedConfig
from talus_perception.tracking.tracker import TrackerConfig


@dataclass(frozen=True)
class PerceptionConfig:
    """Hold the parameters of the perception process."""

    robot: str = parameter("", "Folder of the robot, whose robot.yaml lists its cameras.")
    cameras: tuple[str, ...] = parameter((), "Cameras to look through; empty: all of the robot.")
    model: str = parameter(
        "", "Manifest of the network; where it is empty or cannot be used, the robot sees without."
    )
    watches_without_model: bool = parameter(
        False,
        "Whether cameras are watched for faults even without a network; then pictures are made "
        "and sent for that alone.",
    )
    odometry_frame: str = parameter("odom", "Frame of everything that is followed.")
    base_frame: str = parameter("base_link", "Frame of the robot's base.")
    need: NeedConfig = section(NeedConfig)
    tracker: TrackerConfig = section(TrackerConfig)
    health: HealthConfig = section(HealthConfig)
