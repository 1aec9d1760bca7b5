# SPDX-License-Identifier: Apache-2.0
"""Hold the options of the MuJoCo driver; `config/drivers/mujoco.yaml` may deviate from them."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.parameters import parameter, section

from talus_simulation.noise import NoiseConfig


@dataclass(frozen=True)
class ModelErrorConfig:
    """Says how far the simulated body is from the model that the controller has.

    The difference is drawn once per start from the seed.
    """

    mass_fraction: float = parameter(
        0.0, "Mass and inertia of each link, +- this part.", low=0.0, high=0.5
    )
    centre_of_mass: float = parameter(
        0.0, "m, centre of mass of each link, +- per axis.", low=0.0, high=0.1
    )
    friction_factor: float = parameter(
        1.0, "Joint friction and damping against the model's.", low=0.0, high=10.0
    )


@dataclass(frozen=True)
class MujocoConfig:
    """Says how the simulated body starts, senses and differs from its model."""

    start_pose: str = parameter("sit", "Pose of robot.yaml in which the robot is put down, limp.")
    lying: str = parameter(
        "", "Put down in that pose on its back, front, left or right (side); empty: on its feet."
    )
    start_spread: float = parameter(
        0.0,
        "rad, joints +- beside the pose, drawn from the seed; lying, with any heading.",
        low=0.0,
        high=0.5,
    )
    settle_s: float = parameter(
        2.0, "Simulated s to come to rest on the stops before time 0.", low=0.0, high=20.0
    )
    charge_fraction: float = parameter(1.0, "Of the battery at the start.", low=0.01, high=1.0)
    noise: NoiseConfig = section(NoiseConfig)
    model_error: ModelErrorConfig = section(ModelErrorConfig)
