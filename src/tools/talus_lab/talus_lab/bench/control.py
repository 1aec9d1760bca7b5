# SPDX-License-Identifier: Apache-2.0
"""`./talus bench control`: round trip from state to command, balance tick, speed and memory of the whole stack."""

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
REPEATS = 2  # ours and the peer take turns, so that a change of load meets both
PEERS = ("fast_link", "single_threaded_executor")
ROUND_TRIP = "talus_lab.bench.round_trip_node"
WITHIN_S = 120.0
WALK, ALONE = ["--seconds", "20", "--cmd-vel", "0.4", "0", "0"], ["--headless", "--no-perception"]
RUNS = {
    "walk": ["--fast", *WALK, *ALONE],
    "full": ["--fast", *WALK],  # perception, map and web view; nobody watches the page
    "real_time": ["--real-time", *WALK, *ALONE],
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """It has none of its own."""


def run(_: argparse.Namespace) -> BenchReport:
    """Everything, about six minutes."""
    times = _round_trips()
    rows: list[Mapping[str, Any]] = [_round_trip_row(kind, results) for kind, results in times.items()]
    runs = _stack_runs()
    rows += [runs[name].row(name) for name in RUNS]
    walk, full, real_time = (runs[name].row(name) for name in RUNS)
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
        f"the run '{name}' ended with {watched.exit_code}" for name, watched in runs.items() if watched.exit_code
    ]
    return BenchReport("control", rows, summary, failures)


def _round_trips() -> dict[str, list[dict]]:
    results: dict[str, list[dict]] = {kind: [] for kind in PEERS}
    for _ in range(REPEATS):
        for kind in PEERS:
            results[kind].append(_round_trip(kind))
    return results


def _round_trip(kind: str) -> dict:
    """Between two new processes."""
    command = [sys.executable, "-m", ROUND_TRIP]
    echo = subprocess.Popen([*command, "echo", kind])
    try:
        measure = [*command, "measure", kind, str(ROUND_TRIPS)]
        done = subprocess.run(measure, capture_output=True, text=True, check=True, timeout=WITHIN_S)
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

    return {name: watched_run([*options, "--port", str(free_port())]) for name, options in RUNS.items()}
