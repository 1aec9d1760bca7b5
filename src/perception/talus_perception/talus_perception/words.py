# SPDX-License-Identifier: Apache-2.0
"""Names what the network tells apart: one home for worlds, training, evaluation and node."""

from __future__ import annotations

PICTURE_WIDTH = 320  # px, of every picture that the network sees
PICTURE_HEIGHT = 256
DENSE_STRIDE = 4  # px per cell of the heads that say something of every place
THING_STRIDE = 8  # px per cell of the heads that look for things
THING_ROWS = PICTURE_HEIGHT // THING_STRIDE
THING_COLUMNS = PICTURE_WIDTH // THING_STRIDE
# px, focal length of the camera for which the network's distances hold as they are; for another
# camera they are multiplied by its focal length over this one (90 degrees across).
CANONICAL_FOCAL_PX = 160.0

SURFACES = (
    "other",
    "floor",
    "wall",
    "ceiling",
    "step",
    "shelf",
    "table",
    "box",
    "tote",
    "cell",
    "tray",
    "lever",
    "button",
    "handle",
    "door",
    "person",
    "robot",
    "pillar",
)
THINGS = ("box", "tote", "cell", "tray", "lever", "button", "handle", "door")
# What looks the same after half a turn about the vertical: its yaw is known up to that.
HALF_TURN_THINGS = ("box", "tote", "cell", "tray")
PERSON = "person"
# Of COCO, in its order, which every data set and detector of people knows.
KEY_POINTS = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)
CAMERA_FAULTS = ("black", "frozen", "blurred", "blocked", "over_exposed")
# What no picture shows: it came too late, or none came.
TRAFFIC_FAULTS = ("late", "missing")
