# SPDX-License-Identifier: Apache-2.0
"""Sorts test files into the marks `fast`, `sim` and `ros`, by what they import or say themselves.

`ros`: starts a ROS node or another process. `sim`: steps a simulated body, or plays many seconds of
robot time through gate, estimator, planner or map; where no import shows it, the file says
`pytestmark = pytest.mark.sim`. `fast`: all others, some ms each.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sources import ROOT, imported

ROS_MODULES = (
    "rclpy",
    "subprocess",
    "socket",
    "launch",
    "multiprocessing",
    "talus_cli.bootstrap.installing.venv",
)
SIM_MODULES = (
    "mujoco",
    "talus_simulation.mujoco_body",
    "talus_safety.gate",
    "talus_lab.bench",
    "talus_lab.scenario",
    "talus_lab.rig",
)
SIM_PACKAGES = ("talus_lab.golden", "talus_lab.training")
KINDS = ("fast", "sim", "ros")
_OWN_MARK = re.compile(r"^pytestmark = pytest\.mark\.(\w+)$", re.MULTILINE)


@cache
def _helpers() -> dict[str, Path]:
    """Return the helper modules that lie beside tests, by name."""
    folders = (ROOT / "tests", *(ROOT / "src").glob("*/*/test"))
    return {path.stem: path for folder in folders for path in folder.glob("*.py")}


@cache
def _modules(path: Path) -> frozenset[str]:
    """Return the dotted names that a test file imports, those of its helper modules included."""
    modules = {module for module, _ in imported(path)}
    names = modules | {f"{module}.{name}" for module, name in imported(path) if name}
    helpers = [
        _helpers()[name] for name in names if name in _helpers() and _helpers()[name] != path
    ]
    return frozenset(names.union(*(_modules(helper) for helper in helpers)))


def _has(modules: frozenset[str], wanted: tuple[str, ...]) -> bool:
    return any(name == want or name.startswith(f"{want}.") for name in modules for want in wanted)


@cache
def kind_of(path: Path) -> str:
    """Return the mark of all tests in a file."""
    if own := _OWN_MARK.search(path.read_text(encoding="utf-8")):
        return own[1]
    modules = _modules(path)
    if _has(modules, ROS_MODULES):
        return "ros"
    return "sim" if _has(modules, SIM_MODULES + SIM_PACKAGES) else "fast"
