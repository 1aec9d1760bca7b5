# SPDX-License-Identifier: Apache-2.0
"""Says in one line whether a robot knows where it is, and in numbers how well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.vision.depth_inbox import DepthInbox

from talus_localisation.tracking.follower import Follower

UNKNOWN_DEVIATION_M = 100.0  # of a robot that is lost: anywhere
UNKNOWN_DEVIATION_RAD = float(np.pi)
_AXES = ("x", "y", "z", "yaw")


@dataclass(frozen=True)
class LocalisationStatus:
    """Hold the diagnostics of the localisation process, `values` by name."""

    is_well: bool
    is_lost: bool
    message: str
    values: dict[str, str]


def status_of(follower: Follower, inbox: DepthInbox) -> LocalisationStatus:
    """Return whether the robot knows where it is, or what keeps it from knowing."""
    estimate = follower.estimate
    values = {
        "views": str(follower.views),
        "views_dropped": str(inbox.dropped),
        "key_frames": str(follower.key_frames),
    }
    if estimate is None:
        waits = inbox.waits_for
        message = f"waits for {waits}" if waits else "no depth image yet"
        return LocalisationStatus(False, False, message, values)
    deviations = np.sqrt(np.diag(estimate.covariance))
    values |= {
        f"deviation_{axis}": f"{value:.4f}" for axis, value in zip(_AXES, deviations, strict=True)
    }
    if estimate.fit is not None:
        values["inlier_share"] = f"{estimate.fit.inlier_share:.2f}"
        values["covered_share"] = f"{estimate.fit.covered_share:.2f}"
        values["open_directions"] = open_directions(estimate.fit.open_directions)
    if estimate.is_lost:
        places = ", ".join(f"({at.x:.1f}, {at.y:.1f}) m" for at in estimate.rivals[:3])
        several = f"lost: what is seen fits at {places}" if len(estimate.rivals) > 1 else "lost"
        message = f"{several}; look around, or tell it on `initialpose`"
        return LocalisationStatus(False, True, message, values)
    if values.get("open_directions"):
        message = f"localised; by odometry alone along {values['open_directions']}"
        return LocalisationStatus(True, False, message, values)
    return LocalisationStatus(True, False, "localised", values)


def open_directions(directions: np.ndarray) -> str:
    """Return (k, 4) unit vectors of directions that a view leaves open, in words.

    Each is told by its axis, and in the plane by its angle in the map, degrees.
    """
    words = []
    for direction in directions:
        axis = int(np.argmax(np.abs(direction)))
        if axis < 2:
            angle = np.degrees(np.arctan2(direction[1], direction[0])) % 180.0
            words.append(f"{angle:.0f} degrees")
        else:
            words.append(_AXES[axis])
    return ", ".join(words)
