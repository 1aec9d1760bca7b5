# SPDX-License-Identifier: Apache-2.0
"""Holds the options of the Gazebo driver; `config/drivers/gazebo.yaml` may deviate from them."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.parameters import parameter, section
from talus_simulation.noise import NoiseConfig


@dataclass(frozen=True)
class GazeboConfig:
    """Says how the body in Gazebo starts, steps and senses."""

    start_pose: str = parameter("sit", "Pose of robot.yaml in which the robot is put down, limp.")
    settle_s: float = parameter(
        2.0, "Simulated s to come to rest on the stops before time 0.", low=0.2, high=20.0
    )
    step_s: float = parameter(
        0.001, "s, a physics step; a tick is a whole number of them.", low=0.0001, high=0.002
    )
    charge_fraction: float = parameter(1.0, "Of the battery at the start.", low=0.01, high=1.0)
    wait_s: float = parameter(
        30.0,
        "s of wall time for a wrench that Gazebo's transport brings late.",
        low=0.1,
        high=600.0,
    )
    shows: bool = parameter(
        False, "Whether `gz sim -g` can watch; needs Gazebo's scene-broadcaster, costs speed."
    )
    noise: NoiseConfig = section(NoiseConfig)
