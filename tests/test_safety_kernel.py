# SPDX-License-Identifier: Apache-2.0
"""Checks that the safety kernel is small, and that its tests run every line and branch of it."""

import ast
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sources import PACKAGES, imports

PACKAGE = PACKAGES["talus_safety"]
SOURCE = PACKAGE / "talus_safety"
# The kernel is this folder: what lies here decides, and so does all that it imports.
KERNEL_FILES = sorted(
    path for path in (SOURCE / "kernel").rglob("*.py") if path.name != "__init__.py"
)
KERNEL = tuple(path.relative_to(SOURCE).with_suffix("").as_posix() for path in KERNEL_FILES)
STATEMENTS_AT_MOST = 1800  # of which 420 measure the body
OUTSIDE = {
    "numpy",
    "yaml",
    "talus_core",
}  # what the kernel may import besides itself and the standard library
TESTS = (
    *(
        "ladder",
        "limiter",
        "phases",
        "monitors",
        "encoders",
        "drive_answers",
        "fall",
        "heat",
        "consistency",
        "supervisor",
        "watch",
        "silence",
        "config",
    ),
    *("imu_monitor", "plausible", "power", "body", "stance", "tilt", "rest"),
)


def test_kernel_is_small():
    trees = [ast.parse(path.read_text()) for path in KERNEL_FILES]
    count = sum(isinstance(node, ast.stmt) for tree in trees for node in ast.walk(tree))
    assert count <= STATEMENTS_AT_MOST


def test_kernel_is_closed_under_its_imports():
    foreign = {
        (path.name, name)
        for path in KERNEL_FILES
        for name in imports(path)
        if not name.startswith("talus_safety.kernel.") and name.split(".")[0] not in OUTSIDE
    }
    assert foreign == set()


def test_every_file_of_the_kernel_has_its_mutation_tests():
    source = (Path(__file__).parent / "mutate_safety_kernel.py").read_text()
    (tests_of,) = (
        ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "TESTS_OF"
    )
    assert {f"kernel/{name}" for name in tests_of} == set(KERNEL)


def test_every_line_and_branch_of_the_kernel_is_tested(tmp_path):
    report = coverage(tmp_path)
    measured = {Path(name).resolve(): item for name, item in report["files"].items()}
    missed = {
        path.name: (item["missing_lines"], item["missing_branches"])
        for path, item in measured.items()
    }
    assert missed == {path.name: ([], []) for path in KERNEL_FILES}


def coverage(folder: Path) -> dict:
    """Return the report of the tool `coverage` for the kernel's own tests.

    Raises CalledProcessError where one fails.
    """
    environment = {**os.environ, "COVERAGE_FILE": str(folder / "data"), "OMP_NUM_THREADS": "1"}
    include = "--include=" + ",".join(str(path.resolve()) for path in KERNEL_FILES)
    kernel_tests = [str(PACKAGE / "test" / f"test_safety_{name}.py") for name in TESTS]
    coverage_run = [sys.executable, "-m", "coverage", "run", "--branch", include]
    pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not depth_five"]
    command = [*coverage_run, *pytest, *kernel_tests]
    subprocess.run(command, env=environment, cwd=folder, stdout=sys.stderr, check=True)
    report = [sys.executable, "-m", "coverage", "json", "-q", "-o", "report.json"]
    subprocess.run(report, env=environment, cwd=folder, check=True)
    return json.loads((folder / "report.json").read_text())


if __name__ == "__main__":  # the benchmark asks for the share of lines and branches
    with tempfile.TemporaryDirectory() as name:
        total = coverage(Path(name))["totals"]
        parts = total["num_statements"] + total["num_branches"]
        print((total["covered_lines"] + total["covered_branches"]) / parts)
