# SPDX-License-Identifier: Apache-2.0
"""Installs the Python packages: pinned, hash-locked, and taken up again where a kill cut it."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from talus_cli.bootstrap.errors import BootstrapError
from talus_cli.bootstrap.process import run_logged
from talus_cli.bootstrap.progress import StepProgress
from talus_cli.bootstrap.workspace import Workspace

# Rows that a ROS installation brings itself, built against one another: ours would shadow them.
# Its messages are compiled for its numpy, often older than 2, which our scipy needs.
BROUGHT_BY_ROS = ("ros-", "numpy", "scipy", "empy", "lark-parser", "cmake")
# Needed to build the one row that has no wheel, and so installed before it.
BUILD_TOOLS = ("setuptools", "wheel")
DOWNLOAD_SHARE = 0.6  # of the time that pip takes; it downloads all, then unpacks all

_NO_NETWORK = "no network: connect this machine to a Python package index, then start again"
_CAUSES = {
    "No space left on device": "the disk is full: free some 3 GB, then start again",
    "DO NOT MATCH THE HASHES": "a downloaded package is not the one that config/python/lock.txt "
    "names: try again, or look for what changes downloads on the way",
    "Permission denied": "a folder of the workspace cannot be written: give it to this user, "
    "then start again",
    "CERTIFICATE_VERIFY_FAILED": "this machine does not trust the package index: "
    "install ca-certificates, or the certificate authority of your network, then start again",
    "Failed to establish a new connection": _NO_NETWORK,
    "name resolution": _NO_NETWORK,
    "timed out": "the network is too slow or gone: start again, what is already installed is kept",
    "No matching distribution": "the package index in use lacks a package of "
    "config/python/lock.txt: see the log",
}


def lock_rows(lock: str) -> dict[str, list[str]]:
    """Return the rows of a lock file by package, one row per range of Python versions."""
    rows: dict[str, list[str]] = {}
    for row in lock.replace("\\\n", "").splitlines():
        if row and not row.startswith(("#", " ")):
            rows.setdefault(row.split("==")[0].strip(), []).append(row)
    return rows


def ros_rows(lock: str) -> list[str]:
    """Return the rows that the workspace is built with."""
    built_with = (*BROUGHT_BY_ROS, *BUILD_TOOLS)
    return [
        row for name, rows in lock_rows(lock).items() if name.startswith(built_with) for row in rows
    ]


def install_packages(workspace: Workspace, lock_fd: int) -> None:
    """Install every row of the lock file that is not there yet, build tools first."""
    rows = lock_rows(workspace.lock_file.read_text())
    if workspace.distro:
        rows = {name: row for name, row in rows.items() if not name.startswith(BROUGHT_BY_ROS)}
    remove_half_installed(workspace.site_packages)
    _Pip(workspace, lock_fd).install({name: rows[name] for name in BUILD_TOOLS})
    _Pip(workspace, lock_fd).install(rows)


def remove_half_installed(site_packages: Path) -> None:
    """Remove packages that were cut half-way: pip writes RECORD last, and would not look."""
    for info in site_packages.glob("*.dist-info"):
        if not (info / "RECORD").exists():
            shutil.rmtree(info)


class _Pip:
    """Calls pip and watches it."""

    def __init__(self, workspace: Workspace, lock_fd: int):
        self._workspace = workspace
        self._lock_fd = lock_fd
        self._log = workspace.state / "install.log"
        self._total = 1
        self._seen = 0

    def install(self, rows: dict[str, list[str]]) -> None:
        """Install these rows and nothing else. Raises BootstrapError."""
        requirements = self._workspace.state / "requirements.txt"
        requirements.parent.mkdir(parents=True, exist_ok=True)
        requirements.write_text(
            "\n".join(row for alternatives in rows.values() for row in alternatives) + "\n"
        )
        self._total = len(rows)
        options = [
            "--require-hashes",
            "--no-deps",
            "--no-build-isolation",
            "--no-input",
            "--progress-bar",
            "off",
        ]
        pip: list[str | Path] = [self._workspace.python, "-m", "pip", "install"]
        with StepProgress(
            f"installing {len(rows)} Python packages", measure=self._fraction
        ) as progress:
            self._progress = progress
            command = [*pip, "--disable-pip-version-check", *options, "-r", requirements]
            code, output = run_logged(command, self._log, self._watch, os.environ, [self._lock_fd])
        if code:
            raise BootstrapError(
                f"packages cannot be installed: {_cause(output)} (log: {self._log})"
            )

    def _watch(self, line: str) -> None:
        if found := re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line):
            self._seen += 1
            self._progress.update(self._fraction(), found[1])
        elif line.startswith("Installing collected packages"):
            self._progress.update(self._fraction(), "unpacking")

    def _fraction(self) -> float:
        unpacked = len(list(self._workspace.site_packages.glob("*.dist-info"))) / self._total
        return DOWNLOAD_SHARE * self._seen / self._total + (1.0 - DOWNLOAD_SHARE) * min(
            unpacked, 1.0
        )


def _cause(output: str) -> str:
    for sign, meaning in _CAUSES.items():
        if sign in output:
            return meaning
    lines = [
        line for line in output.splitlines() if line.startswith("ERROR")
    ] or output.splitlines()
    return " ".join(" ".join(lines[-1:]).split()) or "no reason given"
