# SPDX-License-Identifier: Apache-2.0
"""Holds a depth image together with where it was taken, as map and localiser use it."""

# C camera's optical frame, O odometry's frame

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from talus_core.pinhole import Pinhole
from talus_core.transform import Transform


@dataclass(frozen=True)
class DepthView:
    """Holds one depth image and the poses at which it was taken.

    Attributes:
        depth: (height, width) float32 m along the optical axis; NaN = invalid, +-inf = out of range
            (REP 117).
        camera: Intrinsics.
        camera_in_odom: Pose of C in O.
        links_in_odom: Poses of the robot's links in O at the same instant, its footprint among
            them where tf knows it.
        feet: (3,) m, where the robot stands: its footprint in O.
        time: s.
    """

    depth: np.ndarray
    camera: Pinhole
    camera_in_odom: Transform
    links_in_odom: Mapping[str, Transform]
    feet: np.ndarray
    time: float
