# SPDX-License-Identifier: Apache-2.0
"""Lays a picture on the floor: occupancy or elevation of the map, as a person chooses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.rotations import matrix_from_quat_xyzw, yaw_of

from talus_view.drawing.canvas import ABOVE_GROUND_M, ODOM_PATH
from talus_view.drawing.colours import elevation_colours, occupancy_colours
from talus_view.widget import Delivery, Hearing, Message, PageTopic, Site, Widget

NO_GROUND = "none"
OCCUPANCY_TOPIC = PageTopic(
    "map/occupancy", "nav_msgs/msg/OccupancyGrid", Delivery.LATCHED, Hearing.DRAWN
)
ELEVATION_TOPIC = PageTopic(
    "map/elevation", "talus_interfaces/msg/ElevationMap", hearing=Hearing.DRAWN
)
GROUND_LAYERS = {"occupancy": OCCUPANCY_TOPIC, "elevation": ELEVATION_TOPIC}
_PATH = f"{ODOM_PATH}/ground"


@dataclass(frozen=True)
class GroundPicture:
    """Hold a picture flat on the ground.

    Attributes:
        pixels: (h, w, 4) uint8, row 0 at low y.
        resolution: Edge of a pixel, m.
        corner: (3,) m in odom, of pixel (0, 0).
        yaw: Turn of the picture about its corner, rad.
    """

    pixels: np.ndarray
    resolution: float
    corner: np.ndarray
    yaw: float


class GroundWidget(Widget):
    """Shows a layer on the floor, with a choice of which."""

    place = 80
    topics = (OCCUPANCY_TOPIC, ELEVATION_TOPIC)

    def __init__(self, site: Site):
        self._canvas = site.canvas
        self._period_s = site.config.map_period_s
        with site.panel.folder("Show"):
            self._choice = site.panel.gui.add_dropdown(
                "Ground", (NO_GROUND, *GROUND_LAYERS), initial_value=NO_GROUND
            )

    @property
    def period_s(self) -> float:
        """Return the shortest wall time between two drawings, s."""
        return self._period_s

    def wanted(self) -> tuple[PageTopic, ...]:
        """Return the chosen layer, if any."""
        topic = GROUND_LAYERS.get(self._choice.value)
        return () if topic is None else (topic,)

    def hear(self, topic: PageTopic, message: Message, wall: float) -> None:
        """Lay the new picture on the floor."""
        is_occupancy = topic is OCCUPANCY_TOPIC
        self._lay(occupancy_from(message) if is_occupancy else elevation_from(message))

    def draw(self, wall: float) -> None:
        """Take the picture away where none is chosen."""
        if self._choice.value == NO_GROUND:
            self._canvas.remove(_PATH)

    def _lay(self, picture: GroundPicture) -> None:
        if not self._canvas.is_new(_PATH, picture.pixels, picture.corner):
            return
        height, width = picture.pixels.shape[:2]
        size = picture.resolution * np.array([width, height])
        cos = np.cos(picture.yaw)
        sin = np.sin(picture.yaw)
        turn = np.array([[cos, -sin], [sin, cos]])
        centre = picture.corner + np.array([*(turn @ (size / 2.0)), ABOVE_GROUND_M])
        # viser's images show row 0 at their -y side, with x to the right: as a grid from above.
        self._canvas.scene.add_image(
            _PATH,
            picture.pixels,
            render_width=float(size[0]),
            render_height=float(size[1]),
            format="png",
            position=tuple(centre),
            wxyz=(np.cos(picture.yaw / 2.0), 0.0, 0.0, np.sin(picture.yaw / 2.0)),
            receive_shadow=False,
            cast_shadow=False,
        )


def occupancy_from(message: Message) -> GroundPicture:
    """Make a picture of an OccupancyGrid."""
    cells = np.array(message.data, dtype=np.int8).reshape(message.info.height, message.info.width)
    p = message.info.origin.position
    q = message.info.origin.orientation
    yaw = yaw_of(matrix_from_quat_xyzw(np.array([q.x, q.y, q.z, q.w])))
    corner = np.array([p.x, p.y, p.z])
    return GroundPicture(occupancy_colours(cells), message.info.resolution, corner, yaw)


def elevation_from(message: Message) -> GroundPicture:
    """Make a picture of an ElevationMap."""
    heights = np.array(message.elevation, dtype=np.float32).reshape(message.height, message.width)
    corner = np.array([message.origin.x, message.origin.y, 0.0])
    return GroundPicture(elevation_colours(heights), message.resolution, corner, 0.0)
