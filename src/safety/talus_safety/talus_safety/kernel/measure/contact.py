# SPDX-License-Identifier: Apache-2.0
"""Says from which vertical force on a foot counts as a support, for a robot of any weight.

The shares were chosen on talus40, 57 kg: 60 N, eight times the noise of its foot sensors, and 20 N.
"""

from __future__ import annotations

from typing import NamedTuple

from talus_core.physics import GRAVITY_MPS2

CONTACT_ON_OF_WEIGHT = 0.1073
CONTACT_OFF_OF_WEIGHT = 0.0358


class ContactForces(NamedTuple):
    """Holds the forces, N, from which on a foot is a support, and below which it is none again."""

    on: float
    off: float


def contact_forces(mass: float) -> ContactForces:
    """Return the forces of a robot of `mass`, kg."""
    weight = mass * GRAVITY_MPS2
    return ContactForces(CONTACT_ON_OF_WEIGHT * weight, CONTACT_OFF_OF_WEIGHT * weight)
