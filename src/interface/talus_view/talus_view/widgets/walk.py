# SPDX-License-Identifier: Apache-2.0
"""Walks the robot by buttons: they are a dead man's switch on the way to `cmd_vel`."""

from __future__ import annotations

from collections.abc import Callable

from talus_view.config import ViewConfig
from talus_view.page.events import EventKind, PageEvent
from talus_view.page.panel import ButtonLook
from talus_view.page.style import PAD_ICONS
from talus_view.teleop import SpeedLimits, Teleop, WalkVelocity
from talus_view.widget import Message, PageTopic, Site, Widget

CMD_VEL_TOPIC = PageTopic("cmd_vel", "geometry_msgs/msg/TwistStamped")
HALT = "halt"
_BUTTON = "walk/"  # what the names of its buttons begin with


class WalkWidget(Widget):
    """Shows a pad of buttons, their speed, and whether one press is enough.

    It publishes while a button asks for it, and standstill for a moment afterwards.
    """

    place = 30

    def __init__(self, site: Site):
        self._site = site
        self._frame = site.config.base_frame
        self._patience_s = site.config.walk.page_deadline_s
        self._teleop = teleop_of(site.config)
        self._publisher = site.graph.publisher(CMD_VEL_TOPIC)
        panel = site.panel
        with panel.folder("Walk: hold a button"):
            panel.pad(columns=3)
            for name, icon in PAD_ICONS.items():
                if name == HALT:
                    panel.button("Halt", _BUTTON + HALT, ButtonLook(icon=icon, color="gray"))
                else:
                    panel.hold_button(name.capitalize(), _BUTTON + name, ButtonLook(icon=icon))
            self._speed = panel.gui.add_slider("Speed, %", 10, 100, 5, 80)
            self._is_kept = panel.gui.add_checkbox(
                "Keep walking", False, hint="One press walks until Halt; else hold a button"
            )

    def obey(self, event: PageEvent) -> None:
        """Follow the buttons; deadlines count from when the page spoke, not from when it is heard.

        A button that calls a service ends the walk too.
        """
        if event.kind is EventKind.PAGE_ANSWERED:
            self._teleop.page_answered(event.client, event.wall)
        elif event.kind is EventKind.PAGE_LEFT:
            self._teleop.page_left(event.client, event.wall)
        elif event.kind is EventKind.CALL:
            self._teleop.halt(event.wall)
        elif event.value.startswith(_BUTTON):
            self._obey_pad(event, event.value.removeprefix(_BUTTON))

    def act(self, wall: float) -> bool:
        """Publish what the buttons ask for; return whether they ask for something."""
        if self._teleop.kept_by is not None and not self._is_kept.value:
            self._teleop.halt(wall)
        self._teleop.share = self._speed.value / 100.0
        velocity = self._teleop.command(wall)
        if velocity is None:
            return False
        self._publisher.publish(fill_twist(velocity, self._site.graph.stamp(), self._frame))
        client = self._teleop.kept_by
        if client is not None:
            self._site.pages.ping(client, self._patience_s)
        return True

    def leave(self, wall: float) -> None:
        """Stand still, and say so."""
        self._teleop.halt(wall)
        self.act(wall)

    def _obey_pad(self, event: PageEvent, button: str) -> None:
        is_kept = self._is_kept.value
        if button == HALT:
            self._teleop.halt(event.wall)
        elif event.kind is EventKind.HELD and not is_kept:
            self._teleop.press(button, event.client, event.wall)
        elif event.kind is EventKind.PRESSED and is_kept:
            self._teleop.keep(button, event.client, event.wall)


def teleop_of(config: ViewConfig) -> Teleop:
    """Make the switch as the parameters set it."""
    walk = config.walk
    limits = SpeedLimits(
        forward=walk.forward_m_s,
        back=walk.back_m_s,
        sideways=walk.sideways_m_s,
        turn=walk.turn_rad_s,
    )
    return Teleop(limits, walk.hold_deadline_s, walk.page_deadline_s, walk.halt_s)


def fill_twist(velocity: WalkVelocity, stamp: Message, frame: str) -> Callable[[Message], None]:
    """Make what fills a TwistStamped with a velocity in a frame."""

    def fill(message: Message) -> None:
        message.header.stamp = stamp
        message.header.frame_id = frame
        message.twist.linear.x = velocity.forward
        message.twist.linear.y = velocity.left
        message.twist.angular.z = velocity.turn

    return fill
