# SPDX-License-Identifier: Apache-2.0
"""Finds the widgets of the page: every file in `widgets/` is one, no list names them."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from talus_view import widgets
from talus_view.widget import Widget


def widget_types() -> list[type[Widget]]:
    """Return the widgets of the folder by place, then by name."""
    found: list[type[Widget]] = []
    for module_info in iter_modules(widgets.__path__):
        module = import_module(f"{widgets.__name__}.{module_info.name}")
        found += [
            item
            for item in vars(module).values()
            if isinstance(item, type)
            and issubclass(item, Widget)
            and item.__module__ == module.__name__
        ]
    return sorted(found, key=lambda kind: (kind.place, kind.__name__))
