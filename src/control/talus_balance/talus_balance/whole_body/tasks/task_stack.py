# SPDX-License-Identifier: Apache-2.0
"""Stacks the rows of all tasks of one tick, in the order of their list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from talus_balance.whole_body.tasks.task import BodyTick, Task, TaskRows


class _Layout(NamedTuple):
    """Assigns the rows of one set of present tasks."""

    all_rows: TaskRows
    present: tuple[tuple[Task, TaskRows], ...]


class TaskStack:
    """Holds the rows of some tasks; a task that is absent at a tick takes no rows."""

    def __init__(self, tasks: Sequence[Task], nv: int):
        """Make room for `tasks` of a model with `nv` velocities."""
        most = sum(task.most_rows for task in tasks)
        self._tasks = tuple(tasks)
        self._jacobian = np.zeros((most, nv))
        self._wanted = np.zeros(most)
        self._root_weight = np.zeros(most)
        self._layouts: dict[tuple[int, ...], _Layout] = {}

    def weighted_rows(self, tick: BodyTick) -> tuple[np.ndarray, np.ndarray]:
        """Return Jacobian (m, nv) and wanted acceleration (m,), times the roots of the weights."""
        layout = self._layout(tuple([task.count(tick) for task in self._tasks]))
        for task, rows in layout.present:
            task.write(tick, rows)
        jacobian, wanted, root_weight = layout.all_rows
        jacobian *= root_weight[:, np.newaxis]
        wanted *= root_weight
        return jacobian, wanted

    def _layout(self, counts: tuple[int, ...]) -> _Layout:
        known = self._layouts.get(counts)
        if known is None:
            known = self._share_out(counts)
            self._layouts[counts] = known
        return known

    def _share_out(self, counts: tuple[int, ...]) -> _Layout:
        present: list[tuple[Task, TaskRows]] = []
        first = 0
        for task, count in zip(self._tasks, counts, strict=True):
            if count:
                present.append((task, self._rows(slice(first, first + count))))
            first += count
        return _Layout(self._rows(slice(0, first)), tuple(present))

    def _rows(self, place: slice) -> TaskRows:
        return TaskRows(self._jacobian[place], self._wanted[place], self._root_weight[place])
