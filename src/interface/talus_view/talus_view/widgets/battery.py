# SPDX-License-Identifier: Apache-2.0
"""Shows the battery pack: charge, voltage and power on the status card, and a bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talus_view.drawing.colours import LEVEL_COLOURS
from talus_view.page.card import NO_DATA, CardPart, bar, line
from talus_view.scene import Scene
from talus_view.widget import Message, PageTopic, Site, Widget

BATTERY_STALE_AFTER_S = 30.0  # of wall time: 1 Hz of simulated time
LOW_CHARGE = 0.3  # share of the pack below which the bar turns yellow
EMPTY_CHARGE = 0.15  # share of the pack below which the bar turns red


@dataclass(frozen=True)
class BatteryReport:
    """Hold the state of the pack: charge 0 to 1, V, A (negative while discharging)."""

    charge: float
    voltage: float
    current: float


class BatteryWidget(Widget):
    """Shows a line and a bar on the status card."""

    place = 120
    topics = (PageTopic("battery_state", "sensor_msgs/msg/BatteryState"),)

    def __init__(self, site: Site):
        self._scene = site.scene

    def hear(self, topic: PageTopic, message: Message, wall: float) -> None:
        """Keep the newest report."""
        self._scene.put(battery_from(message), wall)

    def card(self, wall: float) -> tuple[CardPart, ...]:
        """Show the pack."""
        return (line(60, "Battery", battery_text(self._scene, wall)), charge_bar(self._scene, wall))


def battery_text(scene: Scene, wall: float) -> str:
    """Write charge, voltage and the power drawn."""
    battery = scene.get(BatteryReport, wall, BATTERY_STALE_AFTER_S)
    if battery is None:
        return NO_DATA
    power = -battery.voltage * battery.current
    drawn = f" · {power:.0f} W" if np.isfinite(power) else ""
    return f"{100 * battery.charge:.0f} % · {battery.voltage:.1f} V{drawn}"


def charge_bar(scene: Scene, wall: float) -> CardPart:
    """Make a bar of the charge: green, then yellow, then red."""
    battery = scene.get(BatteryReport, wall, BATTERY_STALE_AFTER_S)
    share = 0.0 if battery is None else min(max(battery.charge, 0.0), 1.0)
    level = 0 if share > LOW_CHARGE else 1 if share > EMPTY_CHARGE else 3
    return bar(0, share, LEVEL_COLOURS[level])


def battery_from(message: Message) -> BatteryReport:
    """Read a BatteryState."""
    return BatteryReport(message.percentage, message.voltage, message.current)
