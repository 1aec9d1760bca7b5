# SPDX-License-Identifier: Apache-2.0
"""Shows whose time runs, and how fast: real, or simulated."""

from __future__ import annotations

from talus_view.page.card import CardPart, line
from talus_view.scene import Scene
from talus_view.widget import Site, Widget


class ClockWidget(Widget):
    """Shows the pace of time as a line on the status card."""

    place = 130

    def __init__(self, site: Site):
        self._scene = site.scene

    def card(self, wall: float) -> tuple[CardPart, ...]:
        """Show the pace of time."""
        return (line(70, "Time", pace_text(self._scene, wall)),)


def pace_text(scene: Scene, wall: float) -> str:
    """Write the real-time factor, in simulation."""
    factor = scene.real_time.value(wall)
    return "real" if factor is None else f"simulated, {factor:.2f} of real"
