# SPDX-License-Identifier: Apache-2.0
"""Calls a fall when nothing can stop it any more."""

from __future__ import annotations

import math

from talus_safety.kernel.measure.body_scale import AS_TALUS40, BodyScale
from talus_safety.kernel.measure.tilt import Vertical

# Rad/s of a pendulum of 0.85 m, the standing height of talus40's hips; over another robot's time.
PENDULUM_FREQUENCY_RADPS = 3.4
UPRIGHT_CAPTURE_ANGLE_RAD = 0.5  # rad: a robot that sits or gets up has a smaller capture angle
UPRIGHT_TIME_S = 0.5  # s below that angle, after which a robot counts as upright
CALLED_FALL_TICKS = 3  # ticks in a row: an impact's spike in the gyroscope is shorter
# s for which a stepping controller may still catch a fall: 70 of 71 hard shoves took at most 0.102;
# times another robot's time
BALANCED_FALL_S = 0.11
FALL_TILT_COSINE = math.cos(math.radians(15.0))  # at less tilt, turn rate alone calls no fall
LEAST_TILT_SINE = 1e-3  # sine of the tilt, below which the tilt has no direction


class FallWatch:
    """Calls a fall by the capture angle.

    That is the tilt at which the body would come to rest if it went on turning freely: tilt + rate
        /
    omega for the inverted pendulum. It equals the capture point (Pratt et al., "Capture Point",
    2006) without encoders. Only a robot that was upright can fall; one that lies or gets up does
    not.
    """

    def __init__(self, at_most: float, period: float, scale: BodyScale = AS_TALUS40):
        """Call falls of a robot of some size beyond the capture angle `at_most`, rad."""
        self._at_most = at_most
        self._pendulum = PENDULUM_FREQUENCY_RADPS / scale.time
        self._needed = round(UPRIGHT_TIME_S / period)
        self._patience = round(BALANCED_FALL_S * scale.time / period)
        self.forget()

    def forget(self) -> None:
        """Judge anew: the robot lies, or was put somewhere else."""
        self._upright_ticks = self._beyond_ticks = 0
        self._was_upright = self.is_falling = False

    def step(self, tilt: Vertical, is_balanced: bool = False) -> bool:
        """Return whether the robot falls at this tick.

        Once called, a fall lasts until the robot is upright again or `forget` is called.

        Args:
            tilt: Vertical and turn rate in base_link.
            is_balanced: Whether a controller that steps has the robot, and calls falls itself.
        """
        angle = capture_angle(tilt, self._pendulum)
        self._upright_ticks = self._upright_ticks + 1 if angle < UPRIGHT_CAPTURE_ANGLE_RAD else 0
        is_beyond = angle > self._at_most and tilt.up[2] < FALL_TILT_COSINE
        self._beyond_ticks = self._beyond_ticks + 1 if is_beyond else 0
        if self._upright_ticks >= self._needed:
            self._was_upright = True
            self.is_falling = False
        called_after = self._patience if is_balanced else CALLED_FALL_TICKS
        if self._beyond_ticks >= called_after and self._was_upright:
            self.is_falling = True
        return self.is_falling


def capture_angle(tilt: Vertical, pendulum: float = PENDULUM_FREQUENCY_RADPS) -> float:
    """Return the capture angle, rad, never negative, of a `pendulum` of so many rad/s.

    It is the angle of base_link's z axis from the vertical, one time constant of the fall ahead.
    """
    ux, uy, uz = tilt.up
    sine = math.hypot(ux, uy)
    turn_x, turn_y, _ = tilt.rate
    outward = (
        (turn_y * -ux + turn_x * uy) / sine
        if sine > LEAST_TILT_SINE
        else math.hypot(turn_x, turn_y)
    )
    return max(math.atan2(sine, uz) + outward / pendulum, 0.0)
