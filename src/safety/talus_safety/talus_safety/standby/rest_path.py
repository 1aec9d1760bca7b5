# SPDX-License-Identifier: Apache-2.0
"""Reads the joints' path from standing to seated from a robot's own `rest_path.yaml`.

The gate follows this path when nobody else commands the robot, so a path that would not carry it
down is refused at the start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.errors import TalusError, unknown_name_message
from talus_core.files.data_files import ContentError, yaml_tree
from talus_core.robot import RobotDescription

from talus_safety.kernel.measure.body import Body

RANGE_SLACK_RAD = 0.01  # rad beyond a joint's range: files round to a hundredth
# Share of the half sole within which the centre of mass stays: what is left turns a body that sways
BALANCED_SHARE = 0.7
LEVEL_WITHIN_M = 0.01  # m between the heights of the soles: a posture of two flat feet
LEVEL_WITHIN_COSINE = 0.999  # of the angle between the soles, 2.6 degrees
RISE_AT_MOST_M = 0.005  # m by which the body may rise on its way down, by rounding of the angles


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
        """Return a path through postures (m, n), rad; the farthest moving joint sets progress.

        Some joint must move from each posture to the next.
        """
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


def load_rest_path(robot: RobotDescription, body: Body) -> RestPath:
    """Read `rest_path.yaml` in the robot's folder; joints that it does not name stay at 0.

    Raises RestPathError where the path cannot be used: it must be finite, within the joints'
    ranges, lead down from each row to the next, and keep the centre of mass over two flat feet.
    """
    path = robot.folder / "rest_path.yaml"
    try:
        raw = yaml_tree(path.read_bytes())
        rows = np.array([row["position"] for row in raw["rows"]], dtype=float)
        names = raw["joints"]
    except OSError as error:
        raise RestPathError(
            f"{path}: {error.strerror}; a robot needs a path from standing to seated"
        ) from error
    except (ContentError, KeyError, TypeError, ValueError, OverflowError) as error:
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
    for number, posture in enumerate(position):
        reason = _unfit(robot, body, posture) or _not_below(body, position, number)
        if reason:
            raise RestPathError(f"{path}: row {number}: {reason}")
    return RestPath.through(position)


def _unfit(robot: RobotDescription, body: Body, posture: np.ndarray) -> str:
    """Say why the robot cannot stand in a posture (n,), rad; empty where it can."""
    limits = robot.limits
    if not np.isfinite(posture).all():
        return "an angle is no finite number"
    beyond = np.maximum(limits.lower - posture, posture - limits.upper)
    worst = int(beyond.argmax())
    if beyond[worst] > RANGE_SLACK_RAD:
        return (
            f"{robot.joint_names[worst]} at {posture[worst]:.3g} rad; "
            f"its range is {limits.lower[worst]:.3g} to {limits.upper[worst]:.3g}"
        )
    placement = body.place(posture)
    (left, left_at), (right, right_at) = (body.locate(placement, sole) for sole in body.soles)
    apart = left.T @ (right_at - left_at)
    if abs(apart[2]) > LEVEL_WITHIN_M or left[:, 2] @ right[:, 2] < LEVEL_WITHIN_COSINE:
        return "the soles do not lie on one plane"
    centre = left.T @ (body.centre_of_mass(placement) - 0.5 * (left_at + right_at))
    reach = BALANCED_SHARE * 0.5 * min(foot.length for foot in robot.feet)
    aside = BALANCED_SHARE * 0.5 * (min(foot.width for foot in robot.feet) + abs(apart[1]))
    if abs(centre[0]) > reach or abs(centre[1]) > aside:
        return (
            f"the centre of mass is {centre[0]:.3f} m ahead and {centre[1]:.3f} m left of the "
            f"middle of the feet; at most {reach:.3f} and {aside:.3f} m keep it over them"
        )
    return ""


def _not_below(body: Body, position: np.ndarray, number: int) -> str:
    """Say why posture `number` does not follow the one before it; empty where it does."""
    if number == 0:
        return ""
    before, here = position[number - 1 : number + 1]
    if np.array_equal(before, here):
        return "it is equal to the row before it"
    rise = _height(body, here) - _height(body, before)
    if rise > RISE_AT_MOST_M:
        return f"the body rises by {1e3 * rise:.0f} mm, but the path leads down"
    return ""


def _height(body: Body, posture: np.ndarray) -> float:
    """Return the height of the centre of mass over the left sole, m."""
    placement = body.place(posture)
    sole, sole_at = body.locate(placement, body.soles[0])
    return float(sole[:, 2] @ (body.centre_of_mass(placement) - sole_at))
