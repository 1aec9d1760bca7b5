# SPDX-License-Identifier: Apache-2.0
"""Finds bodies that move by end points in space that was seen to be free, image after image.

A voxel map fuses slowly what passes quickly: at 1.6 m/s a surface is in a voxel for one image. So
an end point counts by itself where nothing can stand: its voxel was free, and nothing occupied or
unknown touches it (Schmid et al., Dynablox, 2023).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from talus_core.parameters import parameter
from talus_core.transform import Transform

from talus_map.voxels.block import UNKNOWN_VOXEL, is_free, is_occupied
from talus_map.voxels.voxel_map import VoxelMap

_AROUND = (
    np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3).astype(np.int32)
)
FASTEST_BODY_MPS = 4.0  # m/s, of a running person; two sightings farther apart are two bodies
BODY_APART_M = (
    0.3  # m that the centre of the visible part of a body may jump while other sides come into view
)
SPEED_SMOOTH_S = 0.3  # s, time constant of the smoothed speed


@dataclass(frozen=True)
class MovingConfig:
    """Define what counts as a body that moves."""

    lowest_m: float = parameter(
        0.2, "Over the feet: a floor's noise and the robot's own steps stay below.", 0.1, 1.0
    )
    highest_m: float = parameter(1.8, "Over the feet: as tall as the robot.", 0.5, 5.0)
    least_voxels: int = parameter(
        15, "Of a body in one image: a forearm; a person 4 m away shows 60.", 4, 200
    )
    width_m: float = parameter(0.6, "Of one body, from above: a person with arms.", 0.2, 2.0)
    images: int = parameter(3, "In a row in which a body must show.", 1, 10)
    gap_s: float = parameter(0.4, "Between two images of a body, at most.", 0.1, 1.0)


@dataclass(frozen=True)
class MovingBody:
    """Describe a body that moves, from above.

    Attributes:
        nearest: (2,) m, its point nearest to the robot's feet.
        centre: (2,) m, the centre of its visible part.
        velocity: (2,) m/s of that centre.
        time: s.
        images: Number of images in a row that showed it.
    """

    nearest: np.ndarray
    centre: np.ndarray
    velocity: np.ndarray
    time: float
    images: int = 1

    def seen_from(self, pose: Transform) -> MovingBody:
        """Return it in the frame in which its own has that pose, about the vertical alone."""
        turn = pose.rotation[:2, :2]
        return replace(
            self,
            nearest=turn @ self.nearest + pose.position[:2],
            centre=turn @ self.centre + pose.position[:2],
            velocity=turn @ self.velocity,
        )


class MovingFinder:
    """Follows moving bodies over images; call `step` with every image before it is fused."""

    def __init__(self, config: MovingConfig | None = None):
        self._config = config or MovingConfig()
        self._bodies: list[MovingBody] = []

    def clear(self) -> None:
        """Forget all bodies that were followed."""
        self._bodies = []

    def step(
        self, voxels: VoxelMap, hits: np.ndarray, feet: np.ndarray, time: float
    ) -> list[MovingBody]:
        """Return the bodies that showed in enough images, the nearest first.

        Args:
            voxels: All that was known before.
            hits: (n, 3) voxels with an end point of this image.
            feet: (3,) m, where the robot stands.
            time: s, of the image.
        """
        recent = [body for body in self._bodies if 0.0 < time - body.time <= self._config.gap_s]
        seen = [self._followed(body, recent, time) for body in self._bodies_in(voxels, hits, feet)]
        unseen = [body for body in recent if not any(body is old for _, old in seen)]
        self._bodies = [
            body for body, _ in seen
        ] + unseen  # a body outside this camera's view is not gone
        return [body for body, _ in seen if body.images >= self._config.images]

    def _bodies_in(
        self, voxels: VoxelMap, hits: np.ndarray, feet: np.ndarray
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return nearest point and centre of each body, (2,) m."""
        config = self._config
        size = voxels.resolution
        height = (hits[:, 2] + 0.5) * size - feet[2]
        free = hits[(height > config.lowest_m) & (height < config.highest_m)]
        free = free[is_free(voxels.values_of(free))]
        if len(free) < config.least_voxels:
            return []
        around = voxels.values_of((free[:, None] + _AROUND).reshape(-1, 3)).reshape(len(free), -1)
        places = (
            free[~(is_occupied(around) | (around == UNKNOWN_VOXEL)).any(axis=1)][:, :2] + 0.5
        ) * size
        bodies = []
        distance = np.hypot(*(places - feet[:2]).T)
        left = np.argsort(distance)
        while len(left) >= config.least_voxels:
            is_near = np.hypot(*(places[left] - places[left[0]]).T) < config.width_m
            members = left[is_near]
            left = left[~is_near]
            if len(members) >= config.least_voxels:
                bodies.append((places[members[0]], places[members].mean(axis=0)))
        return bodies

    @staticmethod
    def _followed(
        seen: tuple[np.ndarray, np.ndarray], recent: list[MovingBody], time: float
    ) -> tuple[MovingBody, MovingBody | None]:
        """Return the body that continues one seen before, and that earlier one."""
        nearest, centre = seen
        best = None
        least = np.inf
        for body in recent:
            jump = float(np.hypot(*(centre - body.centre)))
            if jump < min(least, BODY_APART_M + FASTEST_BODY_MPS * (time - body.time)):
                best = body
                least = jump
        if best is None:
            return MovingBody(nearest, centre, np.zeros(2), time), None
        dt = time - best.time
        speed = (centre - best.centre) / dt
        blend = max(dt / SPEED_SMOOTH_S, 1.0 / (best.images + 1.0) if best.images < 3 else 0.0)
        velocity = best.velocity + min(blend, 1.0) * (speed - best.velocity)
        return MovingBody(nearest, centre, velocity, time, best.images + 1), best
