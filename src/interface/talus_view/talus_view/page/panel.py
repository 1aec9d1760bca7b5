# SPDX-License-Identifier: Apache-2.0
"""Builds the controls beside the picture for widgets, and turns clicks into events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import viser

from talus_view.page.events import EventKind
from talus_view.page.style import pad_marker

HOLD_RATE_HZ = 10.0  # rate at which a held button reports that it is held
SIDE_PANEL_WIDTH_PX = 330

Put = Callable[[EventKind, "int | None", str], None]  # what happened, on which page, the value


@dataclass(frozen=True)
class ButtonLook:
    """Describe how a button looks.

    Attributes:
        icon: Name of one of viser's icons, or None.
        color: Name of one of viser's colours, or None.
        hint: What appears on hovering, or None.
    """

    icon: str | None = None
    color: str | None = None
    hint: str | None = None


PLAIN_LOOK = ButtonLook()


class Panel:
    """Gives widgets folders and buttons; a folder is shared by all that ask for its title.

    Attributes:
        gui: viser's controls, for what this class does not offer.
    """

    def __init__(self, gui: viser.GuiApi, put: Put):
        """Pass events to `put`."""
        self.gui = gui
        self._put = put
        self._folders: dict[str, viser.GuiFolderHandle] = {}
        self._side: viser.PanelHandle | None = None
        self._services: dict[str, str] = {}

    @property
    def services(self) -> dict[str, str]:
        """Services of type std_srvs/srv/Trigger that buttons call, by label."""
        return dict(self._services)

    def folder(self, title: str, is_visible: bool = True) -> viser.GuiFolderHandle:
        """Return the folder with this title, made where it is missing."""
        if title not in self._folders:
            self._folders[title] = self.gui.add_folder(title, visible=is_visible)
        return self._folders[title]

    def side_tab(self, title: str, icon: viser.IconName) -> viser.GuiTabHandle:
        """Make a tab of the panel on the left."""
        if self._side is None:
            self._side = self.gui.add_panel()
            self._side.dock_left()
            self._side.set_width(SIDE_PANEL_WIDTH_PX)
        return self._side.add_tab(title, icon)

    def pad(self, columns: int) -> None:
        """Lay the buttons of the folder that is open now out in columns."""
        self.gui.add_html(pad_marker(columns))

    def call_button(self, label: str, service: str, look: ButtonLook = PLAIN_LOOK) -> None:
        """Make a button that calls a service of type std_srvs/srv/Trigger."""
        self._services[label] = service
        button = self._add(label, look, look.hint or service)
        button.on_click(lambda event: self._put(EventKind.CALL, event.client_id, service))

    def button(self, label: str, name: str, look: ButtonLook = PLAIN_LOOK) -> None:
        """Make a button whose clicks are events with the value `name`."""
        button = self._add(label, look, look.hint)
        button.on_click(lambda event: self._put(EventKind.PRESSED, event.client_id, name))

    def hold_button(self, label: str, name: str, look: ButtonLook = PLAIN_LOOK) -> None:
        """Make a button that also reports again and again that it is held."""
        button = self._add(label, look, look.hint)
        button.on_click(lambda event: self._put(EventKind.PRESSED, event.client_id, name))
        button.on_hold(lambda event: self._put(EventKind.HELD, event.client_id, name), HOLD_RATE_HZ)

    def _add(self, label: str, look: ButtonLook, hint: str | None) -> viser.GuiButtonHandle:
        wanted: dict[str, Any] = {"icon": look.icon, "color": look.color, "hint": hint}
        given = {name: value for name, value in wanted.items() if value is not None}
        return self.gui.add_button(label, **given)


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names in their order, each once."""
    return tuple(dict.fromkeys(names))
