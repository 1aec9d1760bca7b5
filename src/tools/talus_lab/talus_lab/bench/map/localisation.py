# SPDX-License-Identifier: Apache-2.0
"""Measures the localiser on rendered depth against the truth: drift, a kidnapping, CPU time."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from talus_localisation.level_pose import LevelPose
from talus_localisation.tracking.follower import Follower
from talus_simulation.mujoco_body.camera_puppet import CameraPuppet

from talus_lab.bench.map.rendered_walk import Drift, RenderedWalk, WalkedView, rounded_path
from talus_lab.rig.checkout import TALUS40_FOLDER

WALKED_WORLD = "factory"
SPACING_M = 0.1  # between two views: 5 Hz at 0.5 m/s
# Round the shelves: along the lane, back behind them, and again; 50 m.
ROUND = ((0.0, 0.0), (9.6, 0.0), (9.6, 3.9), (-0.3, 3.9))
CORNERS = (*ROUND, (-0.3, 0.0), *ROUND[1:], (-0.3, 0.0), (1.0, 0.0))
QUICK_VIEWS = 60
WALKS = 3
# To where a robot that stands in the lane is carried: the other end of the hall, looking back.
CARRIED_TO = LevelPose(np.array([9.0, -3.9, 0.0]), 2.6)
CARRIED_AFTER_VIEWS = 60
NOTICED_WITHIN_VIEWS = 50
BUDGET_HZ = 5.0  # of views, for the share of a core


@dataclass(frozen=True)
class WalkReport:
    """Holds how well a walk was followed.

    Attributes:
        errors: (n, 4) of x, y, z (m) and yaw (rad) in the robot's own frame, view by view.
        way: m.
        cpu_s: CPU time of each view, images to pose.
        lost: Views in which it was said to be lost.
        open_views: Views that left a direction to the odometry.
        loops: That were believed.
    """

    errors: np.ndarray
    way: float
    cpu_s: np.ndarray
    lost: int
    open_views: int
    loops: int


def follow(
    views: Iterable[WalkedView], follower: Follower, first: LevelPose | None = None
) -> WalkReport:
    """Let a follower follow views; it is told the truth of the `first` place and no other."""
    errors = []
    cpu = []
    way = 0.0
    lost = 0
    open_views = 0
    loops = 0
    before: LevelPose | None = None
    for view in views:
        first = first or view.truth
        started = time.process_time()
        estimate = None
        for image in view.images:
            estimate = follower.see(image, view.robot_in_odom) or estimate
        cpu.append(time.process_time() - started)
        assert estimate is not None  # every instant has all images
        believed = first @ estimate.odom_in_map @ view.robot_in_odom
        off = view.truth.inverse() @ believed
        errors.append([*off.position, off.yaw])
        lost += estimate.is_lost
        loops += len(estimate.loops)
        open_views += estimate.fit is not None and len(estimate.fit.open_directions) > 0
        way += float(np.linalg.norm((before or view.truth).change_to(view.truth)[:2]))
        before = view.truth
    return WalkReport(np.array(errors), way, np.array(cpu), lost, open_views, loops)


def measure_localisation(is_quick: bool) -> dict[str, float]:
    """Return errors of walks of 50 m in the factory with drifting odometry, and what they cost."""
    robot = CameraPuppet(TALUS40_FOLDER, WALKED_WORLD)
    path = rounded_path(CORNERS, SPACING_M)[: QUICK_VIEWS if is_quick else None]
    reports = []
    for seed in range(1 if is_quick else WALKS):
        follower = Follower(len(robot.cameras))
        follower.own_body = robot.own_body
        reports.append(follow(RenderedWalk(robot, Drift(), seed).along(path), follower))
    noticed = _noticed_s(robot, path[:CARRIED_AFTER_VIEWS])
    robot.close()
    errors = np.concatenate([report.errors for report in reports])
    ends = [np.linalg.norm(report.errors[-1, :2]) / report.way for report in reports]
    cpu = np.concatenate([report.cpu_s for report in reports])
    return {
        "position_error_p95_cm": 100.0
        * float(np.quantile(np.linalg.norm(errors[:, :2], axis=1), 0.95)),
        "yaw_error_p95_deg": float(np.degrees(np.quantile(np.abs(errors[:, 3]), 0.95))),
        "loop_error_share": float(np.max(ends)),
        "lost_noticed_s": noticed,
        "localisation_ms": 1e3 * float(np.median(cpu)),
        "localisation_ms_max": 1e3 * float(np.max(cpu)),
        "localisation_share_of_core": BUDGET_HZ * float(np.mean(cpu)),
        "localisation_lost_views": float(sum(report.lost for report in reports)),
        "localisation_walked_m": float(sum(report.way for report in reports)),
    }


def _noticed_s(robot: CameraPuppet, path: list[LevelPose]) -> float:
    """Return how long after it was carried off a robot says that it is lost; inf if it does not."""
    follower = Follower(len(robot.cameras))
    follower.own_body = robot.own_body
    walk = RenderedWalk(robot, Drift(), 0)
    follow(walk.along(path), follower)
    walk.carry(CARRIED_TO)
    begun: float | None = None
    for view in walk.along([CARRIED_TO] * NOTICED_WITHIN_VIEWS):
        begun = view.time if begun is None else begun
        for image in view.images:
            follower.see(image, view.robot_in_odom)
        if follower.estimate is not None and follower.estimate.is_lost:
            return view.time - begun
    return float("inf")
