# SPDX-License-Identifier: Apache-2.0
"""Shows how the robot keeps upright: mode and margin as text, support and footsteps as marks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.rotations import matrix_from_quat_xyzw, yaw_of

from talus_view.drawing import colours
from talus_view.page.card import CARD_PERIOD_S, NO_DATA, STALE_AFTER_S, CardPart, line
from talus_view.scene import BasePose, Scene
from talus_view.widget import Delivery, Message, PageTopic, Site, Widget

MODE_TITLES = {
    0: "Limp",
    1: "Seated",
    2: "Standing up",
    3: "Standing",
    4: "Walking",
    5: "Sitting down",
    6: "Falling",
    7: "Getting up",
}
FEET_TITLES = {(True, True): "both feet", (True, False): "left foot", (False, True): "right foot"}


@dataclass(frozen=True)
class BalanceSnapshot:
    """Hold what balance reports; points (3,) and polygons (n, 3) in m, in odom."""

    mode: int
    left_contact: bool
    right_contact: bool
    centre_of_mass: np.ndarray
    capture_point: np.ndarray
    centre_of_pressure: np.ndarray
    capture_margin: float
    support_polygon: np.ndarray
    footsteps: np.ndarray


class BalanceWidget(Widget):
    """Shows mode and margin on the card; support polygon, footsteps and points on the ground."""

    place = 70
    topics = (PageTopic("balance/state", "talus_interfaces/msg/BalanceState", Delivery.NEWEST),)

    def __init__(self, site: Site):
        self._scene = site.scene
        self._canvas = site.canvas
        self._foot_size_m = (site.config.foot_length_m, site.config.foot_width_m)
        with site.panel.folder("Show"):
            self._has_marks = site.panel.gui.add_checkbox(
                "Balance", True, hint="Support, footsteps, capture point, pressure"
            )

    @property
    def period_s(self) -> float:
        """Return the shortest wall time between two drawings, s."""
        return CARD_PERIOD_S

    def hear(self, topic: PageTopic, message: Message, wall: float) -> None:
        """Keep the newest report."""
        self._scene.put(balance_from(message), wall)

    def card(self, wall: float) -> tuple[CardPart, ...]:
        """Show mode and margin."""
        return (
            line(10, "Mode", mode_text(self._scene, wall)),
            line(50, "Balance", margin_text(self._scene, wall)),
        )

    def draw(self, wall: float) -> None:
        """Draw the marks, or none where they are switched off or old."""
        report = self._scene.get(BalanceSnapshot, wall, STALE_AFTER_S)
        if report is None or not self._has_marks.value:
            self._draw_nothing()
            return
        has_polygon = len(report.support_polygon) > 2
        support = outline(report.support_polygon) if has_polygon else None
        self._canvas.draw_lines("support", support, colours.SUPPORT)
        yaw = heading(self._scene.get(BasePose, wall))
        steps = [outline(rectangle(p, yaw, *self._foot_size_m)) for p in report.footsteps]
        self._canvas.draw_lines(
            "footsteps", np.concatenate(steps) if steps else None, colours.LEFT_FOOT
        )
        self._canvas.draw_mark("capture_point", report.capture_point, colours.CAPTURE_POINT)
        self._canvas.draw_mark(
            "centre_of_pressure", report.centre_of_pressure, colours.CENTRE_OF_PRESSURE
        )

    def _draw_nothing(self) -> None:
        self._canvas.draw_lines("support", None, colours.SUPPORT)
        self._canvas.draw_lines("footsteps", None, colours.LEFT_FOOT)
        self._canvas.draw_mark("capture_point", None, colours.CAPTURE_POINT)
        self._canvas.draw_mark("centre_of_pressure", None, colours.CENTRE_OF_PRESSURE)


def mode_text(scene: Scene, wall: float) -> str:
    """Return what balance does, in words."""
    report = scene.get(BalanceSnapshot, wall, STALE_AFTER_S)
    return NO_DATA if report is None else MODE_TITLES.get(report.mode, f"mode {report.mode}")


def margin_text(scene: Scene, wall: float) -> str:
    """Return which feet carry, and the capture point's distance to the edge of the support."""
    report = scene.get(BalanceSnapshot, wall, STALE_AFTER_S)
    if report is None:
        return NO_DATA
    support = FEET_TITLES.get((report.left_contact, report.right_contact), "no foot")
    has_margin = np.isfinite(report.capture_margin)
    return f"{support}, {100 * report.capture_margin:+.0f} cm" if has_margin else support


def heading(pose: BasePose | None) -> float:
    """Return the yaw of the base in odom, rad; 0 where it is not known."""
    return 0.0 if pose is None else yaw_of(matrix_from_quat_xyzw(pose.quat_xyzw))


def outline(points: np.ndarray) -> np.ndarray:
    """Turn a polygon (n, 3) into line segments (n, 2, 3)."""
    return np.stack([points, np.roll(points, -1, axis=0)], axis=1)


def rectangle(centre: np.ndarray, yaw: float, length: float, width: float) -> np.ndarray:
    """Return the corners (4, 3) of a sole-shaped rectangle on the ground, m, rad."""
    forward = 0.5 * length * np.array([np.cos(yaw), np.sin(yaw), 0.0])
    left = 0.5 * width * np.array([-np.sin(yaw), np.cos(yaw), 0.0])
    return centre + np.array([forward + left, forward - left, -forward - left, -forward + left])


def balance_from(message: Message) -> BalanceSnapshot:
    """Read a BalanceState."""
    return BalanceSnapshot(
        mode=message.mode,
        left_contact=message.left_contact,
        right_contact=message.right_contact,
        centre_of_mass=_points([message.centre_of_mass])[0],
        capture_point=_points([message.capture_point])[0],
        centre_of_pressure=_points([message.centre_of_pressure])[0],
        capture_margin=message.capture_margin,
        support_polygon=_points(message.support_polygon.points),
        footsteps=_points(message.footsteps),
    )


def _points(points: Message) -> np.ndarray:
    """Turn a sequence of points into an array (n, 3)."""
    return np.array([(p.x, p.y, p.z) for p in points], dtype=float).reshape(-1, 3)
