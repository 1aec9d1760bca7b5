# SPDX-License-Identifier: Apache-2.0
"""Fuses depth images of a robot's cameras into the voxel map and the elevation map."""

# M map frame, O odometry's frame, C camera's optical frame

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.parameters import parameter, section
from talus_core.transform import Transform
from talus_core.vision.depth_view import DepthView
from talus_core.vision.self_filter import SelfFilter

from talus_map.layers.elevation import ElevationConfig, ElevationGrid
from talus_map.layers.moving import MovingBody, MovingConfig, MovingFinder
from talus_map.layers.occupancy import OccupancyConfig, OccupancyGrid, project
from talus_map.voxels.open_space import OpenSpace
from talus_map.voxels.projection import DepthSensor, end_points, placed
from talus_map.voxels.shared_map import SharedMap

OWN_SOURCE = "cameras"  # of this robot: the layer of the map that they alone change


@dataclass(frozen=True)
class MapConfig:
    """Hold the parameters of the map."""

    resolution_m: float = parameter(0.05, "Edge of a voxel: half a foot's width.", 0.02, 0.5)
    most_blocks: int = parameter(
        200_000, "Blocks of 8^3 voxels that are stored: 100 MB, 12 800 m^3.", 1000, 2_000_000
    )
    min_range_m: float = parameter(
        0.2, "Nearer depth is not used: the stereo cameras' shortest is 0.15.", 0.0, 2.0
    )
    max_range_m: float = parameter(
        4.5,
        "Farther depth is not used: its deviation is 3.4 cm, and a floor is seen under 20 degrees.",
        0.5,
        20.0,
    )
    noise_per_m2: float = parameter(
        0.0017, "Deviation of depth over depth squared, 1/m, of the cameras.", 0.0, 0.1
    )
    pixel_step: int = parameter(
        2,
        "Every n-th pixel and row gives an end point, in turns; at 2, 4.5 m away, they are "
        "a voxel apart.",
        1,
        8,
    )
    elevation: ElevationConfig = section(ElevationConfig)
    occupancy: OccupancyConfig = section(OccupancyConfig)
    moving: MovingConfig = section(MovingConfig)


class Mapper:
    """Holds all that is known of the surroundings.

    Attributes:
        shared: What all sources know of occupied, free and unknown space.
        voxels: What this robot's cameras know of it: one layer of `shared`.
        elevation: Ground around the robot.
        moving: Bodies that move, in the newest image, in O; the nearest first.
        odom_in_map: Pose of O in M, as the localiser has it. Voxels lie in M; the ground at the
            feet in O, which never jumps.
        views: Images fused since the start or the last `clear`.
    """

    def __init__(self, config: MapConfig | None = None, self_filter: SelfFilter | None = None):
        self._config = config or MapConfig()
        self._sensor = DepthSensor(
            self._config.min_range_m, self._config.max_range_m, self._config.noise_per_m2
        )
        self.self_filter = self_filter or SelfFilter(())
        self.shared = SharedMap(self._config.resolution_m, self._config.most_blocks)
        self.voxels = self.shared.layer(OWN_SOURCE)
        self.elevation = ElevationGrid(self._config.elevation)
        self._finder = MovingFinder(self._config.moving)
        self.moving: list[MovingBody] = []
        self.odom_in_map = Transform.identity()
        self.views = 0
        self._feet = np.zeros(3)

    def clear(self) -> None:
        """Forget all voxels, heights and moving bodies."""
        self.shared.clear()
        self.elevation.clear()
        self._finder.clear()
        self.moving = []
        self.views = 0

    def integrate(self, view: DepthView) -> None:
        """Fuse one image; points on the robot's own body are left out."""
        step = self._config.pixel_step
        first = divmod(
            self.views % step**2, step
        )  # another pixel of each step x step in every image
        seen = end_points(view.depth, view.camera, self._sensor, step, first)
        points = placed(seen, view.camera_in_odom)
        kept = np.flatnonzero(self.self_filter.keep(points, view.links_in_odom))
        points = points.take(kept, axis=0)
        seen = seen.take(kept, axis=0)
        camera_in_map = self.odom_in_map @ view.camera_in_odom
        feet = self.odom_in_map.rotation @ view.feet + self.odom_in_map.position
        open_space = OpenSpace(view.depth, view.camera, camera_in_map, self._sensor)
        hits = self.voxels.hits_of(placed(seen, camera_in_map))
        hits = hits.only(open_space.can_clear(hits.voxels, self.voxels.resolution))
        map_in_odom = self.odom_in_map.inverse()
        moving = self._finder.step(self.voxels, hits.voxels, feet, view.time)
        self.moving = [body.seen_from(map_in_odom) for body in moving]
        self.voxels.fuse(hits, open_space.find(self.voxels.block_size), view.time)
        self.voxels.settle(view.time)
        self.voxels.keep_near(feet)
        self.elevation.centre_on(view.feet[:2])
        variances = self._height_variances(seen, view.camera_in_odom)
        self.elevation.integrate(points, variances, float(view.feet[2]), view.time)
        self._feet = feet
        self.views += 1

    def occupancy(self) -> OccupancyGrid:
        """Return the voxel map from above, at the robot's last footprint."""
        return project(self.voxels, self._feet, self._config.occupancy)

    def _height_variances(self, points: np.ndarray, camera_in_odom: Transform) -> np.ndarray:
        """Return the variances of the points' heights, (n,) m^2.

        Depth noise moves a point along its ray; the slope of the ray turns that into height.
        """
        slope = (points / points[:, 2:]) @ camera_in_odom.rotation[2].astype(points.dtype)
        return (slope * self._sensor.deviation(points[:, 2])) ** 2
