# SPDX-License-Identifier: Apache-2.0
"""Which drives give no torque though they are asked for it: whoever plans must do without them."""

from __future__ import annotations

import numpy as np

GIVEN = 0.01  # of the peak, that a drive gives at most; sensors are good to 0.002
ASKED = 0.1  # of the peak, that it is asked for at least,
ASKED_IN_VAIN, SHARE = 0.01, 0.4  # or this, of which it gives a part at most, where the joint does not go either
LASTS = 0.02  # s: as long as the driver's gate rides through without a command
WINDOW = 0.1  # s in which changes of speed are compared
TELLS = 0.5  # rad/s that a joint should have changed by in it, before it is judged
STAYS = 0.3  # of that: who changes by less stays; the models of legs and loads are good to a tenth


class LimpDrives:
    """`step` with every state while the body is balanced; `reset` before it stands up.

    Attributes:
        limp: (n,) found since the last `reset`.
        held: (n,) of them, those that stay where a joint without torque would go: shorted windings or a brake.
    """

    def __init__(self, effort_limit: np.ndarray, dt: float):
        """`effort_limit`: (n,) N m; `dt`: s."""
        self._peak, self._dt, self._share = effort_limit, dt, dt / WINDOW
        self.reset()

    def reset(self) -> None:
        """All are believed anew."""
        n = len(self._peak)
        self.limp, self.held = np.zeros((2, n), dtype=bool)
        self._silent_for, self._expected, self._slow = np.zeros((3, n))

    def step(self, asked: np.ndarray, given: np.ndarray, planned: np.ndarray, velocity: np.ndarray) -> bool:
        """Returns whether `limp` or `held` changed.

        Args:
            asked, given: (n,) N m, commanded with the drives' own stiffness and damping, and measured.
            planned: (n,) rad/s^2.
            velocity: (n,) rad/s.
        """
        tells, stays = self._compare(planned, velocity)
        asked = np.abs(asked)
        given = np.abs(given)
        silent = (asked > ASKED * self._peak) & (given < GIVEN * self._peak)
        in_vain = tells & stays & (asked > ASKED_IN_VAIN * self._peak) & (given < SHARE * asked)
        self._silent_for += self._dt
        self._silent_for *= silent | in_vain
        found = (self._silent_for >= LASTS) & ~self.limp
        if not (found | self.limp).any():
            return False
        self.limp |= found
        still = self.held & (np.abs(velocity - self._slow) < 2.0 * TELLS)
        held = np.where(tells, stays, still) & self.limp
        changed = bool(found.any() or (held != self.held).any())
        self.held = held
        return changed

    def _compare(self, planned: np.ndarray, velocity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Who should have changed his speed, and who has not; both changes fade alike."""
        self._expected += self._dt * planned - self._share * self._expected
        self._slow += self._share * (velocity - self._slow)
        size = np.abs(self._expected)
        return size > TELLS, (velocity - self._slow) * np.sign(self._expected) < STAYS * size
