# SPDX-License-Identifier: Apache-2.0
"""Move the base of an ideal robot that never falls: the soles that carry stay, all else follows.

Of two soles that both carry, each leads by its share of the weight. A sole that comes down takes
its share over within moments, and one that rises gives it up: the base neither jumps nor jerks.

Legend: W world, B base_link, S sole.
"""

from __future__ import annotations

import numpy as np
from talus_core.rotations import exp_so3
from talus_safety.kernel.measure.body import Body

# m above the lower sole: a sole that is not higher, and does not rise, carries weight
GROUND_CONTACT_HEIGHT_M = 0.001
# m above the lower sole: nobody holds a foot still so near the ground but to stand on it
RESTING_HEIGHT_M = 0.015
RISING_SPEED_MPS = 0.02  # m/s: slower soles are being levelled, faster ones are lifted
WEIGHT_HANDOVER_S = (
    0.04  # s in which the whole weight goes over: half of the double support of a step
)
# s in which a controller brakes a foot that begins to feel the ground: so early it is felt
FOOT_BRAKING_S = 0.02
SOLE_LEVELLING_RATE_HZ = (
    2.0  # 1/s: how fast a sole that came down a little low or tilted becomes level at z = 0
)
Pose = tuple[np.ndarray, np.ndarray]  # rotation (3, 3) and origin (3,)


class FootedBase:
    """Tells pose and motion of the base from joint angles alone.

    Attributes:
        rotation: R_WB (3, 3).
        position: (3,) m of B in W.
        velocity, acceleration: (3,) m/s, m/s^2 of B in W.
        angular_velocity: (3,) rad/s of B, in B.
        shares: (2,) part of the weight on the left and the right sole; they add up to 1.
        soles: (2, 3) m, their places in W.
    """

    def __init__(self, body: Body, joints: np.ndarray):
        """Begin at rest, the left sole level, no sole below the ground."""
        self._body = body
        in_base = self._soles_in_base(joints)
        self.rotation = in_base[0][0].T
        heights = np.array([(self.rotation @ origin)[2] for _, origin in in_base])
        self.position = np.array([0.0, 0.0, -heights.min()])
        self._put_soles(in_base)
        carries = heights - heights.min() < GROUND_CONTACT_HEIGHT_M
        self.shares = carries / carries.sum()
        self.velocity = np.zeros(3)
        self.acceleration = np.zeros(3)
        self.angular_velocity = np.zeros(3)

    @property
    def soles(self) -> np.ndarray:
        """Places of the left and the right sole in the world, (2, 3), m."""
        return np.stack([origin for _, origin in self._in_world])

    def move(self, joints: np.ndarray, dt: float) -> None:
        """Follow the joints, which came to `joints` within `dt` s."""
        heights = self.soles[:, 2]
        in_base = self._soles_in_base(joints)
        rotation, position = self._led_by_both(in_base, dt)
        velocity = (position - self.position) / dt
        turn = self.rotation.T @ rotation  # of one tick: its skew part is the rotation vector
        self.angular_velocity = (turn - turn.T)[[2, 0, 1], [1, 2, 0]] / (2.0 * dt)
        self.acceleration = (velocity - self.velocity) / dt
        self.rotation = rotation
        self.position = position
        self.velocity = velocity
        self._put_soles(in_base)
        self._hand_over((self.soles[:, 2] - heights) / dt, dt)

    def specific_force(self, gravity: float) -> np.ndarray:
        """Return what an accelerometer at B would feel, (3,), m/s^2, in B."""
        return self.rotation.T @ (self.acceleration + np.array([0.0, 0.0, gravity]))

    def _soles_in_base(self, joints: np.ndarray) -> list[Pose]:
        """Return R_BS and the origin of S in B, left and right."""
        placement = self._body.place(joints)
        return [self._body.locate(placement, sole) for sole in self._body.soles]

    def _put_soles(self, in_base: list[Pose]) -> None:
        self._in_world = [
            (self.rotation @ rotation, self.position + self.rotation @ origin)
            for rotation, origin in in_base
        ]

    def _led_by_both(self, in_base: list[Pose], dt: float) -> Pose:
        """Return the base between those that the left and the right sole lead to, by shares."""
        bases = [
            _base_over(_levelled(pose, dt), sole)
            for pose, sole in zip(self._in_world, in_base, strict=True)
        ]
        leader = int(np.argmax(self.shares))
        rotation, position = bases[leader]
        other, place = bases[1 - leader]
        share = self.shares[1 - leader]
        turn = rotation.T @ other  # small: its skew part is the rotation vector
        vector = 0.5 * (turn - turn.T)[[2, 0, 1], [1, 2, 0]]
        return rotation @ exp_so3(share * vector), position + share * (place - position)

    def _hand_over(self, rising: np.ndarray, dt: float) -> None:
        """Move the shares towards the soles that carry; `rising` (2,) m/s is how fast they rise."""
        heights = self.soles[:, 2] - self.soles[:, 2].min()
        lands = heights + FOOT_BRAKING_S * np.minimum(rising, 0.0) < 0.0
        rests = (heights < RESTING_HEIGHT_M) & (np.abs(rising) < RISING_SPEED_MPS)
        is_low = heights < GROUND_CONTACT_HEIGHT_M
        carries = (is_low | lands | rests) & (rising < RISING_SPEED_MPS)
        if not carries.any():
            carries = heights == 0.0
        wanted = carries / carries.sum()
        step = dt / WEIGHT_HANDOVER_S
        self.shares = self.shares + np.clip(wanted - self.shares, -step, step)


def _levelled(sole: Pose, dt: float) -> Pose:
    """Return a sole in W whose normal is nearer to the vertical, and its height nearer to 0."""
    rotation, origin = sole
    part = SOLE_LEVELLING_RATE_HZ * dt
    turn = exp_so3(part * np.cross(rotation[:, 2], [0.0, 0.0, 1.0]))
    return turn @ rotation, origin * np.array([1.0, 1.0, 1.0 - part])


def _base_over(sole: Pose, in_base: Pose) -> Pose:
    """Return the base in W whose sole, at `in_base` in B, is where it is in W."""
    rotation = sole[0] @ in_base[0].T
    return rotation, sole[1] - rotation @ in_base[1]
