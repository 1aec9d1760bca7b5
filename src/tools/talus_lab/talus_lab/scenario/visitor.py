# SPDX-License-Identifier: Apache-2.0
"""Lets a person walk up to the robot, seen by noisy depth and the map's own code."""

from __future__ import annotations

import numpy as np
from talus_balance.balance_types import BalanceReport
from talus_core.pinhole import Pinhole
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.transform import Transform
from talus_map.mapper import MapConfig, Mapper
from talus_simulation.cameras.depth_noise import DepthNoise, NoisyDepth
from talus_simulation.mujoco_body.driver import MujocoDriver

from talus_lab.rig.eyes import stance_of, view_of

VISITED_CAMERA = "front_left"
VISITOR_IMAGE_PERIOD_S = 1.0 / 12.0  # rate_hz of the cameras
# Every other pixel of the camera's reaches the map: pixel_step of the map.
VISITOR_IMAGE_WIDTH_PX = 160
VISITOR_IMAGE_HEIGHT_PX = 120
# An upright cylinder as wide and tall as a grown person.
VISITOR_RADIUS_M = 0.2
VISITOR_HEIGHT_M = 1.75
CONTACT_DISTANCE_M = 0.5  # from the pelvis: there the visitor would touch the robot
CONTACT_AFTER_S = 3.0  # until the contact, if neither slows down
VISITOR_PACE_MPS = 1.6  # ISO 13855


class Visitor:
    """Begins straight ahead of the robot; call `look` every tick."""

    def __init__(self, driver: MujocoDriver, speed: float, seed: int):
        """Begin to walk; `speed`: m/s, 0 for the usual one."""
        truth = driver.ground_truth()
        self._driver = driver
        self._speed = speed or VISITOR_PACE_MPS
        self._began = driver.time
        ahead = matrix_from_quat_xyzw(truth.quat_xyzw)[:2, 0]
        self._ahead = ahead / np.hypot(*ahead)
        closing = self._speed + max(float(truth.linear_velocity[:2] @ self._ahead), 0.0)
        distance = CONTACT_DISTANCE_M + CONTACT_AFTER_S * closing
        self._start = truth.position[:2] + distance * self._ahead
        self._pinhole: Pinhole = driver.sight.intrinsics(
            VISITED_CAMERA, VISITOR_IMAGE_WIDTH_PX, VISITOR_IMAGE_HEIGHT_PX
        )
        self._noise = NoisyDepth(DepthNoise(), seed)
        self._mapper = Mapper(MapConfig(pixel_step=1))
        self._ticks_per_image = round(VISITOR_IMAGE_PERIOD_S / driver.period)

    @property
    def place(self) -> np.ndarray:
        """Return the visitor's place, (2,) m in the world, at least a step short of the robot."""
        here = self._start - self._speed * (self._driver.time - self._began) * self._ahead
        left = float((here - self._driver.ground_truth().position[:2]) @ self._ahead)
        return here + max(CONTACT_DISTANCE_M - left, 0.0) * self._ahead

    def look(self, report: BalanceReport | None) -> np.ndarray | None:
        """Return what `map/moving` would say.

        Returns:
            (n, 4) m and m/s of each body that moves; None where the map says nothing.
        """
        stance = stance_of(report)
        if stance is None:
            return None
        if round(self._driver.time / self._driver.period) % self._ticks_per_image:
            return None
        view = view_of(
            self._driver,
            stance,
            VISITED_CAMERA,
            pinhole=self._pinhole,
            noise=self._noise,
            scene=self._stand_in_view,
        )
        self._mapper.integrate(view)
        rows = [(*body.nearest, *body.velocity) for body in self._mapper.moving]
        return np.array(rows) if rows else None

    def _stand_in_view(self, depth: np.ndarray, camera_in_world: Transform) -> np.ndarray:
        """Return the depth image (h, w) m with the visitor in it."""
        rays = self._pinhole.rays().reshape(-1, 3).astype(float) @ camera_in_world.rotation.T
        start = camera_in_world.position[:2] - self.place
        # Nearer root of a quadratic: the ray's level part meets the circle of the cylinder.
        a = (rays[:, :2] ** 2).sum(axis=1)
        b = rays[:, :2] @ start
        root = b**2 - a * (start @ start - VISITOR_RADIUS_M**2)
        along = (-b - np.sqrt(np.maximum(root, 0.0))) / np.maximum(a, 1e-12)
        height = camera_in_world.position[2] + along * rays[:, 2]
        floor = self._driver.soles[:, 2].min()
        is_hit = (
            (root > 0.0) & (along > 0.0) & (height > floor) & (height < floor + VISITOR_HEIGHT_M)
        )
        seen = np.where(is_hit, along, np.inf).reshape(depth.shape).astype(np.float32)
        # NaN: the robot's own arms hide the visitor.
        return np.where(np.isnan(depth), depth, np.minimum(depth, seen))
