# SPDX-License-Identifier: Apache-2.0
"""Makes the gait's output while both feet carry and no step is planned."""

from __future__ import annotations

import numpy as np

from talus_balance.stepping.gait_types import GaitInput, GaitOutput, GaitPhase
from talus_balance.stepping.step_state import Refusal


def on_both_feet(
    inp: GaitInput,
    *,
    pressure: np.ndarray,
    heading: float,
    ground: np.ndarray,
    phase: GaitPhase,
    refusal: Refusal | None = None,
) -> GaitOutput:
    """Return the output without a swing and without a landing.

    Args:
        inp: What is known at this tick.
        pressure: (2,) centre of pressure in odom, m.
        heading: Heading of the body, rad.
        ground: (3,) point of the ground that carries, m.
        phase: What the feet do from this tick on.
        refusal: Why no proposed footstep is taken; None if one is, or none was proposed.
    """
    return GaitOutput(
        centre_of_pressure=pressure,
        in_contact=(True, True),
        max_force=inp.full_loads,
        swing_side=None,
        swing=None,
        heading=heading,
        ground=ground,
        phase=phase,
        landing=None,
        refusal=refusal,
    )
