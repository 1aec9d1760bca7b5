# SPDX-License-Identifier: Apache-2.0
"""The safety kernel: small, and every line and branch of it is run by its tests."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sources import PACKAGES

PACKAGE = PACKAGES["talus_safety"]
KERNEL = (
    *("ladder", "kernel", "permit", "watchdog", "decision", "gate_rules", "phases", "rules", "facts", "supervisor"),
    *("outside_rules", "limiter", "plausible", "monitors", "fall", "heat", "consistency"),
)
LINES_AT_MOST = 1500
TESTS = (
    *("ladder", "limiter", "phases", "monitors", "fall", "heat", "consistency", "supervisor", "watch", "config"),
    "plausible",
)
FEW_OF_THE_GATE = "imu or finite or fall or loss or finding"  # the gate itself is no part, but feeds plausible.py


def files() -> list[Path]:
    return [PACKAGE / "talus_safety" / f"{name}.py" for name in KERNEL]


def test_kernel_is_small():
    assert sum(len(path.read_text().splitlines()) for path in files()) <= LINES_AT_MOST


def test_every_line_and_branch_of_the_kernel_is_tested(tmp_path):
    report = coverage(tmp_path)
    measured = {Path(name).name: item for name, item in report["files"].items()}
    missed = {name: (item["missing_lines"], item["missing_branches"]) for name, item in measured.items()}
    assert missed == {path.name: ([], []) for path in files()}


def coverage(folder: Path) -> dict:
    """The report of the tool `coverage` for the kernel's own tests. Raises CalledProcessError where one fails."""
    environment = {**os.environ, "COVERAGE_FILE": str(folder / "data"), "OMP_NUM_THREADS": "1"}
    include = "--include=" + ",".join(f"*/talus_safety/{path.name}" for path in files())
    kernel_tests = [str(PACKAGE / "test" / f"test_safety_{name}.py") for name in TESTS]
    gate_tests = ["-k", FEW_OF_THE_GATE, str(PACKAGE / "test" / "test_safety_gate.py")]
    for chosen in (["-k", "not depth_five", *kernel_tests], gate_tests):
        pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
        command = [sys.executable, "-m", "coverage", "run", "--append", "--branch", include, *pytest]
        subprocess.run(command, env=environment, cwd=folder, stdout=sys.stderr, check=True)
    report = [sys.executable, "-m", "coverage", "json", "-q", "-o", "report.json"]
    subprocess.run(report, env=environment, cwd=folder, check=True)
    return json.loads((folder / "report.json").read_text())


if __name__ == "__main__":  # the benchmark asks for the share of lines and branches
    with tempfile.TemporaryDirectory() as name:
        total = coverage(Path(name))["totals"]
        parts = total["num_statements"] + total["num_branches"]
        print((total["covered_lines"] + total["covered_branches"]) / parts)
