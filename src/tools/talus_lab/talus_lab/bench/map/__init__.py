# SPDX-License-Identifier: Apache-2.0
"""Measures the map beside OctoMap in one run, on one core: `./talus bench map`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from math import isnan
from typing import TYPE_CHECKING, Any

from talus_lab.bench.progress import BenchProgress
from talus_lab.bench.report import BenchReport

if TYPE_CHECKING:
    from collections.abc import Sequence

QUICK_IMAGES = 2
IMAGES = 20  # that are timed at each resolution
PEER_IMAGES = 2  # of those: OctoMap takes seconds for each at 2 cm
RESOLUTIONS_M = (0.05, 0.02)
JUDGED_M = 0.05  # resolution at which the maps are compared with the true room


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that only this benchmark has."""
    parser.add_argument("--quick", action="store_true", help="fewer images, a smaller hall")


def run(arguments: argparse.Namespace) -> BenchReport:
    """Measure everything, in about five minutes; peers that are not installed are named."""
    from talus_lab.bench.map import growth, localisation, peers, queries, timing

    progress = BenchProgress("map")
    images = QUICK_IMAGES if arguments.quick else IMAGES
    rows: list[Mapping[str, Any]] = []
    summary: dict[str, float] = {}
    notes: list[str] = []
    for resolution in RESOLUTIONS_M:
        progress.show(f"{len(rows)} rows", f"images at {100.0 * resolution:g} cm")
        figures = timing.time_images(
            resolution, images, min(images, PEER_IMAGES), resolution == JUDGED_M
        )
        rows += figures
        summary |= _ratios(figures, f"{100.0 * resolution:g}cm")
    notes += peers.absent()
    for name, measure in (
        ("distances, heights, merging", queries.measure_queries),
        ("memory of a hall", growth.measure_growth),
        ("a person who leaves", growth.measure_trace),
        ("walks of 50 m", localisation.measure_localisation),
    ):
        progress.show(f"{len(rows)} rows", name)
        summary |= measure(arguments.quick)
    return BenchReport("map", rows, summary, notes=notes)


def _ratios(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, float]:
    """Return the time of ours, how many times longer others take, and the quality of both."""
    by_map = {row["map"]: row for row in rows}
    ours = by_map["talus"]
    found = {f"map_ms_{name}": ours["ms_p50"]}
    for other, row in by_map.items():
        if other != "talus":
            found[f"map_ratio_{other}_{name}"] = row["ms_p50"] / ours["ms_p50"]
    if not isnan(ours["iou"]):
        found["map_iou_true"] = ours["iou"]
        if "octomap" in by_map:
            found["map_iou"] = ours["iou"] / by_map["octomap"]["iou"]
    return found
