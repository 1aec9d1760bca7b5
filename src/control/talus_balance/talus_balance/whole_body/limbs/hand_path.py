# SPDX-License-Identifier: Apache-2.0
"""Leads one hand to its target: never too fast, and without a jerk where the target jumps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.clamp import clamp_norm
from talus_dynamics.robot_dynamics import FrameTerms
from talus_dynamics.rotation_vectors import rotation_from_vector, vector_from_rotation

from talus_balance.size.dimensions import PER_TIME, PER_TIME_SQUARED, SAME, SPEED, TIME, sized
from talus_balance.whole_body.motion_target import HandReference


@dataclass(frozen=True)
class HandPathConfig:
    """Configures how a hand travels.

    Attributes:
        approach: Speed towards the target over the distance to it, 1/s: nine tenths of the way
            take 0.6 s.
        speed: Largest speed towards the target, m/s: an unhurried person's reach.
        restricted_speed: Largest speed at R1 and above, m/s (250 mm/s of ISO 10218-1).
        acceleration: Largest acceleration, m/s^2; it stops the hand from `speed` within the
            distance that `approach` leaves.
        turn_speed: Largest turn rate, rad/s.
        turn_acceleration: Largest angular acceleration, rad/s^2.
        return_time: Time from a target that is gone back to the posture, s.
    """

    approach: float = sized(4.0, PER_TIME)
    speed: float = sized(0.8, SPEED)
    restricted_speed: float = sized(0.25, SAME)
    acceleration: float = sized(6.0, SAME)
    turn_speed: float = sized(2.5, PER_TIME)
    turn_acceleration: float = sized(20.0, PER_TIME_SQUARED)
    return_time: float = sized(1.5, TIME)


@dataclass(frozen=True)
class HandGoal:
    """Says where a hand must arrive.

    Attributes:
        position: (3,) position in odom, m.
        rotation: (3, 3) rotation from hand to odom.
        velocity: (6,) velocity of the goal itself, m/s, then rad/s.
    """

    position: np.ndarray
    rotation: np.ndarray
    velocity: np.ndarray


class HandPath:
    """Chases a goal with a point and a rotation, from where the hand is when it gets a goal."""

    def __init__(self, config: HandPathConfig, dt: float, hand: FrameTerms):
        """Begin at `hand`, which keeps its velocity."""
        self._config = config
        self._dt = dt
        self._position = hand.position
        self._rotation = hand.rotation
        self._velocity = hand.velocity.copy()

    def chase(
        self, goal: HandGoal, is_restricted: bool, stiffness: float, emphasis: float
    ) -> HandReference:
        """Return the reference of this tick, `dt` s nearer to `goal`."""
        c = self._config
        linear = self._change(
            away=goal.position - self._position,
            goal_velocity=goal.velocity[:3],
            velocity=self._velocity[:3],
            speed=c.restricted_speed if is_restricted else c.speed,
            most=c.acceleration,
        )
        angular = self._change(
            away=vector_from_rotation(goal.rotation @ self._rotation.T),
            goal_velocity=goal.velocity[3:],
            velocity=self._velocity[3:],
            speed=c.turn_speed,
            most=c.turn_acceleration,
        )
        acceleration = np.concatenate((linear, angular))
        self._velocity = self._velocity + self._dt * acceleration
        self._position = self._position + self._dt * self._velocity[:3]
        self._rotation = rotation_from_vector(self._dt * self._velocity[3:]) @ self._rotation
        return HandReference(
            position=self._position,
            rotation=self._rotation,
            velocity=self._velocity,
            acceleration=acceleration,
            stiffness=stiffness,
            emphasis=emphasis,
        )

    def _change(
        self,
        away: np.ndarray,
        goal_velocity: np.ndarray,
        velocity: np.ndarray,
        speed: float,
        most: float,
    ) -> np.ndarray:
        """Return the acceleration (3,) of a critically damped chase with `away` (3,) to go."""
        rate = self._config.approach
        wanted = goal_velocity + clamp_norm(rate * away, speed)
        return clamp_norm(4.0 * rate * (wanted - velocity), most)
