# SPDX-License-Identifier: Apache-2.0
"""The virtual environment and its packages: pinned, hash-locked, and taken up again where a kill cut it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from talus_bringup.bootstrap.errors import BootstrapError
from talus_bringup.bootstrap.process import run_logged
from talus_bringup.bootstrap.progress import Progress
from talus_bringup.bootstrap.workspace import Workspace

# Rows that a ROS installation brings itself, built against one another: ours would shadow them.
BROUGHT_BY_ROS = ("ros-", "numpy", "empy", "lark-parser")
# Needed to build the one row that has no wheel, and so installed before it.
BUILD_TOOLS = ("setuptools", "wheel")
NEEDED_BYTES = 4 * 1024**3  # 2.6 GB installed, the rest while unpacking and building
DOWNLOAD_SHARE = 0.6  # of the time that pip takes

Report = Callable[[float, str], None]  # fraction done, what is at hand

_NO_NETWORK = "no network: connect this machine to a Python package index, then start again"
_CAUSES = {
    "No space left on device": "the disk is full: free some 4 GB, then start again",
    "DO NOT MATCH THE HASHES": "a downloaded package is not the one that config/python/lock.txt names: "
    "try again, or look for what changes downloads on the way",
    "Permission denied": "a folder of the workspace cannot be written: give it to this user, then start again",
    "Failed to establish a new connection": _NO_NETWORK,
    "name resolution": _NO_NETWORK,
    "timed out": "the network is too slow or gone: start again, what is already installed is kept",
    "No matching distribution": "the package index in use lacks a package of config/python/lock.txt: see the log",
}


def lock_rows(lock: str) -> dict[str, list[str]]:
    """Rows of a lock file by package name; a package has one row per range of Python versions."""
    rows: dict[str, list[str]] = {}
    for row in lock.replace("\\\n", "").splitlines():
        if row and not row.startswith(("#", " ")):
            rows.setdefault(row.split("==")[0].strip(), []).append(row)
    return rows


def make_venv(workspace: Workspace) -> None:
    """Make the virtual environment, unless a usable one with the running Python's version is there."""
    if _is_usable(workspace):
        return
    if shutil.disk_usage(workspace.root).free < NEEDED_BYTES:
        raise BootstrapError(f"too little space on the disk of {workspace.root}: free 4 GB, then start again")
    options = ["--system-site-packages"] if workspace.distro else []
    made = subprocess.run(
        [_base_python(), "-m", "venv", "--clear", *options, workspace.venv], capture_output=True, text=True
    )
    if made.returncode:
        raise BootstrapError(f"cannot make {workspace.venv}: {_last_line(made.stdout + made.stderr)}")


def install_packages(workspace: Workspace, lock_fd: int) -> None:
    """Install every row of the lock file that is not there yet, build tools first."""
    rows = lock_rows(workspace.lock_file.read_text())
    if workspace.distro:
        rows = {name: row for name, row in rows.items() if not name.startswith(BROUGHT_BY_ROS)}
    _remove_half_installed(workspace.site_packages)
    with Progress(f"installing {len(rows)} packages") as progress:
        _pip_install(workspace, {name: rows[name] for name in BUILD_TOOLS}, lock_fd, lambda *_: None)
        _pip_install(workspace, rows, lock_fd, progress.update)


def _pip_install(workspace: Workspace, rows: dict[str, list[str]], lock_fd: int, report: Report) -> None:
    requirements = workspace.state / "requirements.txt"
    requirements.parent.mkdir(parents=True, exist_ok=True)
    requirements.write_text("\n".join(row for alternatives in rows.values() for row in alternatives) + "\n")
    seen = 0

    def watch(line: str) -> None:
        nonlocal seen
        if line.startswith(("Collecting ", "Requirement already")):
            seen += 1
            report(DOWNLOAD_SHARE * seen / len(rows), re.split(r"[ =;]+", line.partition("Collecting ")[2])[0])
        elif line.startswith("Installing collected packages"):
            report(DOWNLOAD_SHARE, "unpacking")

    options = ["--require-hashes", "--no-deps", "--no-build-isolation", "--no-input", "--progress-bar", "off"]
    command = [workspace.python, "-m", "pip", "install", "--disable-pip-version-check", *options, "-r", requirements]
    log = workspace.state / "install.log"
    code, output = run_logged(command, log, watch, os.environ, pass_fds=[lock_fd])
    if code:
        raise BootstrapError(f"packages cannot be installed: {_cause(output)} (log: {log})")


def _is_usable(workspace: Workspace) -> bool:
    """Whether the environment's Python starts, is of the running version and belongs to this folder."""
    ask = "import sys, pip; print(sys.prefix, *sys.version_info[:2])"
    wanted = f"{workspace.venv} {sys.version_info.major} {sys.version_info.minor}"
    try:
        answer = subprocess.run([workspace.python, "-c", ask], capture_output=True, text=True)
    except OSError:
        return False
    return answer.stdout.strip() == wanted


def _base_python() -> Path:
    """The interpreter behind the running one, which may itself be a virtual environment's."""
    return Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")


def _remove_half_installed(site_packages: Path) -> None:
    """Pip writes RECORD last: what has none was cut half-way, and pip would take it for installed."""
    for info in site_packages.glob("*.dist-info"):
        if not (info / "RECORD").exists():
            shutil.rmtree(info)


def _cause(output: str) -> str:
    for sign, meaning in _CAUSES.items():
        if sign in output:
            return meaning
    return _last_line(output)


def _last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.startswith("ERROR")] or output.split("\n")
    return " ".join(lines[-1].split()) or "no reason given"
