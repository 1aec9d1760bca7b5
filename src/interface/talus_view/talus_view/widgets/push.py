# SPDX-License-Identifier: Apache-2.0
"""Pushes the robot in simulation; its buttons show only where some node offers to push."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from talus_core.rotations import matrix_from_quat_xyzw, yaw_of

from talus_view.page.card import CARD_PERIOD_S
from talus_view.page.events import EventKind, PageEvent
from talus_view.page.panel import ButtonLook
from talus_view.scene import BasePose
from talus_view.widget import Message, Site, Widget

PUSH_SERVICE = "sim/push"
PUSHES: dict[str, tuple[float, float]] = {  # unit impulse in the heading frame: forward, left
    "ahead": (1.0, 0.0),
    "back": (-1.0, 0.0),
    "left": (0.0, 1.0),
    "right": (0.0, -1.0),
}
_BUTTON = "push/"  # what the names of its buttons begin with


class PushWidget(Widget):
    """Shows four buttons and the size of the push."""

    place = 40

    def __init__(self, site: Site):
        self._scene = site.scene
        self._duration_s = site.config.push_duration_s
        self._caller = site.graph.caller(PUSH_SERVICE, "talus_interfaces/srv/Push")
        panel = site.panel
        self._folder = panel.folder("Push the robot", is_visible=False)
        with self._folder:
            panel.pad(columns=4)
            for name in PUSHES:
                panel.button(name.capitalize(), _BUTTON + name, ButtonLook(color="grape"))
            self._impulse = panel.gui.add_slider("Impulse, N s", 5.0, 60.0, 5.0, 20.0)

    @property
    def period_s(self) -> float:
        """Return the shortest wall time between two drawings, s."""
        return CARD_PERIOD_S

    def draw(self, wall: float) -> None:
        """Show the buttons only where some node offers to push."""
        self._folder.visible = self._caller.is_offered

    def obey(self, event: PageEvent) -> None:
        """Push, when a button of this widget is pressed."""
        if event.kind is not EventKind.PRESSED or not event.value.startswith(_BUTTON):
            return
        base = self._scene.get(BasePose, event.wall)
        direction = PUSHES[event.value.removeprefix(_BUTTON)]
        fill = fill_push(direction, float(self._impulse.value), base, self._duration_s)
        self._caller.call(fill, event.client)


def fill_push(
    direction: tuple[float, float], size: float, base: BasePose | None, duration: float
) -> Callable[[Message], None]:
    """Make what fills a Push request of `size` N s over `duration` s.

    `direction` is forward and left in the robot's heading frame.
    """
    yaw = 0.0 if base is None else yaw_of(matrix_from_quat_xyzw(base.quat_xyzw))
    forward, left = direction

    def fill(request: Message) -> None:
        request.impulse.x = size * (forward * np.cos(yaw) - left * np.sin(yaw))
        request.impulse.y = size * (forward * np.sin(yaw) + left * np.cos(yaw))
        request.duration = duration

    return fill
