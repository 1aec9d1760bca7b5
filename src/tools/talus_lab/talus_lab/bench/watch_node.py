# SPDX-License-Identifier: Apache-2.0
"""Runs the whole stack as its user would, and watches its diagnostics and memory meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from talus_ros.conversions import seconds
from talus_ros.fast_link_node import FastLink

from talus_lab.bench.processes import cpu_seconds, find_descendant, tree_memory_mb

MEMORY_PERIOD_S = 2.0  # wall, between two looks at the memory
RECORDER_WORD = "recorder_node"  # in the command line of its process
RUN_LIMIT_S = 900.0  # wall: a run of 20 simulated s that takes longer has hung
DIAGNOSTICS_QOS = QoSProfile(depth=10)


@dataclass
class WatchedRun:
    """Holds what was seen of one run of the stack.

    Attributes:
        exit_code: Exit code of the run.
        summary: What the run wrote with --json; empty if it wrote nothing.
        memory_mb: PSS of all processes, at its highest.
        tick_mean_ms, tick_p99_ms: CPU time of the balance tick in each simulated second of walking.
        driver_mean_ms: CPU time of the driver's loop per tick, in each simulated second.
        recorder_cpu: (simulated s, CPU s of the recorder so far), each simulated s of walking.
    """

    exit_code: int = -1
    summary: dict = field(default_factory=dict)
    memory_mb: float = 0.0
    tick_mean_ms: list[float] = field(default_factory=list)
    tick_p99_ms: list[float] = field(default_factory=list)
    driver_mean_ms: list[float] = field(default_factory=list)
    recorder_cpu: list[tuple[float, float]] = field(default_factory=list)

    @property
    def recorder_core_share(self) -> float:
        """CPU s of the recorder per simulated s of walking; 0 where it was not seen."""
        if len(self.recorder_cpu) < 2:
            return 0.0
        begin, before = self.recorder_cpu[0]
        end, after = self.recorder_cpu[-1]
        return (after - before) / (end - begin)

    def row(self, name: str) -> dict:
        """Return the row of a benchmark's table; times are means over the seconds of walking."""
        return {
            "run": name,
            "exit_code": self.exit_code,
            "real_time_factor": self.summary.get("real_time_factor", 0.0),
            "distance_m": self.summary.get("distance_m", 0.0),
            "fell": self.summary.get("fell", True),
            "balance_tick_ms_mean": mean(self.tick_mean_ms or [0.0]),
            "balance_tick_ms_p99": mean(self.tick_p99_ms or [0.0]),
            "driver_tick_ms_mean": mean(self.driver_mean_ms or [0.0]),
            "recorder_core_share": self.recorder_core_share,
            "memory_mb": self.memory_mb,
        }

    def hear(self, message: DiagnosticArray, recorder_cpu: float = 0.0) -> None:
        """Take the ticks' CPU times from the nodes' diagnostics; `recorder_cpu`: s so far."""
        for status in message.status:
            values = {item.key: item.value for item in status.values}
            if status.name.endswith("balance") and values.get("mode") == "WALKING":
                self.tick_mean_ms.append(float(values["tick_cpu_ms_mean"]))
                self.tick_p99_ms.append(float(values["tick_cpu_ms_p99"]))
                if recorder_cpu:
                    self.recorder_cpu.append((seconds(message.header.stamp), recorder_cpu))
            elif status.name.endswith("driver"):
                self.driver_mean_ms.append(float(values["tick_cpu_ms_mean"]))


def watched_run(options: list[str]) -> WatchedRun:
    """Run `./talus run` with these options to its end."""
    run = WatchedRun()
    with tempfile.TemporaryDirectory() as folder:
        summary = Path(folder) / "run.json"
        command = [sys.executable, "-m", "talus_cli.run", *options, "--json", str(summary)]
        process = subprocess.Popen(command, stdout=sys.stderr)
        try:
            _watch(process, run)
        finally:
            if process.poll() is None:
                process.terminate()
            run.exit_code = process.wait()
        if summary.is_file():
            run.summary = json.loads(summary.read_text())
    return run


def _watch(process: subprocess.Popen, run: WatchedRun) -> None:
    context = rclpy.Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    try:
        link = FastLink(rclpy.create_node("bench", context=context))
        recorder: int | None = None

        def hear(message: DiagnosticArray) -> None:
            run.hear(message, cpu_seconds(recorder) if recorder else 0.0)

        link.subscribe(DiagnosticArray, "diagnostics", hear, DIAGNOSTICS_QOS)
        until = time.monotonic() + RUN_LIMIT_S
        next_look = 0.0
        while process.poll() is None and time.monotonic() < until:
            link.wait(0.2)
            if time.monotonic() >= next_look:
                recorder = recorder or find_descendant(process.pid, RECORDER_WORD)
                run.memory_mb = max(run.memory_mb, tree_memory_mb(process.pid))
                next_look = time.monotonic() + MEMORY_PERIOD_S
    finally:
        rclpy.shutdown(context=context)
