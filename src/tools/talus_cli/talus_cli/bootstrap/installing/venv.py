# SPDX-License-Identifier: Apache-2.0
"""Makes the virtual environment that holds all Python packages of a workspace."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from talus_cli.bootstrap.errors import BootstrapError
from talus_cli.bootstrap.workspace import Workspace

NEEDED_BYTES = 3 * 1024**3  # 1.4 GB installed, the rest while unpacking and building


def make_venv(workspace: Workspace) -> None:
    """Make the virtual environment, unless a usable one for the running Python is there."""
    if _is_usable(workspace):
        return
    if shutil.disk_usage(workspace.root).free < NEEDED_BYTES:
        raise BootstrapError(
            f"too little space on the disk of {workspace.root}: free 3 GB, then start again"
        )
    options = ["--system-site-packages"] if workspace.distro else []
    command: list[str | Path] = [_base_python(), "-m", "venv", "--clear", *options, workspace.venv]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode:
        raise BootstrapError(
            f"cannot make {workspace.venv}: {' '.join((made.stdout + made.stderr).split())}"
        )


def _is_usable(workspace: Workspace) -> bool:
    """Tell whether the environment's Python starts, has pip and the running version, made here."""
    ask = "import sys, pip; print(sys.prefix, *sys.version_info[:2])"
    wanted = f"{workspace.venv} {sys.version_info.major} {sys.version_info.minor}"
    try:
        answer = subprocess.run([workspace.python, "-c", ask], capture_output=True, text=True)
        is_made_here = (
            str(workspace.venv) in (workspace.venv / "bin" / "pip").read_text()
        )  # scripts name their place
    except OSError:
        return False
    return is_made_here and answer.stdout.strip() == wanted


def _base_python() -> Path:
    """Return the interpreter behind the running one, which may be a virtual environment's."""
    return Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
