# SPDX-License-Identifier: Apache-2.0
"""Which drives give no torque though they are asked for it: whoever plans must do without them."""

from __future__ import annotations

import numpy as np

ASKED, GIVEN = 0.1, 0.01  # of the peak: what is asked at least, and given at most; sensors are good to 0.002
LASTS = 0.02  # s: as long as the driver's gate rides through without a command


class LimpDrives:
    """`step` with every state while the body is balanced; `reset` before it stands up.

    Attributes:
        limp: (n,) found since the last `reset`.
    """

    def __init__(self, effort_limit: np.ndarray, dt: float):
        """`effort_limit`: (n,) N m; `dt`: s."""
        self._asked, self._given, self._dt = ASKED * effort_limit, GIVEN * effort_limit, dt
        self.reset()

    def reset(self) -> None:
        """All are believed anew."""
        self.limp = np.zeros(len(self._asked), dtype=bool)
        self._silent_for = np.zeros(len(self._asked))

    def step(self, asked: np.ndarray, given: np.ndarray) -> bool:
        """Torques (n,) N m that were commanded and measured. Returns whether one more drive is limp."""
        silent = (np.abs(asked) > self._asked) & (np.abs(given) < self._given)
        self._silent_for += self._dt
        self._silent_for *= silent
        found = (self._silent_for >= LASTS) & ~self.limp
        self.limp |= found
        return bool(found.any())
