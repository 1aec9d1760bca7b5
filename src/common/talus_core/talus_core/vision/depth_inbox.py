# SPDX-License-Identifier: Apache-2.0
"""Holds depth images until the frames of their instants are known, in the order of time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from talus_core.errors import RefusedInputError
from talus_core.pinhole import Pinhole
from talus_core.schedule import Schedule
from talus_core.transform_buffer import (
    DisconnectedFramesError,
    ExtrapolationError,
    TransformBuffer,
    UnknownFrameError,
)
from talus_core.vision.depth_view import DepthView

# images: half a second of two cameras; then a simulator in lock-step waits for the map
MOST_WAITING_IMAGES = 12
# s by which an image may be ahead of the frames: they come 60 times a second, and late by half of
# what the images above wait
MOST_AHEAD_OF_FRAMES_S = 1.0


@dataclass(frozen=True)
class DepthImage:
    """Hold one image that a depth camera published.

    Attributes:
        camera: Name of the camera.
        frame: Name of its optical frame.
        time: s, when it was taken.
        depth: (height, width) float32 m; NaN = invalid, +-inf = out of range (REP 117).
    """

    camera: str
    frame: str
    time: float
    depth: np.ndarray


class DepthInbox:
    """Joins images, cameras and frames to views.

    Attributes:
        frames: The buffer that tf fills.
        links: Frames of the robot's body that a view needs; None until the robot is known, and
            nothing is handed out.
        dropped: Images that newer ones pushed out, or whose instant the frames had forgotten.
        waits_for: What the oldest image lacks, in words; empty when nothing waits.
    """

    def __init__(self, odometry_frame: str, footprint_frame: str, most_hz: Mapping[str, float]):
        """Make an empty inbox; of each camera `most_hz` images per second are kept."""
        self.frames = TransformBuffer()
        self.links: tuple[str, ...] | None = None
        self.dropped = 0
        self.waits_for = ""
        self._odometry_frame = odometry_frame
        self._footprint_frame = footprint_frame
        self._schedules = {camera: Schedule(rate) for camera, rate in most_hz.items()}
        self._cameras: dict[str, Pinhole] = {}
        self._images: deque[DepthImage] = deque()

    @property
    def is_empty(self) -> bool:
        """Return whether no image waits."""
        return not self._images

    def put_camera(self, name: str, camera: Pinhole) -> None:
        """Store the intrinsics of a camera."""
        self._cameras[name] = camera

    def put_image(self, image: DepthImage) -> None:
        """Queue an image if its camera's turn has come; drop the oldest when too many wait.

        Raises RefusedInputError for an image of the future, for which it would wait for ever.
        """
        newest = self.frames.newest_time()
        if math.isfinite(newest) and image.time > newest + MOST_AHEAD_OF_FRAMES_S:
            raise RefusedInputError(
                f"an image stamped {image.time:.3f} s, while frames are known up to {newest:.3f} s"
            )
        if self._schedules[image.camera].is_due(image.time):
            self._images.append(image)
        if len(self._images) > MOST_WAITING_IMAGES:
            self._images.popleft()
            self.dropped += 1

    def take_ready(self) -> Iterator[DepthView]:
        """Return the views whose frames are known, oldest first, each once."""
        self.waits_for = ""
        waiting = sorted(
            self._images, key=lambda image: image.time
        )  # one camera's images arrive in bunches
        self._images.clear()
        for image in waiting:
            try:
                view = self._view(image)
            except ExtrapolationError as error:
                view = None
                self.waits_for = str(error)
                if not error.is_early:
                    self.dropped += 1
                    continue
            if view is None:
                self._images.append(image)
            else:
                yield view

    def _view(self, image: DepthImage) -> DepthView | None:
        camera = self._cameras.get(image.camera)
        if self.links is None or camera is None:
            self.waits_for = (
                "the robot's description"
                if self.links is None
                else f"camera_info of {image.camera}"
            )
            return None
        if image.depth.shape != (camera.height, camera.width):
            self.waits_for = f"camera_info of {image.camera} with the size of its images"
            return None
        wanted = (image.frame, self._footprint_frame, *self.links)
        try:
            poses = self.frames.lookup_many(self._odometry_frame, wanted, image.time)
        except (UnknownFrameError, DisconnectedFramesError) as error:
            self.waits_for = str(error)
            return None
        footprint = poses[self._footprint_frame].position
        return DepthView(image.depth, camera, poses[image.frame], poses, footprint, image.time)
