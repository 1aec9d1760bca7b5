# SPDX-License-Identifier: Apache-2.0
"""Looks through all cameras: from pictures and frames to what is followed around the robot."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from talus_perception.config import PerceptionConfig
from talus_perception.seeing.decode import Outputs
from talus_perception.seeing.health import HealthMonitor
from talus_perception.seeing.inbox import PictureInbox, PosedPicture
from talus_perception.seeing.lens import Calibration, Lens
from talus_perception.seeing.need import Need
from talus_perception.seeing.placing import Glance, Placed, depth_of, place_all
from talus_perception.seeing.sight import Sight
from talus_perception.tracking.track import TrackedObject
from talus_perception.tracking.tracker import Tracker
from talus_perception.words import CAMERA_FAULTS, PERSON

SPEED_WINDOW_S = 0.5  # one step: over which the base's mean speed counts
WATCHED_PERSON_M = 4.0  # within which the nearest person is watched more often
SURE_FAULT = 0.5  # of the network's certainty of a camera's fault


@dataclass(frozen=True)
class CameraLook:
    """Holds what one look through one camera gave.

    Attributes:
        glance: Where and when.
        lens: That made the network's picture, and leads back.
        picture: The network's, (rows, columns, 3) uint8.
        outputs: All tensors.
        placed: What was found.
        numbers: Of each, the track's number; 0 where it is none.
    """

    glance: Glance
    lens: Lens
    picture: np.ndarray
    outputs: Outputs
    placed: list[Placed] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)


class Lookout:
    """Holds network, lenses, tracks and the health of all cameras; knows no clock and no graph.

    Attributes:
        inbox: Pictures and frames.
        health: What is wrong with cameras.
        time: Of the newest picture that was looked at, s; -inf before the first.
        uncalibrated: Cameras whose pictures came without a `camera_info`.
    """

    def __init__(self, config: PerceptionConfig, cameras: Sequence[str], sight: Sight | None):
        """Begin; without `sight` only the cameras' health is watched."""
        self.inbox = PictureInbox(config.odometry_frame, config.base_frame)
        self.health = HealthMonitor(config.health, cameras)
        self.time = -math.inf
        self.uncalibrated: set[str] = set()
        self._sight = sight
        self._need = Need(config.need, cameras)
        self._tracker = Tracker(config.tracker)
        self._least = config.tracker.least_score
        self._lenses: dict[str, Lens] = {}

    def put_calibration(self, camera: str, calibration: Calibration) -> None:
        """Take in a camera's calibration. Raises RefusedInputError."""
        lens = self._lenses.get(camera)
        if lens is None or lens.calibration != calibration:
            self._lenses[camera] = Lens(calibration)
        self.uncalibrated.discard(camera)

    def wants(self, camera: str, time: float) -> bool:
        """Tell whether a picture stamped `time`, s, is to be read; it counts as arrived.

        Raises RefusedInputError for a stamp that cannot be.
        """
        self.inbox.check_stamp(time)
        now = self.inbox.now
        self.health.arrive(camera, time, now if math.isfinite(now) else time)
        if camera not in self._lenses:
            self.uncalibrated.add(camera)
            return False
        return self._need.is_due(camera, time)

    def looks(self) -> Iterator[CameraLook]:
        """Look at the pictures whose frames are known, oldest first; follow what they show."""
        for posed in self.inbox.take_ready():
            look = self._look(posed)
            if look is not None:
                yield look

    def objects(self) -> list[TrackedObject]:
        """Return all that is followed, as of the newest picture."""
        return self._tracker.objects(self.time)

    def _look(self, posed: PosedPicture) -> CameraLook | None:
        taken = posed.picture
        lens = self._lenses[taken.camera]
        picture = lens.see(taken.rgb)
        if taken.time < self.time - 2.0:  # the clock began anew
            self._tracker.clear()
            self.time = taken.time
        self.time = max(self.time, taken.time)
        self._aim(posed)
        if self._sight is None:
            self.health.look(taken.camera, picture, posed.camera)
            return None
        outputs = self._sight.look(taken.camera, picture, taken.time)
        eyes = self._sight.eyes
        said = faults_of(outputs) if "health" in eyes.trusted else ()
        self.health.look(taken.camera, picture, posed.camera, said)
        depth = depth_of(outputs, lens.pinhole.fx, eyes.focal_px)
        glance = Glance(taken.camera, taken.time, lens.pinhole, posed.camera, depth)
        placed = place_all(outputs, glance, eyes.focal_px, eyes.things, self._least)
        numbers = self._tracker.step(placed, glance)
        self._watch_people(posed)
        return CameraLook(glance, lens, picture, outputs, placed, numbers)

    def _aim(self, posed: PosedPicture) -> None:
        """Tell `Need` where the camera looks, and how fast the base goes."""
        axis = posed.base.rotation.T @ posed.camera.rotation[:, 2]
        self._need.aim(posed.picture.camera, axis)
        before = self.inbox.base_at(posed.picture.time - SPEED_WINDOW_S)
        if before is not None:
            way = posed.base.rotation.T @ (posed.base.position - before.position)
            self._need.speed = way[:2] / SPEED_WINDOW_S

    def _watch_people(self, posed: PosedPicture) -> None:
        people = [one for one in self.objects() if one.kind == PERSON]
        away = [posed.base.rotation.T @ (one.position - posed.base.position) for one in people]
        near = min(away, key=lambda way: float(np.hypot(*way[:2])), default=None)
        is_near = near is not None and float(np.hypot(*near[:2])) < WATCHED_PERSON_M
        self._need.bearings = (
            (math.atan2(near[1], near[0]),) if near is not None and is_near else ()
        )


def faults_of(outputs: Outputs) -> tuple[str, ...]:
    """Return the faults that the network names."""
    tensors = outputs.tensors
    return tuple(
        fault
        for fault in CAMERA_FAULTS
        if f"health_{fault}" in tensors and float(tensors[f"health_{fault}"].item()) > SURE_FAULT
    )
