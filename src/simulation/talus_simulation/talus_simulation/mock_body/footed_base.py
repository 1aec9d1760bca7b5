# SPDX-License-Identifier: Apache-2.0
"""Move the base of an ideal robot that never falls: the lower sole stays, all else follows.

Legend: W world, B base_link, S sole.
"""

from __future__ import annotations

import numpy as np
from talus_core.rotations import exp_so3
from talus_safety.kernel.measure.body import Body

GROUND_CONTACT_HEIGHT_M = 0.004  # m above the lower sole: carries weight
SOLE_LEVELLING_RATE_HZ = (
    2.0  # 1/s: how fast a sole that came down a little low or tilted becomes level at z = 0
)


class FootedBase:
    """Tells pose and motion of the base from joint angles alone.

    Attributes:
        rotation: R_WB (3, 3).
        position: (3,) m of B in W.
        velocity, acceleration: (3,) m/s, m/s^2 of B in W.
        angular_velocity: (3,) rad/s of B, in B.
        carries: (2,) which soles are on the ground, left and right.
    """

    def __init__(self, body: Body, joints: np.ndarray):
        """Begin at rest, the left sole level, no sole below the ground."""
        self._body = body
        soles = self._soles(joints)
        self.rotation = soles[0][0].T
        heights = [(self.rotation @ origin)[2] for _, origin in soles]
        self._support = int(np.argmin(heights))
        self.position = np.array([0.0, 0.0, -min(heights)])
        self._anchor_on(soles)
        self.carries = np.array(
            [height - min(heights) < GROUND_CONTACT_HEIGHT_M for height in heights]
        )
        self.velocity = np.zeros(3)
        self.acceleration = np.zeros(3)
        self.angular_velocity = np.zeros(3)

    def move(self, joints: np.ndarray, dt: float) -> None:
        """Follow the joints, which came to `joints` within `dt` s."""
        soles = self._soles(joints)
        self._level(dt)
        rotation_bs, origin_bs = soles[self._support]
        rotation = self._anchor_rotation @ rotation_bs.T
        position = self._anchor_origin - rotation @ origin_bs
        velocity = (position - self.position) / dt
        turn = self.rotation.T @ rotation  # of one tick: its skew part is the rotation vector
        self.angular_velocity = (turn - turn.T)[[2, 0, 1], [1, 2, 0]] / (2.0 * dt)
        self.acceleration = (velocity - self.velocity) / dt
        self.rotation = rotation
        self.position = position
        self.velocity = velocity
        self._find_support(soles)

    def specific_force(self, gravity: float) -> np.ndarray:
        """Return what an accelerometer at B would feel, (3,), m/s^2, in B."""
        return self.rotation.T @ (self.acceleration + np.array([0.0, 0.0, gravity]))

    def _soles(self, joints: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return R_BS and the origin of S in B, left and right."""
        placement = self._body.place(joints)
        return [self._body.locate(placement, sole) for sole in self._body.soles]

    def _find_support(self, soles: list[tuple[np.ndarray, np.ndarray]]) -> None:
        heights = np.array([(self.position + self.rotation @ origin)[2] for _, origin in soles])
        self.carries = heights - heights.min() < GROUND_CONTACT_HEIGHT_M
        lower = int(np.argmin(heights))
        if lower != self._support:
            self._support = lower
            self._anchor_on(soles)

    def _anchor_on(self, soles: list[tuple[np.ndarray, np.ndarray]]) -> None:
        """Keep the supporting sole at its present place from now on."""
        rotation_bs, origin_bs = soles[self._support]
        self._anchor_rotation = self.rotation @ rotation_bs
        self._anchor_origin = self.position + self.rotation @ origin_bs

    def _level(self, dt: float) -> None:
        """Turn the anchored sole's normal towards the vertical, its height towards 0, smoothly."""
        part = SOLE_LEVELLING_RATE_HZ * dt
        normal = self._anchor_rotation[:, 2]
        self._anchor_rotation = (
            exp_so3(part * np.cross(normal, [0.0, 0.0, 1.0])) @ self._anchor_rotation
        )
        self._anchor_origin = self._anchor_origin * np.array([1.0, 1.0, 1.0 - part])
