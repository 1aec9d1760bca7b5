# SPDX-License-Identifier: Apache-2.0
"""Spoil a stream of samples: each way is called once per sample with the true value (m,)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Mean of an intermittent loss: ten control ticks, the length that control must ride through.
BURST_LENGTH_S = 0.02

Signal = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class SignalData:
    """Tells what a sensor's faults need to know of it.

    Attributes:
        span: (m,) half of the range of each value.
        offset: (m,) direction of a wrong value, per unit of severity.
        keeps: (m,) 1 where a stuck value repeats, 0 where it reads 0 (a speed that is derived from
            a stuck angle).
        period: s between samples.
    """

    span: np.ndarray
    offset: np.ndarray
    keeps: np.ndarray
    period: float


class Bursts:
    """Tells sample by sample whether a part is gone: in bursts of 20 ms on average."""

    def __init__(self, fraction: float, period: float, random: np.random.Generator):
        self._ends = min(1.0, period / BURST_LENGTH_S)
        self._starts = (
            1.0 if fraction >= 1.0 else min(1.0, self._ends * fraction / (1.0 - fraction))
        )
        self._always = fraction >= 1.0
        self._random = random
        self._is_gone = True

    def __call__(self) -> bool:
        """Whether the next sample is gone; the first always is, so that the onset is a burst's."""
        gone = self._is_gone
        self._is_gone = self._always or self._random.random() < (
            1.0 - self._ends if gone else self._starts
        )
        return gone


def make_signal(
    effect: str, severity: float, data: SignalData, random: np.random.Generator
) -> Signal:
    """Build the fault `effect` (a type of the catalogue) of a sensor."""
    samples = max(1, round(severity / data.period))
    makers: dict[str, Callable[[], Signal]] = {
        "off": lambda: lambda value: np.full_like(value, np.nan),
        "stuck": lambda: _Stuck(data.keeps),
        "garbage": lambda: (
            lambda value: severity * data.span * random.uniform(-1.0, 1.0, len(value))
        ),
        "wrong": lambda: lambda value: value + severity * data.offset,
        "slow": lambda: _Slow(samples),
        "delayed": lambda: _Delayed(samples),
        "intermittent": lambda: _Intermittent(Bursts(severity, data.period, random)),
    }
    return makers[effect]()


class _Stuck:
    def __init__(self, keeps: np.ndarray):
        self._keeps = keeps
        self._value: np.ndarray | None = None

    def __call__(self, value: np.ndarray) -> np.ndarray:
        if self._value is None:
            self._value = self._keeps * value
        return self._value


class _Slow:
    def __init__(self, every: int):
        self._every = every
        self._count = 0
        self._value: np.ndarray | None = None

    def __call__(self, value: np.ndarray) -> np.ndarray:
        if self._value is None or self._count % self._every == 0:
            self._value = value.copy()
        self._count += 1
        return self._value


class _Delayed:
    def __init__(self, samples: int):
        self._past: deque[np.ndarray] = deque(maxlen=samples + 1)

    def __call__(self, value: np.ndarray) -> np.ndarray:
        self._past.append(value.copy())
        return self._past[0]


class _Intermittent:
    def __init__(self, bursts: Bursts):
        self._bursts = bursts

    def __call__(self, value: np.ndarray) -> np.ndarray:
        return np.full_like(value, np.nan) if self._bursts() else value
