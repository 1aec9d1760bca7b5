# SPDX-License-Identifier: Apache-2.0
"""Say what the whole body shall do at one tick; world = odom."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from talus_balance.stepping.swing_foot import FootReference


class HandReference(NamedTuple):
    """Say where a hand shall be now, how it moves there, and how much that matters.

    Attributes:
        position: (3,) m.
        rotation: (3, 3) hand to world.
        velocity: (6,) linear m/s, then angular rad/s.
        acceleration: (6,) m/s^2, then rad/s^2, feed-forward.
        stiffness: Share 0..1 of the task's own feedback.
        emphasis: Factor of the task's weights.
    """

    position: np.ndarray
    rotation: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    stiffness: float = 1.0
    emphasis: float = 1.0


class GazeReference(NamedTuple):
    """Say in which direction the eyes shall look, and how much that matters.

    Attributes:
        direction: (3,) unit vector in the world.
        stiffness: Share 0..1 of the task's own feedback.
        emphasis: Factor of the task's weight.
    """

    direction: np.ndarray
    stiffness: float = 1.0
    emphasis: float = 1.0


class MotionTarget(NamedTuple):
    """Say what the body shall do at this tick.

    Attributes:
        com_acceleration: (2,) m/s^2 horizontal.
        com_height: m; com_vertical_speed: m/s; com_vertical_acceleration: m/s^2 feed-forward.
        pelvis, chest: (3, 3) wanted rotations to the world.
        posture: (joints,) rad, structural joints in Talus's order.
        in_contact: Which soles carry.
        max_force: (2,) N.
        friction: (2,) Coulomb coefficients per axis.
        swing: Reference of the foot in the air, per side, or None.
        hands: Left and right, None where a hand follows nothing but the posture.
        gaze: None where the chest alone says where the eyes look.
    """

    com_acceleration: np.ndarray
    com_height: float
    com_vertical_speed: float
    com_vertical_acceleration: float
    pelvis: np.ndarray
    chest: np.ndarray
    posture: np.ndarray
    in_contact: tuple[bool, bool]
    max_force: np.ndarray
    friction: np.ndarray
    swing: tuple[FootReference | None, FootReference | None]
    hands: tuple[HandReference | None, HandReference | None] = (None, None)
    gaze: GazeReference | None = None
