# SPDX-License-Identifier: Apache-2.0
"""Builds the packages whose build inputs changed, with colcon."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path

from talus_cli.bootstrap.errors import BootstrapError
from talus_cli.bootstrap.installing.underlay import underlay
from talus_cli.bootstrap.preparing.fingerprint import package_folders
from talus_cli.bootstrap.process import run_logged
from talus_cli.bootstrap.progress import StepProgress
from talus_cli.bootstrap.workspace import Workspace

_NINJA_STEP = re.compile(r"\[(\d+)/(\d+)\]")


def brought_by_ros(workspace: Workspace) -> set[str]:
    """Return the stand-ins that the sourced installation makes needless."""
    if not workspace.distro:
        return set()
    prefixes = [
        Path(prefix) for prefix in workspace.foreign(os.environ.get("AMENT_PREFIX_PATH", ""))
    ]
    stand_ins = package_folders(workspace.root / "src" / "stand_ins")
    return {
        name
        for name in stand_ins
        if any((prefix / "share" / name / "package.xml").exists() for prefix in prefixes)
    }


def colcon_build(workspace: Workspace, packages: Collection[str], lock_fd: int) -> None:
    """Build just these packages.

    None compiles against another of ours, so nothing else needs a new build.
    """
    with StepProgress(f"building {len(packages)} of the workspace's packages") as progress:
        watch = _Watcher(progress, workspace.root, packages)
        log = workspace.state / "build.log"
        code, output = run_logged(
            _command(workspace, packages),
            log,
            watch,
            underlay(workspace, os.environ),
            [lock_fd],
            workspace.root,
        )
    if code:
        raise BootstrapError(f"the build failed: {_first_error(output)} (log: {log})")


def _command(workspace: Workspace, packages: Collection[str]) -> list[str | Path]:
    return [
        *(workspace.python, "-m", "colcon", "--log-base", workspace.colcon_log, "build"),
        *(
            "--base-paths",
            "src",
            "--build-base",
            workspace.build,
            "--install-base",
            workspace.install,
        ),
        *(
            "--merge-install",
            "--symlink-install",
            "--metas",
            "colcon.meta",
            "--event-handlers",
            "console_direct+",
        ),
        *("--packages-select", *sorted(packages)),
        *(
            "--cmake-args",
            "-G",
            "Ninja",
            "-DCMAKE_BUILD_TYPE=Release",
            f"-DPython3_EXECUTABLE={workspace.python}",
        ),
    ]


class _Watcher:
    """Turns colcon's lines into a fraction; a package that compiles reports its steps by itself."""

    def __init__(self, progress: StepProgress, root: Path, packages: Collection[str]):
        folders = package_folders(root / "src")
        self._progress = progress
        self._weights = {name: _weight(folders[name]) for name in packages}
        self._finished = 0
        self._running: list[str] = []
        self._within = 0.0

    def __call__(self, line: str) -> None:
        if line.startswith("Starting >>>"):
            self._running.append(line.split()[2])
        elif line.startswith("Finished <<<"):
            self._running.remove(line.split()[2])
            self._finished += self._weights[line.split()[2]]
            self._within = 0.0
        elif step := _NINJA_STEP.match(line):
            heaviest = max((self._weights[name] for name in self._running), default=0)
            self._within = int(step[1]) / int(step[2]) * heaviest
        done = (self._finished + self._within) / sum(self._weights.values())
        self._progress.update(done, ", ".join(self._running))


def _weight(folder: Path) -> int:
    """Return about how long a package takes to build, s: messages take most of it."""
    return 5 + 5 * len([*folder.glob("msg/*.msg"), *folder.glob("srv/*.srv")])


def _first_error(output: str) -> str:
    lines = [
        line
        for line in output.splitlines()
        if re.search(r"\berror\b|Error:|Failed +<<<", line, re.IGNORECASE)
    ]
    return " ".join((lines or output.splitlines()[-1:] or ["no output"])[0].split())
