# SPDX-License-Identifier: Apache-2.0
"""Notices that views no longer fit the map."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from talus_core.parameters import parameter


@dataclass(frozen=True)
class LostConfig:
    """Hold what tells a robot that is lost from one with a bad view."""

    patience_s: float = parameter(
        2.0,
        "Views must fit worse than nearly all before for so long: a person may pass.",
        0.2,
        30.0,
    )
    usual_views: int = parameter(300, "Views that say what is usual: a minute at 5 Hz.", 20, 10000)
    least_views: int = parameter(20, "Before so many, only `floor_share` judges.", 5, 1000)
    quantile: float = parameter(0.01, "Share of usual views that fit as badly.", 0.001, 0.2)
    worse: float = parameter(
        0.8,
        "Of that quantile, below which a view is bad: where nearly all fits, a little less does.",
        0.1,
        1.0,
    )
    upright_share: float = parameter(
        0.1, "With fewer of its walls covered, a view fits nowhere: floors fit anywhere.", 0.0, 1.0
    )
    floor_share: float = parameter(
        0.25, "With fewer of its covered surfels in place, a view fits nowhere.", 0.0, 1.0
    )


class LostWatch:
    """Judges by the share of a view's surfels that lie on the map, against what is usual here."""

    def __init__(self, config: LostConfig | None = None):
        self._config = config or LostConfig()
        self._usual: deque[float] = deque(maxlen=self._config.usual_views)
        self._bad_since: float | None = None
        self.is_lost = False

    @property
    def least_share(self) -> float:
        """Return the share below which a view is bad."""
        if len(self._usual) < self._config.least_views:
            return self._config.floor_share
        usual = float(np.quantile(self._usual, self._config.quantile))
        return max(self._config.floor_share, self._config.worse * usual)

    @property
    def is_doubtful(self) -> bool:
        """Return whether the last view was a bad one."""
        return self._bad_since is not None

    def see(self, time: float, share: float | None) -> bool:
        """Judge one view, and return whether the robot is lost.

        Once lost, it stays so until `forgive`: by luck, views fit at a wrong place, too.

        Args:
            time: s.
            share: Of the view's surfels, those that lie on the map; None where no fit was found.
        """
        is_bad = share is None or share < self.least_share
        if not is_bad:
            self._usual.append(share or 0.0)
            self._bad_since = None
            return self.is_lost
        if self._bad_since is None:
            self._bad_since = time
        self.is_lost = self.is_lost or time - self._bad_since >= self._config.patience_s
        return self.is_lost

    def forgive(self) -> None:
        """Begin anew at a place that was found."""
        self._bad_since = None
        self.is_lost = False
