# SPDX-License-Identifier: Apache-2.0
"""Defines the parameters of the web view."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.parameters import parameter, section


@dataclass(frozen=True)
class WalkConfig:
    """Hold what the walk buttons command."""

    forward_m_s: float = parameter(
        0.5, "Full forward speed; balance follows up to its `max_forward_mps`.", low=0.0, high=1.5
    )
    back_m_s: float = parameter(
        0.3, "Full backward speed; balance follows up to its `max_backward_mps`.", low=0.0, high=1.0
    )
    sideways_m_s: float = parameter(
        0.2, "Full sideways speed; balance follows up to its `max_sideways_mps`.", low=0.0, high=0.6
    )
    turn_rad_s: float = parameter(
        0.5, "Full turning speed; balance follows up to its `max_turning_radps`.", low=0.0, high=1.5
    )
    hold_deadline_s: float = parameter(
        0.4,
        "A held button that is silent for so long is released; it speaks at 10 Hz.",
        low=0.15,
        high=1.0,
    )
    page_deadline_s: float = parameter(
        1.2,
        "A page that keeps the robot walking must answer within this, again and again.",
        low=0.5,
        high=3.0,
    )
    halt_s: float = parameter(
        0.5, "How long standstill is commanded at the end of a walk.", low=0.1, high=5.0
    )


@dataclass(frozen=True)
class ViewConfig:
    """Hold all parameters of the node."""

    host: str = parameter(
        "127.0.0.1", "Address to serve at; whoever reaches it can drive the robot."
    )
    port: int = parameter(8080, "TCP port to serve at.", low=1, high=65535)
    camera: str = parameter("front_left", "The camera that is shown at first; `off` for none.")
    frame_rate_hz: float = parameter(
        20.0, "Of the picture while a page is open, in wall time.", low=1.0, high=60.0
    )
    map_period_s: float = parameter(
        0.6, "Least wall time between two drawings of the map.", low=0.1, high=10.0
    )
    picture_period_s: float = parameter(
        0.2, "Least wall time between two camera pictures.", low=0.02, high=10.0
    )
    picture_width: int = parameter(320, "Pixels; the panel is that wide.", low=64, high=1920)
    foot_length_m: float = parameter(
        0.24, "Of the drawn footsteps; talus40's sole.", low=0.05, high=0.6
    )
    foot_width_m: float = parameter(
        0.11, "Of the drawn footsteps; talus40's sole.", low=0.02, high=0.4
    )
    push_duration_s: float = parameter(
        0.1, "Of the demonstration push, simulated time.", low=0.01, high=2.0
    )
    perception: bool = parameter(
        True, "Cameras and map are among the nodes without which the robot may not be armed."
    )
    nodes: str = parameter("", "YAML file of further nodes to list; empty: none.")
    base_frame: str = parameter("base_link", "Frame of the velocity commands.")
    walk: WalkConfig = section(WalkConfig)
