# SPDX-License-Identifier: Apache-2.0
"""Computes how sure a pass rate is."""

from __future__ import annotations

from math import floor, sqrt

NORMAL_QUANTILE_95 = 1.96  # 95 % of a normal distribution lie within +-1.96 sigma
REQUIRED_RATE = 0.95  # pass rate at which a level counts as reached


def wilson(passed: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a pass rate.

    Wilson, "Probable inference, the law of succession", JASA 1927.
    """
    if n == 0:
        return 0.0, 1.0
    rate = passed / n
    z2 = NORMAL_QUANTILE_95**2
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = NORMAL_QUANTILE_95 / (1 + z2 / n) * sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def allowed_failures(n: int) -> int:
    """Return how many of n runs may fail so that enough still pass: none of fewer than 20."""
    return floor((1.0 - REQUIRED_RATE) * n + 1e-9)
