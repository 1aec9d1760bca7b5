# SPDX-License-Identifier: Apache-2.0
"""Stores the edges of a frame tree from tf, and answers where a frame was at an instant."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from talus_core.errors import TalusError, unknown_name_message
from talus_core.transform import Pose, Transform, interpolated_pose, unit_pose

TRANSFORM_HISTORY_S = 10.0  # s kept per edge: tf2's default
_TIME_TOLERANCE_S = 1e-6  # s: stamps carry nanoseconds, times here are floats of wall-clock size
_STATIC_TIME_S = -math.inf  # s, time of a static edge's only pose


class TransformError(TalusError):
    """Roots the errors of storing or looking up a frame."""


class UnknownFrameError(TransformError):
    """Says that no edge has named the frame that is asked for; the message lists near ones."""

    def __init__(self, frame: str, known: Iterable[str]):
        super().__init__(unknown_name_message("frame", frame, known))


class DisconnectedFramesError(TransformError):
    """Says that two known frames have no path between them."""


class ExtrapolationError(TransformError):
    """Says that an instant lies outside what an edge has stored.

    `is_early` tells whether the pose is not known yet; otherwise it was forgotten.
    """

    def __init__(self, child: str, time: float, first: float, last: float):
        self.is_early = time > last
        super().__init__(
            f"frame '{child}' is known from {first:.3f} to {last:.3f} s, not at {time:.3f} s"
        )


@dataclass
class _Edge:
    """Holds the poses of one child in its parent, ordered by time."""

    parent: str
    times: list[float] = field(default_factory=list)
    poses: list[Pose] = field(default_factory=list)

    @property
    def is_static(self) -> bool:
        return bool(self.times) and self.times[0] == _STATIC_TIME_S


class TransformBuffer:
    """Holds the edges of one frame tree and interpolates them in time. Not thread-safe."""

    def __init__(self, history: float = TRANSFORM_HISTORY_S):
        self._history = history
        self._edges: dict[str, _Edge] = {}

    def frames(self) -> set[str]:
        """Return every frame that some edge has named."""
        return set(self._edges) | {edge.parent for edge in self._edges.values()}

    def newest_time(self) -> float:
        """Return the newest time of any edge that moves, s; -inf where there is none."""
        return max((edge.times[-1] for edge in self._edges.values()), default=_STATIC_TIME_S)

    def newest_time_of(self, frame: str) -> float:
        """Return the newest time of a frame in its parent, s; -inf where it is not known."""
        edge = self._edges.get(frame)
        return edge.times[-1] if edge is not None else _STATIC_TIME_S

    def set_static(
        self, parent: str, child: str, position: Iterable[float], quat_xyzw: Iterable[float]
    ) -> None:
        """Store a pose (m, unit quaternion) that holds at all times, in place of the old edge.

        Raises TransformError where the pose or the edge is not possible.
        """
        pose = _checked(child, position, quat_xyzw)
        edge = self._new_edge(parent, child)
        edge.times = [_STATIC_TIME_S]
        edge.poses = [pose]

    def set(
        self,
        parent: str,
        child: str,
        time: float,
        position: Iterable[float],
        quat_xyzw: Iterable[float],
    ) -> None:
        """Store a pose (m, unit quaternion) at an instant, s. Raises TransformError.

        Poses older than the history are forgotten; another parent, or a clock that started again,
        makes the whole edge be forgotten.
        """
        pose = _checked(child, position, quat_xyzw)
        edge = self._edges.get(child)
        if (
            edge is None
            or edge.parent != parent
            or edge.is_static
            or time < edge.times[-1] - self._history
        ):
            edge = self._new_edge(parent, child)
        place = bisect_left(edge.times, time)
        if edge.times[place : place + 1] == [time]:
            edge.poses[place] = pose
            return
        edge.times.insert(place, time)
        edge.poses.insert(place, pose)
        forgotten = bisect_left(edge.times, edge.times[-1] - self._history)
        del edge.times[:forgotten], edge.poses[:forgotten]

    def lookup_many(
        self, target: str, sources: Iterable[str], time: float | None = None
    ) -> dict[str, Transform]:
        """Return the poses of several frames in `target` at one instant.

        The instant is `time`, s, or the newest that all the paths know. Edges that several paths
        share are interpolated once.

        Raises UnknownFrameError, DisconnectedFramesError or ExtrapolationError.
        """
        chains = {frame: self._chain(frame) for frame in (target, *sources)}
        ancestor = _common_ancestor(target, chains)
        if time is None:
            time = self._newest(chains, ancestor)
        in_ancestor = {ancestor: Transform.identity()}
        ancestor_in_target = self._pose(target, time, in_ancestor).inverse()
        return {
            frame: ancestor_in_target @ self._pose(frame, time, in_ancestor) for frame in chains
        }

    def newest(self, parent: str, child: str) -> Transform | None:
        """Return the newest pose of `child` in `parent`; None where there is no such edge."""
        edge = self._edges.get(child)
        if edge is None or edge.parent != parent:
            return None
        return Transform.from_pose(edge.poses[-1])

    def _pose(self, frame: str, time: float, known: dict[str, Transform]) -> Transform:
        """Return the frame's pose in the ancestor that `known` starts with.

        Frames on the way are remembered in `known`.
        """
        if frame not in known:
            edge = self._edges[frame]
            known[frame] = self._pose(edge.parent, time, known) @ _at(edge, frame, time)
        return known[frame]

    def _newest(self, chains: dict[str, list[str]], ancestor: str) -> float:
        """Return the newest instant that every moving edge below the ancestor knows, or +inf, s."""
        children = {child for chain in chains.values() for child in chain[: chain.index(ancestor)]}
        last_times = (self._edges[child].times[-1] for child in children)
        return min((time for time in last_times if time != _STATIC_TIME_S), default=math.inf)

    def _chain(self, frame: str) -> list[str]:
        """Return the frame, its parent, and so on up to the root."""
        chain = [frame]
        while (edge := self._edges.get(chain[-1])) is not None:
            chain.append(edge.parent)
        if len(chain) == 1 and frame not in (known := self.frames()):
            raise UnknownFrameError(frame, known)
        return chain

    def _new_edge(self, parent: str, child: str) -> _Edge:
        above = self._chain(parent) if parent in self.frames() else [parent]
        if child in above:
            loop = " -> ".join((child, *above[: above.index(child) + 1]))
            raise TransformError(f"frames would form a loop: {loop}")
        self._edges[child] = _Edge(parent)
        return self._edges[child]


def _common_ancestor(target: str, chains: dict[str, list[str]]) -> str:
    """Return the lowest frame that is on every chain."""
    for frame, chain in chains.items():
        if chain[-1] != chains[target][-1]:
            roots = f"their roots are '{chain[-1]}' and '{chains[target][-1]}'"
            raise DisconnectedFramesError(f"no path from '{frame}' to '{target}': {roots}")
    return next(
        frame for frame in chains[target] if all(frame in chain for chain in chains.values())
    )


def _checked(child: str, position: Iterable[float], quat_xyzw: Iterable[float]) -> Pose:
    try:
        return unit_pose(position, quat_xyzw)
    except ValueError as error:
        raise TransformError(f"frame '{child}': {error}") from error


def _at(edge: _Edge, child: str, time: float) -> Transform:
    times = edge.times
    poses = edge.poses
    if edge.is_static or time == math.inf:
        return Transform.from_pose(poses[-1])
    if not times[0] - _TIME_TOLERANCE_S <= time <= times[-1] + _TIME_TOLERANCE_S:
        raise ExtrapolationError(child, time, times[0], times[-1])
    after = min(bisect_right(times, time), len(times) - 1)
    before = max(after - 1, 0)
    if after == before:
        return Transform.from_pose(poses[0])
    share = (time - times[before]) / (times[after] - times[before])
    return Transform.from_pose(
        interpolated_pose(poses[before], poses[after], min(max(share, 0.0), 1.0))
    )
