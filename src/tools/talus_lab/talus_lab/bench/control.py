# SPDX-License-Identifier: Apache-2.0
"""Measures round trip, balance tick, speed and memory of the stack: `./talus bench control`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from talus_lab.bench.processes import free_port
from talus_lab.bench.report import BenchReport

ROUND_TRIPS = 3000
ROUND_TRIP_REPEATS = 2  # ours and the peer take turns, so that a change of load meets both
ROUND_TRIP_PEERS = ("fast_link", "single_threaded_executor")
ROUND_TRIP_MODULE = "talus_lab.bench.round_trip_node"
ROUND_TRIP_LIMIT_S = 120.0  # wall: ten times what it takes
WALK_OPTIONS = ["--seconds", "20", "--cmd-vel", "0.4", "0", "0"]
ALONE_OPTIONS = ["--headless", "--no-perception"]
STACK_RUNS = {
    "walk": ["--fast", *WALK_OPTIONS, *ALONE_OPTIONS],
    "full": ["--fast", *WALK_OPTIONS],  # perception, map and web view; no page is open
    "real_time": ["--real-time", *WALK_OPTIONS, *ALONE_OPTIONS],
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add nothing: this benchmark has no options of its own."""


def run(_: argparse.Namespace) -> BenchReport:
    """Measure everything, in about six minutes."""
    times = _round_trips()
    rows: list[Mapping[str, Any]] = [
        _round_trip_row(kind, results) for kind, results in times.items()
    ]
    runs = _stack_runs()
    rows += [runs[name].row(name) for name in STACK_RUNS]
    walk, full, real_time = (runs[name].row(name) for name in STACK_RUNS)
    summary = {
        "rtt_ms_p50": rows[0]["rtt_ms_p50"],
        "rtt_ms_p99": rows[0]["rtt_ms_p99"],
        "rtt_ms_p50_single_threaded_executor": rows[1]["rtt_ms_p50"],
        "rtt_ms_p99_single_threaded_executor": rows[1]["rtt_ms_p99"],
        "tick_ms_mean": walk["balance_tick_ms_mean"],
        "tick_ms_p99": walk["balance_tick_ms_p99"],
        "real_time_factor_walk": walk["real_time_factor"],
        "real_time_factor_full": full["real_time_factor"],
        "rss_mb_total": full["memory_mb"],
        "recorder_core_share": real_time["recorder_core_share"],
    }
    failures = [
        f"the run '{name}' ended with {watched.exit_code}"
        for name, watched in runs.items()
        if watched.exit_code
    ]
    return BenchReport("control", rows, summary, failures)


def _round_trips() -> dict[str, list[dict]]:
    results: dict[str, list[dict]] = {kind: [] for kind in ROUND_TRIP_PEERS}
    for _ in range(ROUND_TRIP_REPEATS):
        for kind in ROUND_TRIP_PEERS:
            results[kind].append(_round_trip(kind))
    return results


def _round_trip(kind: str) -> dict:
    """Measure between two new processes."""
    command = [sys.executable, "-m", ROUND_TRIP_MODULE]
    echo = subprocess.Popen([*command, "echo", kind])
    try:
        measure = [*command, "measure", kind, str(ROUND_TRIPS)]
        done = subprocess.run(
            measure, capture_output=True, text=True, check=True, timeout=ROUND_TRIP_LIMIT_S
        )
        return json.loads(done.stdout)
    finally:
        echo.terminate()
        echo.wait()


def _round_trip_row(kind: str, results: Sequence[dict]) -> dict[str, Any]:
    times = np.concatenate([result["times_ms"] for result in results])
    return {
        "round_trip": kind,
        "count": len(times),
        "rtt_ms_p50": float(np.percentile(times, 50)),
        "rtt_ms_p99": float(np.percentile(times, 99)),
        "cpu_ms_per_side": float(np.mean([result["cpu_ms"] for result in results])),
        "lost": sum(result["lost"] for result in results),
    }


def _stack_runs() -> dict[str, Any]:
    from talus_lab.bench.watch_node import watched_run  # imports rclpy

    return {
        name: watched_run([*options, "--port", str(free_port())])
        for name, options in STACK_RUNS.items()
    }
