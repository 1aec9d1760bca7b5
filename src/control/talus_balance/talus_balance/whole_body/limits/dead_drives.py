# SPDX-License-Identifier: Apache-2.0
"""Plans no torque of dead drives; a joint that something holds stays where it is."""

from __future__ import annotations

import numpy as np
from talus_dynamics.robot_dynamics import WholeBodyModel

from talus_balance.whole_body.limits.torque_limit import TorqueLimit
from talus_balance.whole_body.tasks.foot_task import LEG_GROUPS


class DeadDrives:
    """Sets the torque limit by what drives give, and by which legs are in the air.

    Joints are in Talus's order.
    """

    def __init__(self, model: WholeBodyModel, torque: TorqueLimit):
        self._torque = torque
        self._legs = tuple(model.joints_of(group) for group in LEG_GROUPS)
        nothing = np.zeros(len(model.v_index), dtype=bool)
        self.do_without(nothing, nothing)

    def do_without(self, limp: np.ndarray, held: np.ndarray) -> None:
        """Plan no torque of the drives `limp` (joints,) from now on.

        Those that are `held` (joints,) stay where they are while their leg is in the air; under
        weight they would turn.
        """
        self._limp = limp
        self._held = held
        self._holds_any = bool(held.any())
        self._held_now = np.zeros(len(limp), dtype=bool)
        self._torque.do_without(limp)

    def held_in_the_air(self, in_contact: tuple[bool, bool]) -> np.ndarray | None:
        """Return which joints (joints,) of legs in the air are held; None where no joint is held.

        What holds such a joint bears torque too, so it has a sound drive's limit for that time.
        """
        if not self._holds_any:
            return None
        held = np.zeros(len(self._held), dtype=bool)
        for leg, carries in zip(self._legs, in_contact, strict=True):
            if not carries:
                held |= self._held & leg
        if (held != self._held_now).any():
            self._held_now = held
            self._torque.do_without(self._limp & ~held)
        return held
