# SPDX-License-Identifier: Apache-2.0
"""Offers the buttons that change posture and arm the robot, each a service without arguments."""

from __future__ import annotations

from talus_view.page.panel import ButtonLook
from talus_view.widget import Site, Widget


class PostureWidget(Widget):
    """Offers Arm, Reset, Stand and Sit."""

    place = 20

    def __init__(self, site: Site):
        panel = site.panel
        with panel.folder("Posture"):
            panel.pad(columns=2)
            panel.call_button("Arm", "safety/arm", ButtonLook(icon="bolt"))
            panel.call_button("Reset", "safety/reset", ButtonLook(icon="rotate"))
            panel.call_button("Stand", "balance/stand", ButtonLook(icon="walk"))
            panel.call_button("Sit", "balance/sit", ButtonLook(icon="armchair"))
