# SPDX-License-Identifier: Apache-2.0
"""Shows the level of the stop ladder, its cause and what clears it, big and coloured."""

from __future__ import annotations

from dataclasses import dataclass

from talus_view.drawing.colours import LEVEL_COLOURS, UNKNOWN_LEVEL
from talus_view.page.card import NO_DATA, STALE_AFTER_S, CardPart, banner, line
from talus_view.scene import Scene
from talus_view.widget import Delivery, Message, PageTopic, Site, Widget

LEVEL_TITLES = {
    0: "R0 Run",
    1: "R1 Degrade",
    2: "R2 Safe stand",
    3: "R3 Sit, then cut",
    4: "R4 Fall",
    5: "R5 Cut",
}


@dataclass(frozen=True)
class SafetyReport:
    """Hold what the safety supervisor asks for, as in talus_interfaces/SafetyState."""

    level: int
    cause: str
    clears_by: str
    is_latched: bool
    is_armed: bool
    is_torque_permitted: bool


class SafetyLevelWidget(Widget):
    """Shows the banner of the status card, and whether torque is permitted."""

    place = 110
    topics = (PageTopic("safety/state", "talus_interfaces/msg/SafetyState", Delivery.NEWEST),)

    def __init__(self, site: Site):
        self._scene = site.scene

    def hear(self, topic: PageTopic, message: Message, wall: float) -> None:
        """Keep the newest report."""
        self._scene.put(safety_from(message), wall)

    def card(self, wall: float) -> tuple[CardPart, ...]:
        """Show level and torque."""
        return (
            level_banner(self._scene, wall),
            line(20, "Torque", torque_text(self._scene, wall)),
        )


def level_banner(scene: Scene, wall: float) -> CardPart:
    """Make the banner; a silent supervisor is never shown as fine."""
    safety = scene.get(SafetyReport, wall, STALE_AFTER_S)
    if safety is None:
        return banner(UNKNOWN_LEVEL, "No safety state", "safety/state is silent", "")
    title = LEVEL_TITLES.get(safety.level, f"Unknown level {safety.level}")
    cause = safety.cause or ("armed, ready" if safety.is_armed else "not armed")
    clears = f"Clears by: {safety.clears_by}" if safety.clears_by else ""
    latch = " · latched" if safety.is_latched else ""
    return banner(LEVEL_COLOURS.get(safety.level, UNKNOWN_LEVEL), title + latch, cause, clears)


def torque_text(scene: Scene, wall: float) -> str:
    """Return whether torque is permitted, and the robot armed, in words."""
    safety = scene.get(SafetyReport, wall, STALE_AFTER_S)
    if safety is None:
        return NO_DATA
    permission = "permitted" if safety.is_torque_permitted else "off"
    return permission + (", armed" if safety.is_armed else "")


def safety_from(message: Message) -> SafetyReport:
    """Read a SafetyState."""
    return SafetyReport(
        level=message.level,
        cause=message.cause,
        clears_by=message.clears_by,
        is_latched=message.latched,
        is_armed=message.armed,
        is_torque_permitted=message.torque_permitted,
    )
