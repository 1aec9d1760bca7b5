# SPDX-License-Identifier: Apache-2.0
"""Defines what the whole body must do at one tick; the world is odom."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from talus_balance.stepping.swing_foot import FootReference


class HandReference(NamedTuple):
    """Says where a hand must be now, how it moves there, and how much that matters.

    Attributes:
        position: (3,) position, m.
        rotation: (3, 3) rotation from hand to world.
        velocity: (6,) velocity, linear m/s, then angular rad/s.
        acceleration: (6,) feed-forward acceleration, m/s^2, then rad/s^2.
        stiffness: Share 0 to 1 of the task's own feedback.
        emphasis: Factor of the task's weights.
    """

    position: np.ndarray
    rotation: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    stiffness: float = 1.0
    emphasis: float = 1.0


class GazeReference(NamedTuple):
    """Says in which direction the eyes must look, and how much that matters.

    Attributes:
        direction: (3,) unit vector in the world.
        stiffness: Share 0 to 1 of the task's own feedback.
        emphasis: Factor of the task's weight.
    """

    direction: np.ndarray
    stiffness: float = 1.0
    emphasis: float = 1.0


class MotionTarget(NamedTuple):
    """Says what the body must do at this tick.

    Attributes:
        com_acceleration: (2,) horizontal acceleration of the centre of mass, m/s^2.
        com_height: Height of the centre of mass, m.
        com_vertical_speed: Its vertical speed, m/s.
        com_vertical_acceleration: Its feed-forward vertical acceleration, m/s^2.
        pelvis, chest: (3, 3) wanted rotations to the world.
        posture: (joints,) angles of the structural joints in Talus's order, rad.
        in_contact: Which soles carry.
        max_force: (2,) load limits of the soles, N.
        friction: (2,) Coulomb coefficients per axis.
        swing: Reference of the foot in the air, per side, or None.
        hands: Left and right hand; None where a hand only follows the posture.
        gaze: Wanted gaze; None where the eyes look where the chest points.
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
