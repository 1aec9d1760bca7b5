# SPDX-License-Identifier: Apache-2.0
"""What a camera sends: a colour picture with its instant, or the reason why it is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.errors import RefusedInputError

from talus_perception.seeing.lens import MOST_CAMERA_PIXELS

COLOUR_CHANNELS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1}
DEPTH_ENCODINGS = ("16UC1", "32FC1", "mono16")


@dataclass(frozen=True)
class Picture:
    """Holds one picture of a camera.

    Attributes:
        camera: Its name.
        frame: Name of its optical frame.
        time: s, when it was taken.
        rgb: (height, width, 3) uint8, red first.
    """

    camera: str
    frame: str
    time: float
    rgb: np.ndarray


def rgb_of(
    data: memoryview | bytes, width: int, height: int, step: int, encoding: str
) -> np.ndarray:
    """Return the bytes of a picture as (height, width, 3) uint8, red first.

    Raises RefusedInputError with what is wrong and what would work.
    """
    if encoding in DEPTH_ENCODINGS:
        raise RefusedInputError(
            f"a picture in '{encoding}', which is depth; a colour picture works"
        )
    channels = COLOUR_CHANNELS.get(encoding)
    if channels is None:
        raise RefusedInputError(
            f"a picture in '{encoding}'; {', '.join(sorted(COLOUR_CHANNELS))} work"
        )
    if width < 1 or height < 1 or width * height > MOST_CAMERA_PIXELS:
        raise RefusedInputError(
            f"a picture of {width} x {height} pixels; 1 to {MOST_CAMERA_PIXELS} of them work"
        )
    length = width * channels
    if step < length or len(data) < step * height:
        raise RefusedInputError(
            f"a picture of {width} x {height} pixels in {len(data)} bytes, {step} a row; "
            f"{length} a row work"
        )
    rows = np.frombuffer(data, np.uint8, step * height).reshape(height, step)[:, :length]
    pixels = rows.reshape(height, width, channels)
    if channels == 1:
        return np.repeat(pixels, 3, axis=2)
    return pixels[:, :, 2::-1] if encoding.startswith("bgr") else pixels[:, :, :3]
