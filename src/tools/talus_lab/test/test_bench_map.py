# SPDX-License-Identifier: Apache-2.0
"""Checks the benchmark of the map: its world, its figures, and what it says of absent peers."""

import argparse

import numpy as np
import pytest
from talus_lab.bench import map as bench
from talus_lab.bench.map import growth, peers, timing, world


def test_depth_of_a_wall_is_its_distance():
    wall = ((2.0, -9.0, -9.0), (3.0, 9.0, 9.0))
    shot = world.shoot((wall,), world.pose_at(0.0, 0.0, 0.0, 0.0), world.SMALL_CAMERA, 0)
    np.testing.assert_allclose(shot.exact, 2.0, rtol=1e-6)
    assert 0.0 < np.std(shot.measured) < 0.02


def test_seen_voxels_are_those_of_the_surface():
    wall = ((2.0, -9.0, -9.0), (3.0, 9.0, 9.0))
    shot = world.shoot((wall,), world.pose_at(0.0, 0.0, 0.0, 0.0), world.SMALL_CAMERA, 0)
    voxels = world.seen_voxels([shot], world.SMALL_CAMERA, 0.05)
    assert set(voxels[:, 0]) == {40}
    assert len(voxels) > 1000


def test_the_walk_in_the_hall_sees_all_of_it():
    length, width = growth.QUICK_HALL_M
    places = np.array([pose.position for pose in world.walk_in_hall(length, width)])
    assert places[:, 0].min() < 2.0 and places[:, 0].max() > length - 2.0
    assert places[:, 1].min() < 4.0 and places[:, 1].max() > width - 4.0


def test_ratios_are_of_the_median_times():
    rows = [
        {"map": "talus", "ms_p50": 2.0, "iou": 0.8},
        {"map": "octomap", "ms_p50": 100.0, "iou": 0.5},
    ]
    assert bench._ratios(rows, "5cm") == {
        "map_ms_5cm": 2.0,
        "map_ratio_octomap_5cm": 50.0,
        "map_iou_true": 0.8,
        "map_iou": 1.6,
    }


def test_figures_without_peers(monkeypatch):
    """Plays all of it, small: coarse voxels, few images, a hall of 6 x 6 m."""
    monkeypatch.setattr(bench, "RESOLUTIONS_M", (0.1,))
    monkeypatch.setattr(bench, "JUDGED_M", 0.1)
    monkeypatch.setattr(timing, "makers", lambda: [])
    monkeypatch.setattr(growth, "QUICK_HALL_M", (6.0, 6.0))
    monkeypatch.setattr("talus_lab.bench.map.queries.MERGED_BLOCKS", 500)
    report = bench.run(argparse.Namespace(quick=True))
    assert set(report.summary) >= {
        *("map_ms_10cm", "map_iou_true", "mb_per_1000_m2_5cm", "distance_field_ms"),
        *("elevation_ms", "merge_50k_blocks_ms", "moving_trace_s", "nearest_10k_ms"),
    }
    assert [row["map"] for row in report.rows] == ["talus", "talus_numpy"]
    assert report.rows[0]["iou"] == report.rows[1]["iou"] > 0.4
    assert report.summary["moving_trace_s"] <= 2.0
    assert report.summary["mb_per_1000_m2_5cm"] > 0.0
    assert not report.failures


@pytest.mark.parametrize("name", ["pyoctomap", "small_gicp"])
def test_an_absent_peer_is_named_with_what_brings_it(monkeypatch, name):
    monkeypatch.setattr(peers, "find_module", lambda asked: None)
    line = next(line for line in peers.absent() if line.startswith(name))
    assert peers.INSTALL_MAP_PEERS in line
