# SPDX-License-Identifier: Apache-2.0
"""What the page shows of the world: frozen snapshots of each topic, and their newest values with their ages."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from talus_core.stop_levels import StopLevel

from talus_view.gauges import Odometer, RealTimeFactor

MODES = {
    **{0: "Limp", 1: "Seated", 2: "Standing up", 3: "Standing", 4: "Walking", 5: "Sitting down"},
    **{6: "Falling", 7: "Getting up"},
}
LEVEL_TITLES: dict[int, str] = {
    StopLevel.R0_RUN: "R0 Run",
    StopLevel.R1_DEGRADE: "R1 Degrade",
    StopLevel.R2_SAFE_STAND: "R2 Safe stand",
    StopLevel.R3_SIT_THEN_CUT: "R3 Sit, then cut",
    StopLevel.R4_PROTECTIVE_FALL: "R4 Fall",
    StopLevel.R5_CUT: "R5 Cut",
}


@dataclass(frozen=True)
class Joints:
    """Positions in rad by joint name."""

    positions: dict[str, float]


@dataclass(frozen=True)
class BasePose:
    """base_link in odom: (3,) m, quaternion, (3,) m/s and yaw rate rad/s in base_link."""

    position: np.ndarray
    quat_xyzw: np.ndarray
    velocity: np.ndarray
    yaw_rate: float


@dataclass(frozen=True)
class Voxels:
    """Occupied voxels: centres (n, 3) m, edge length m."""

    centres: np.ndarray
    size: float


@dataclass(frozen=True)
class GroundPicture:
    """Something flat on the ground: (h, w, 4) uint8 with row 0 at low y, cell size m, corner (3,) m, yaw rad."""

    pixels: np.ndarray
    resolution: float
    corner: np.ndarray
    yaw: float


@dataclass(frozen=True)
class Balance:
    """What balance reports; points (3,) and polygons (n, 3) in m, in odom."""

    mode: int
    left_contact: bool
    right_contact: bool
    centre_of_mass: np.ndarray
    capture_point: np.ndarray
    centre_of_pressure: np.ndarray
    capture_margin: float
    support_polygon: np.ndarray
    footsteps: np.ndarray


@dataclass(frozen=True)
class Safety:
    """What the safety supervisor asks."""

    level: int
    cause: str
    clears_by: str
    is_latched: bool
    is_armed: bool
    is_torque_permitted: bool


@dataclass(frozen=True)
class Battery:
    """Charge 0 to 1, V, A (negative while discharging)."""

    charge: float
    voltage: float
    current: float


@dataclass(frozen=True)
class Stamped:
    """A value and the wall time, s, at which it came."""

    value: object
    wall: float


@dataclass
class Scene:
    """The newest of everything; the keys of `latest` are the snapshots' types."""

    odometer: Odometer = field(default_factory=Odometer)
    real_time: RealTimeFactor = field(default_factory=RealTimeFactor)
    latest: dict[type, Stamped] = field(default_factory=dict)

    def put(self, value: object, wall: float) -> None:
        """Store a snapshot that came at `wall` s."""
        self.latest[type(value)] = Stamped(value, wall)
        if isinstance(value, BasePose):
            self.odometer.add(value.position)

    def get(self, kind: type, wall: float, at_most: float = float("inf")):
        """The newest snapshot of a kind if it is at most `at_most` s old at `wall`, else None."""
        stamped = self.latest.get(kind)
        return stamped.value if stamped is not None and wall - stamped.wall <= at_most else None


def spacing(centres: np.ndarray) -> float:
    """Edge length in m of the voxels whose `centres` (n, 3) lie on a grid: the least distance along any axis."""
    steps = [np.diff(np.unique(np.round(centres[:, axis], 4))) for axis in range(3)] if len(centres) else []
    gaps = np.concatenate(steps) if steps else np.zeros(0)
    gaps = gaps[gaps > 1e-3]  # m: no map has cells of a millimetre
    return float(gaps.min()) if len(gaps) else 0.05


def outline(points: np.ndarray) -> np.ndarray:
    """A polygon (n, 3) as line segments (n, 2, 3)."""
    return np.stack([points, np.roll(points, -1, axis=0)], axis=1)


def rectangle(centre: np.ndarray, yaw: float, length: float, width: float) -> np.ndarray:
    """Corners (4, 3) of a sole-shaped rectangle on the ground, m, rad."""
    forward = 0.5 * length * np.array([np.cos(yaw), np.sin(yaw), 0.0])
    left = 0.5 * width * np.array([-np.sin(yaw), np.cos(yaw), 0.0])
    return centre + np.array([forward + left, forward - left, -forward - left, -forward + left])
