# SPDX-License-Identifier: Apache-2.0
"""Defines when a body is still, and how long it must be so to be at rest.

A robot is at rest when it is seated or lying, and has been still for `AT_REST_AFTER_S`: then it
stays where it is without torque. Other questions have words of their own: a fall has ended once the
whole body has been still a little longer, and an IMU is quiet, so that it may be averaged, at a
fifteenth of this turn rate.
"""

from __future__ import annotations

# Of the base: 1 s after a fall began 1 degree off balance, it turns faster.
STILL_TURN_RADPS = 0.3
# Of the fastest joint: encoder noise is below 0.1, a sitting motion above 0.5.
STILL_JOINT_RADPS = 0.5
# Longer than the reversal of a swaying motion, whose period is 1 s or more.
AT_REST_AFTER_S = 0.4
# Of a robot that rests in no pose without torque, once it is down.
TORQUE_KEPT_WORDS = "torque is kept, since the robot cannot be cut"
