# SPDX-License-Identifier: Apache-2.0
"""Makes of a camera's picture what the network sees: its size, one focal length, no distortion."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from talus_core.errors import RefusedInputError
from talus_core.pinhole import Pinhole

from talus_perception.words import PICTURE_HEIGHT, PICTURE_WIDTH

MOST_CAMERA_PIXELS = 4096 * 4096  # four times the largest camera of a robot
FISHEYE = "equidistant"
# Names of sensor_msgs/distortion_models.hpp, and how many numbers each has.
DISTORTION_MODELS = {"plumb_bob": 5, "rational_polynomial": 8, FISHEYE: 4}
SQUARE_TO = 0.005  # by which focal lengths may differ and pixels still count as square


@dataclass(frozen=True)
class Calibration:
    """Holds what `CameraInfo` says of a camera.

    Attributes:
        pinhole: Size and matrix K, px.
        model: Name of the distortion's model; of no account without numbers.
        distortion: Its numbers; all 0 for none.
    """

    pinhole: Pinhole
    model: str = ""
    distortion: tuple[float, ...] = ()

    @property
    def is_distorted(self) -> bool:
        """Return whether straight lines are bent in its pictures."""
        return any(self.distortion)


class Lens:
    """Turns the pictures of one camera into the network's.

    Attributes:
        calibration: Of the camera.
        pinhole: Of the pictures that it makes: square pixels, no distortion.
    """

    def __init__(self, calibration: Calibration):
        """Work out the way once. Raises RefusedInputError for a camera that cannot be used."""
        _check(calibration)
        self.calibration = calibration
        given = calibration.pinhole
        scale = PICTURE_WIDTH / given.width
        self._size = (PICTURE_WIDTH, max(1, round(given.height * scale)))
        down = self._size[1] / given.height
        shrunk = Pinhole(
            *self._size,
            given.fx * scale,
            given.fy * down,
            (given.cx + 0.5) * scale - 0.5,
            (given.cy + 0.5) * down - 0.5,
        )
        is_plain = not calibration.is_distorted and abs(shrunk.fy / shrunk.fx - 1.0) < SQUARE_TO
        self._maps = None if is_plain else _maps(shrunk, calibration)
        self._above = (PICTURE_HEIGHT - self._size[1]) // 2  # rows to add; negative: to cut
        self.pinhole = _seen(shrunk, self._above) if is_plain else _centred(shrunk.fx)

    def see(self, picture: np.ndarray) -> np.ndarray:
        """Return the network's picture (rows, columns, 3) of the camera's (height, width, 3).

        Raises RefusedInputError for a size that is not the calibration's.
        """
        given = self.calibration.pinhole
        if picture.shape[:2] != (given.height, given.width):
            raise RefusedInputError(
                f"a picture of {picture.shape[1]} x {picture.shape[0]} pixels, but camera_info "
                f"says {given.width} x {given.height}; both must be the same"
            )
        if (given.width, given.height) != self._size:
            way = cv2.INTER_AREA if given.width > PICTURE_WIDTH else cv2.INTER_LINEAR
            picture = cv2.resize(np.ascontiguousarray(picture), self._size, interpolation=way)
        if self._maps is not None:
            return cv2.remap(
                np.ascontiguousarray(picture),
                *self._maps,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
        if self._above < 0:
            return np.ascontiguousarray(picture[-self._above :][:PICTURE_HEIGHT])
        below = PICTURE_HEIGHT - self._size[1] - self._above
        return np.pad(picture, ((self._above, below), (0, 0), (0, 0)), mode="edge")

    def restore(self, plane: np.ndarray) -> np.ndarray:
        """Return what the network says of each place, for each pixel of the camera's picture.

        Of a distorted camera: for each pixel of the network's own picture, which is not distorted.
        """
        whole = cv2.resize(plane, (PICTURE_WIDTH, PICTURE_HEIGHT), interpolation=cv2.INTER_NEAREST)
        if self._maps is not None:
            return whole
        given = self.calibration.pinhole
        above = max(self._above, 0)
        shown = whole[above : above + self._size[1]]
        if self._above < 0:
            shown = np.pad(shown, ((-self._above, 0), (0, 0)), mode="edge")
            shown = np.pad(shown, ((0, self._size[1] - len(shown)), (0, 0)), mode="edge")
        return cv2.resize(shown, (given.width, given.height), interpolation=cv2.INTER_NEAREST)


def _check(calibration: Calibration) -> None:
    pinhole = calibration.pinhole
    numbers = (pinhole.fx, pinhole.fy, pinhole.cx, pinhole.cy, *calibration.distortion)
    if not all(map(math.isfinite, numbers)):
        raise RefusedInputError("a camera_info with numbers that are not finite")
    if pinhole.fx <= 0.0 or pinhole.fy <= 0.0:
        raise RefusedInputError(
            f"focal lengths of {pinhole.fx:g} and {pinhole.fy:g} pixels; a calibrated camera works"
        )
    if not 0 < pinhole.width * pinhole.height <= MOST_CAMERA_PIXELS:
        raise RefusedInputError(f"a camera of {pinhole.width} x {pinhole.height} pixels")
    if calibration.is_distorted:
        wanted = DISTORTION_MODELS.get(calibration.model)
        if wanted is None:
            raise RefusedInputError(
                f"distortion '{calibration.model}'; known: {', '.join(DISTORTION_MODELS)}"
            )
        if len(calibration.distortion) != wanted:
            raise RefusedInputError(
                f"{len(calibration.distortion)} numbers of distortion; {calibration.model} "
                f"has {wanted}"
            )


def _seen(shrunk: Pinhole, above: int) -> Pinhole:
    return Pinhole(
        PICTURE_WIDTH, PICTURE_HEIGHT, shrunk.fx, shrunk.fx, shrunk.cx, shrunk.cy + above
    )


def _centred(focal: float) -> Pinhole:
    return Pinhole(
        PICTURE_WIDTH,
        PICTURE_HEIGHT,
        focal,
        focal,
        0.5 * (PICTURE_WIDTH - 1),
        0.5 * (PICTURE_HEIGHT - 1),
    )


def _maps(shrunk: Pinhole, calibration: Calibration) -> tuple[np.ndarray, np.ndarray]:
    """Return where each pixel of the network's picture lies in the shrunk one of the camera."""
    wanted = _centred(shrunk.fx).matrix
    size = (PICTURE_WIDTH, PICTURE_HEIGHT)
    bent = np.array(calibration.distortion or (0.0,) * 4)
    if calibration.is_distorted and calibration.model == FISHEYE:
        return cv2.fisheye.initUndistortRectifyMap(
            shrunk.matrix, bent, np.eye(3), wanted, size, cv2.CV_16SC2
        )
    return cv2.initUndistortRectifyMap(shrunk.matrix, bent, np.eye(3), wanted, size, cv2.CV_16SC2)
