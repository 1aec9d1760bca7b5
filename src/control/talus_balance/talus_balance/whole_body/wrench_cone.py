# SPDX-License-Identifier: Apache-2.0
"""Computes the contact wrench cone of a flat rectangular sole, as rows `A w <= 0`.

Caron, Pham, Nakamura, "Stability of surface contacts for humanoid robots: closed-form formulae of
the contact wrench cone for rectangular support areas", ICRA 2015, equations 6 to 8, with the inner
(pyramid) friction approximation.
"""

from __future__ import annotations

import numpy as np

CONE_ROWS = 16  # four rows for the edges of friction, four for tipping, eight for twist


def wrench_cone(half_length: float, half_width: float, friction: float) -> np.ndarray:
    """Return the rows (16, 6) for the wrench (fx, fy, fz, tx, ty, tz) of the ground on the sole.

    The wrench is expressed in the sole and taken about its centre.

    Args:
        half_length: Half length along x, m.
        half_width: Half width along y, m.
        friction: Coulomb coefficient per axis.
    """
    x = half_length
    y = half_width
    mu = friction
    rows = [[sx, sy, -mu, 0, 0, 0] for sx, sy in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    rows += [[0, 0, -y, s, 0, 0] for s in (1, -1)]
    rows += [[0, 0, -x, 0, s, 0] for s in (1, -1)]
    # Twist: |tz| <= mu (x + y) fz - |y fx +- mu tx| - |x fy +- mu ty| (upper +, lower -).
    for sx in (1, -1):
        for sy in (1, -1):
            rows.append([sx * y, sy * x, -mu * (x + y), sx * mu, sy * mu, 1])
            rows.append([sx * y, sy * x, -mu * (x + y), -sx * mu, -sy * mu, -1])
    return np.array(rows, dtype=float)
