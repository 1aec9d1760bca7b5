# SPDX-License-Identifier: Apache-2.0
"""Reads the joints' path from standing to seated from a robot's own `rest_path.yaml`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import yaml
from talus_core.errors import TalusError, unknown_name_message
from talus_core.robot import RobotDescription


class RestPathError(TalusError):
    """Says that a rest path cannot be used; the message names the file and what it needs."""


@dataclass(frozen=True)
class RestPath:
    """Leads from standing (progress 0) to seated (progress 1), both feet flat and side by side.

    Attributes:
        progress: (m,) progress of each posture, rising from 0 to 1.
        position: (m, n) joint angles of each posture, rad.
    """

    progress: np.ndarray
    position: np.ndarray

    @staticmethod
    def through(position: np.ndarray) -> RestPath:
        """Return a path through postures (m, n), rad; the farthest moving joint sets progress."""
        way = np.concatenate(([0.0], np.cumsum(np.abs(np.diff(position, axis=0)).max(axis=1))))
        return RestPath(way / way[-1], position)

    def posture(self, progress: float) -> np.ndarray:
        """Return the posture (n,) at a progress, rad."""
        at = int(np.clip(np.searchsorted(self.progress, progress) - 1, 0, len(self.progress) - 2))
        start = self.progress[at]
        end = self.progress[at + 1]
        part = min(max((progress - start) / (end - start), 0.0), 1.0)
        return (1.0 - part) * self.position[at] + part * self.position[at + 1]

    def nearest(self, position: np.ndarray, joints: np.ndarray) -> float:
        """Return the progress of the posture nearest to `position` (n,), rad, in some joints."""
        candidates = np.linspace(0.0, 1.0, 101)
        away = [np.abs(self.posture(p)[joints] - position[joints]).sum() for p in candidates]
        return float(candidates[int(np.argmin(away))])


def load_rest_path(robot: RobotDescription) -> RestPath:
    """Read `rest_path.yaml` in the robot's folder; joints that it does not name stay at 0.

    Raises RestPathError where the path cannot be used.
    """
    path = robot.folder / "rest_path.yaml"
    try:
        raw = yaml.safe_load(path.read_text())
        rows = np.array([row["position"] for row in raw["rows"]], dtype=float)
        names = raw["joints"]
    except OSError as error:
        raise RestPathError(
            f"{path}: {error.strerror}; a robot needs a path from standing to seated"
        ) from error
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise RestPathError(
            f"{path}: needs `joints` and `rows` with as many `position` each: {reason}"
        ) from error
    if rows.ndim != 2 or len(rows) < 2 or rows.shape[1] != len(names):
        raise RestPathError(f"{path}: needs at least 2 rows with {len(names)} positions each")
    position = np.zeros((len(rows), len(robot.joint_names)))
    for column, name in enumerate(names):
        if name not in robot.joint_names:
            raise RestPathError(f"{path}: {unknown_name_message('joint', name, robot.joint_names)}")
        position[:, robot.joint_names.index(name)] = rows[:, column]
    return RestPath.through(position)
