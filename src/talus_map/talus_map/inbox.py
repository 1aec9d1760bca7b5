# SPDX-License-Identifier: Apache-2.0
"""Depth images that wait until the frames of their instant are known; only the newest of each camera waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from talus_core.pinhole import Pinhole
from talus_core.transform_buffer import ExtrapolationError, TransformBuffer, TransformError

from talus_map.mapper import DepthView


@dataclass(frozen=True)
class DepthImage:
    """What a depth camera publishes.

    Attributes:
        frame: Name of its optical frame.
        time: s, when it was taken.
        depth: (height, width) float32 m; NaN = invalid, +-inf = out of range (REP 117).
    """

    frame: str
    time: float
    depth: np.ndarray


class DepthInbox:
    """Joins images, cameras and frames to views.

    Attributes:
        frames: The buffer that tf fills.
        links: Frames of the robot's body that a view needs; None until the robot is known, and nothing is handed out.
        dropped: Images that a newer one replaced, or whose instant the frames had forgotten.
        waits_for: What the oldest image lacks, in words; empty when nothing waits.
    """

    def __init__(self, map_frame: str, footprint_frame: str):
        self.frames = TransformBuffer()
        self.links: tuple[str, ...] | None = None
        self.dropped = 0
        self.waits_for = ""
        self._map_frame = map_frame
        self._footprint_frame = footprint_frame
        self._cameras: dict[str, Pinhole] = {}
        self._images: dict[str, DepthImage] = {}

    @property
    def is_empty(self) -> bool:
        """No image waits."""
        return not self._images

    def put_camera(self, name: str, camera: Pinhole) -> None:
        """Intrinsics of a camera."""
        self._cameras[name] = camera

    def put_image(self, name: str, image: DepthImage) -> None:
        """An image of a camera; replaces one that still waits."""
        self.dropped += name in self._images
        self._images[name] = image

    def take_ready(self) -> Iterator[DepthView]:
        """The views whose frames are known, each handed out once."""
        self.waits_for = ""
        for name, image in tuple(self._images.items()):
            view = self._view(name, image)
            if view is not None:
                del self._images[name]
                yield view

    def _view(self, name: str, image: DepthImage) -> DepthView | None:
        camera = self._cameras.get(name)
        if self.links is None or camera is None:
            self.waits_for = "the robot's description" if self.links is None else f"camera_info of {name}"
            return None
        if image.depth.shape != (camera.height, camera.width):
            self.waits_for = f"camera_info of {name} with the size of its images"
            return None
        try:
            wanted = (image.frame, self._footprint_frame, *self.links)
            poses = self.frames.lookup_many(self._map_frame, wanted, image.time)
        except TransformError as error:
            self.waits_for = str(error)
            if isinstance(error, ExtrapolationError) and not error.is_early:
                del self._images[name]
                self.dropped += 1
            return None
        footprint = poses[self._footprint_frame].position
        return DepthView(image.depth, camera, poses[image.frame], poses, footprint, image.time)
