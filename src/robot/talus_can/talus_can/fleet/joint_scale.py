# SPDX-License-Identifier: Apache-2.0
"""Turns joints into the shafts that drives report, and back: gear, sign and offset."""

from __future__ import annotations

import numpy as np

from talus_can.codec.feedback import Feedback


class JointScale:
    """Maps quantities of n joints to their drives' shafts; a shaft turns `sign gear` per joint."""

    def __init__(self, gear: np.ndarray, sign: np.ndarray, offset: np.ndarray):
        """Take turns of the shaft per turn of the joint, 1 or -1, and joint angles, rad, (n,)."""
        ratio = np.asarray(gear, float) * np.asarray(sign)
        square = ratio * ratio
        self.offset = np.asarray(offset, float)
        self.ratio = ratio
        # Of the rows of `Targets`; power is the same on both sides.
        self._factors = np.array([ratio, ratio, 1.0 / square, 1.0 / square, 1.0 / ratio])

    def to_drive(self, values: np.ndarray) -> np.ndarray:
        """Return quantities (5, n) of the joints, in the order of `Quantity`, as the drives'."""
        shifted = values.copy()
        shifted[0] -= self.offset
        shifted *= self._factors
        return shifted

    def to_joint(self, values: np.ndarray) -> np.ndarray:
        """Return quantities (5, n) of the drives as the joints'."""
        scaled = values / self._factors
        scaled[0] += self.offset
        return scaled

    def motion(self, feedback: Feedback) -> np.ndarray:
        """Return (3, n) position, velocity and effort of the joints, as the drives report them."""
        return np.array(
            [
                feedback.position / self.ratio + self.offset,
                feedback.velocity / self.ratio,
                feedback.effort * self.ratio,
            ]
        )
