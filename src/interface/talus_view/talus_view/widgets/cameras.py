# SPDX-License-Identifier: Apache-2.0
"""Shows what one camera of the robot sees, in colour and in depth, in a panel of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import viser

from talus_view.drawing.pictures import (
    PictureError,
    colour_picture,
    depth_as_colours,
    depth_picture,
    fitted,
)
from talus_view.drawing.urdf_visuals import RobotVisuals
from talus_view.page.panel import distinct
from talus_view.page.style import caption
from talus_view.widget import Delivery, Hearing, Message, PageTopic, Site, Widget

NO_CAMERA = "off"
COLOUR_TOPIC = PageTopic(
    "camera/<name>/image_raw", "sensor_msgs/msg/Image", Delivery.NEWEST, Hearing.DRAWN
)
DEPTH_TOPIC = PageTopic(
    "camera/<name>/depth/image_raw", "sensor_msgs/msg/Image", Delivery.NEWEST, Hearing.DRAWN
)
JPEG_QUALITY = 80  # percent: no fringes that an eye finds in a picture of 320 pixels
BLANK_PICTURE = np.full((3, 4, 3), 225, dtype=np.uint8)  # before there is a picture


class CamerasWidget(Widget):
    """Shows pictures of the chosen camera; others are not heard, so that none renders them."""

    place = 90
    topics = (COLOUR_TOPIC, DEPTH_TOPIC)

    def __init__(self, site: Site):
        self._scene = site.scene
        self._period_s = site.config.picture_period_s
        self._width_px = site.config.picture_width
        self._shown_camera = NO_CAMERA
        self._robot: RobotVisuals | None = None
        gui = site.panel.gui
        camera = site.config.camera
        with site.panel.side_tab("Eyes", viser.Icon.EYE):
            self._choice = gui.add_dropdown(
                "Camera", distinct((NO_CAMERA, camera)), initial_value=camera
            )
            self._problem = gui.add_html("")
            self._colour = _add_picture(gui, "Colour")
            self._depth = _add_picture(gui, "Depth, 0.3 to 6 m")

    @property
    def period_s(self) -> float:
        """Return the shortest wall time between two drawings, s."""
        return self._period_s

    def wanted(self) -> tuple[PageTopic, ...]:
        """Return the topics of the chosen camera, if any."""
        camera = self._choice.value
        return () if camera == NO_CAMERA else topics_of_camera(camera)

    def act(self, wall: float) -> bool:
        """Offer the cameras of the robot once it is known; the chosen one stays."""
        robot = self._scene.get(RobotVisuals, wall)
        if robot is not None and robot is not self._robot:
            self._robot = robot
            self.offer(robot.cameras)
        return False

    def offer(self, names: tuple[str, ...]) -> None:
        """Let a person choose between cameras, or none."""
        self._choice.options = distinct((NO_CAMERA, self._choice.value, *names))

    def hear(self, topic: PageTopic, message: Message, wall: float) -> None:
        """Show a picture, or say why it cannot be shown."""
        self._forget_other_camera()
        try:
            if topic.name == topics_of_camera(self._shown_camera)[0].name:
                _show(self._colour, picture_from(message, self._width_px))
            else:
                _show(self._depth, depth_from(message, self._width_px))
        except PictureError as error:
            self._problem.content = caption(str(error), str(error))

    def draw(self, wall: float) -> None:
        """Take the pictures away when the camera changes."""
        self._forget_other_camera()

    def _forget_other_camera(self) -> None:
        """Never show the picture of one camera under the name of another."""
        if self._choice.value != self._shown_camera:
            self._shown_camera = self._choice.value
            _show(self._colour, None)
            _show(self._depth, None)


def topics_of_camera(name: str) -> tuple[PageTopic, PageTopic]:
    """Return the topics of a camera's colour and depth pictures."""
    colour = replace(COLOUR_TOPIC, name=COLOUR_TOPIC.name.replace("<name>", name))
    return colour, replace(DEPTH_TOPIC, name=DEPTH_TOPIC.name.replace("<name>", name))


def picture_from(message: Message, width: int) -> np.ndarray:
    """Read a colour Image, at most `width` pixels wide. Raises PictureError."""
    picture = colour_picture(
        message.data, message.height, message.width, message.step, message.encoding
    )
    return fitted(picture, width)


def depth_from(message: Message, width: int) -> np.ndarray:
    """Read a depth Image as colours, at most `width` pixels wide. Raises PictureError."""
    metres = depth_picture(
        message.data, message.height, message.width, message.step, message.encoding
    )
    return depth_as_colours(fitted(metres, width))


def _add_picture(gui: viser.GuiApi, label: str) -> viser.GuiImageHandle:
    return gui.add_image(
        BLANK_PICTURE, label=label, format="jpeg", jpeg_quality=JPEG_QUALITY, visible=False
    )


def _show(handle: viser.GuiImageHandle, picture: np.ndarray | None) -> None:
    """Show a picture (h, w, 3), or none."""
    if picture is not None:
        handle.image = picture
    if handle.visible != (picture is not None):
        handle.visible = picture is not None
