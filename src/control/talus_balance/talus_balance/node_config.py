# SPDX-License-Identifier: Apache-2.0
"""Declares the parameters of the balance node: the few that users set.

Gains live in the dataclasses of the core, beside their reasons.
"""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.parameters import parameter

from talus_balance.intent import IntentConfig

_FORWARD, _BACKWARD, _SIDEWAYS, _TURNING = IntentConfig.velocity_limits


@dataclass(frozen=True)
class BalanceNodeConfig:
    """Holds the ROS parameters of `balance_node`."""

    robot: str = parameter("", "Folder of the robot (robot.yaml, URDF).")
    control_rate_hz: float = parameter(
        500.0,
        "Ticks a second of the driver; 250 is the fallback for slow computers.",
        low=200.0,
        high=1000.0,
    )
    authenticated: bool = parameter(
        True,
        "Obey only what a process of this start sealed with its key; false: obey whoever speaks.",
    )
    max_forward_mps: float = parameter(
        _FORWARD, "Fastest forward cmd_vel that is followed, m/s.", low=0.0, high=1.5
    )
    max_backward_mps: float = parameter(
        _BACKWARD, "Fastest backward cmd_vel, m/s.", low=0.0, high=1.0
    )
    max_sideways_mps: float = parameter(
        _SIDEWAYS, "Fastest sideways cmd_vel, m/s.", low=0.0, high=0.6
    )
    max_turning_radps: float = parameter(
        _TURNING, "Fastest turning cmd_vel, rad/s.", low=0.0, high=1.5
    )
    cmd_vel_stale_after_s: float = parameter(
        0.5, "Age of cmd_vel at which the robot stops stepping, s.", low=0.1, high=2.0
    )
    policy: str = parameter(
        "", "Manifest of a learned policy; empty: the model-based controller drives alone."
    )


def intent_config(config: BalanceNodeConfig) -> IntentConfig:
    """Return the bounds of the intent that the parameters set."""
    limits = (
        config.max_forward_mps,
        config.max_backward_mps,
        config.max_sideways_mps,
        config.max_turning_radps,
    )
    return IntentConfig(velocity_limits=limits, stale_after=config.cmd_vel_stale_after_s)
