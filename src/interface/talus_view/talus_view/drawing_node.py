# SPDX-License-Identifier: Apache-2.0
"""Brings what was heard to the page, each part at its own pace."""

from __future__ import annotations

from talus_view import conversions as convert
from talus_view.config import ViewConfig
from talus_view.events import NO_CAMERA, Choices
from talus_view.pace import Pace
from talus_view.page import Page
from talus_view.panel import STALE_AFTER, status_card
from talus_view.pictures import PictureError
from talus_view.scene import Balance, BasePose, Joints, Scene
from talus_view.stage import Stage
from talus_view.topics_node import GROUND, Inbox, depth_topic, picture_topic

CARD_PERIOD = 0.2  # s between two writings of the status card: what an eye can read
GROUND_PICTURES = {"map/occupancy": convert.occupancy_from, "map/elevation": convert.elevation_from}


class Drawing:
    """One call per frame."""

    def __init__(self, page: Page, stage: Stage, scene: Scene, inbox: Inbox, config: ViewConfig):
        self._page, self._stage, self._scene, self._inbox, self._config = page, stage, scene, inbox, config
        self._pace = Pace()
        self._shown_camera = NO_CAMERA

    def draw(self, now: float, has_push: bool) -> None:
        """Renew what is due at wall time `now` s; `has_push`: somebody can be pushed."""
        choices, config, scene = self._page.choices(), self._config, self._scene
        joints: Joints | None = scene.get(Joints, now)
        positions = joints.positions if joints is not None else {}
        self._stage.draw_robot(positions, scene.get(BasePose, now), choices.is_followed)
        if self._pace.is_due("card", CARD_PERIOD, now):
            self._page.show_card(status_card(scene, now))
            self._page.offer_push(has_push)
            self._stage.draw_balance(scene.get(Balance, now, STALE_AFTER) if choices.has_marks else None)
        if self._pace.is_due("map", config.map_period_s, now):
            self._draw_map(choices)
        if self._pace.is_due("picture", config.picture_period_s, now):
            self._draw_pictures(choices.camera)

    def _draw_map(self, choices: Choices) -> None:
        if not choices.has_voxels:
            self._stage.draw_voxels(None)
        elif (message := self._inbox.take("map/points")) is not None:
            self._stage.draw_voxels(convert.voxels_from(message))
        layers = GROUND.get(choices.ground, {})
        if not layers:
            self._stage.draw_ground(None)
        for name in layers:
            if (message := self._inbox.take(name)) is not None:
                self._stage.draw_ground(GROUND_PICTURES[name](message))

    def _draw_pictures(self, camera: str) -> None:
        if camera != self._shown_camera:  # never the picture of one camera under the name of another
            self._shown_camera = camera
            self._page.show_picture(None)
            self._page.show_depth(None)
        width = self._config.picture_width
        try:
            if (message := self._inbox.take(picture_topic(camera))) is not None:
                self._page.show_picture(convert.picture_from(message, width))
            if (message := self._inbox.take(depth_topic(camera))) is not None:
                self._page.show_depth(convert.depth_from(message, width))
        except PictureError as error:
            self._page.show_picture_problem(str(error))
