# SPDX-License-Identifier: Apache-2.0
"""How sure a pass rate is."""

from __future__ import annotations

from math import floor, sqrt

Z_95 = 1.96  # quantile of the normal distribution: 95 % lie within +-1.96 sigma
REQUIRED = 0.95  # pass rate at which a level counts as reached


def wilson(passed: int, n: int) -> tuple[float, float]:
    """95 % interval of a pass rate; Wilson, "Probable inference, the law of succession", JASA 1927."""
    if n == 0:
        return 0.0, 1.0
    rate, z2 = passed / n, Z_95**2
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def allowed_failures(n: int) -> int:
    """Of n runs, so that `REQUIRED` of them still pass: none of fewer than 20."""
    return floor((1.0 - REQUIRED) * n + 1e-9)
