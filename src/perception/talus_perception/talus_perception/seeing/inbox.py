# SPDX-License-Identifier: Apache-2.0
"""Keeps pictures until tf knows where their cameras were, in the order of time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from talus_core.errors import RefusedInputError
from talus_core.transform import Transform
from talus_core.transform_buffer import (
    DisconnectedFramesError,
    ExtrapolationError,
    TransformBuffer,
    UnknownFrameError,
)

from talus_perception.seeing.picture import Picture

MOST_WAITING_PICTURES = 16  # two of each of eight cameras
# s by which a picture may be ahead of the frames: they come 60 times a second
MOST_AHEAD_OF_TF_S = 1.0


@dataclass(frozen=True)
class PosedPicture:
    """Holds a picture, and where its camera and the base were: poses in odom."""

    picture: Picture
    camera: Transform
    base: Transform


class PictureInbox:
    """Joins pictures and frames.

    Attributes:
        frames: The buffer that tf fills.
        dropped: Pictures that newer ones pushed out, or whose instant the frames had forgotten.
        waits_for: What the oldest picture lacks, in words; empty when nothing waits.
    """

    def __init__(self, odometry_frame: str, base_frame: str):
        self.frames = TransformBuffer()
        self.dropped = 0
        self.waits_for = ""
        self._odometry_frame = odometry_frame
        self._base_frame = base_frame
        self._pictures: deque[Picture] = deque()

    @property
    def is_empty(self) -> bool:
        """Return whether no picture waits."""
        return not self._pictures

    @property
    def now(self) -> float:
        """Return the newest instant that the frames know, s: the robot's time; -inf before."""
        return self.frames.newest_time()

    def check_stamp(self, time: float) -> None:
        """Raise RefusedInputError for an instant that is none, or of the future."""
        if not math.isfinite(time) or time < 0.0:
            raise RefusedInputError(f"a picture stamped {time:.3f} s; 0 or later works")
        if math.isfinite(self.now) and time > self.now + MOST_AHEAD_OF_TF_S:
            raise RefusedInputError(
                f"a picture stamped {time:.3f} s, while frames are known up to {self.now:.3f} s"
            )

    def put(self, picture: Picture) -> None:
        """Queue a picture; the oldest goes when too many wait."""
        self._pictures.append(picture)
        if len(self._pictures) > MOST_WAITING_PICTURES:
            self._pictures.popleft()
            self.dropped += 1

    def take_ready(self) -> Iterator[PosedPicture]:
        """Return the pictures whose frames are known, oldest first, each once."""
        self.waits_for = ""
        waiting = sorted(self._pictures, key=lambda picture: picture.time)
        self._pictures.clear()
        for picture in waiting:
            try:
                posed = self._posed(picture)
            except ExtrapolationError as error:
                self.waits_for = str(error)
                if error.is_early:
                    self._pictures.append(picture)
                else:
                    self.dropped += 1
            except (UnknownFrameError, DisconnectedFramesError) as error:
                self.waits_for = str(error)
                self._pictures.append(picture)
            else:
                yield posed

    def base_at(self, time: float) -> Transform | None:
        """Return where the base was in odom, where that is known."""
        try:
            wanted = (self._base_frame,)
            return self.frames.lookup_many(self._odometry_frame, wanted, time)[self._base_frame]
        except (ExtrapolationError, UnknownFrameError, DisconnectedFramesError):
            return None

    def _posed(self, picture: Picture) -> PosedPicture:
        wanted = (picture.frame, self._base_frame)
        poses = self.frames.lookup_many(self._odometry_frame, wanted, picture.time)
        return PosedPicture(picture, poses[picture.frame], poses[self._base_frame])
