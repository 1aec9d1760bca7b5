# SPDX-License-Identifier: Apache-2.0
"""Tells in milliseconds, at every start, whether what was prepared still holds."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

from talus_cli.bootstrap.preparing.fingerprint import workspace_fingerprints
from talus_cli.bootstrap.preparing.stamps import read_stamp
from talus_cli.bootstrap.workspace import Workspace

# Number of the way in which the environment is kept: another number makes every workspace find it
# anew.
ENVIRONMENT_FORMAT = 2


def cached_environment(workspace: Workspace) -> dict | None:
    """Return what the last preparation found, if it still holds."""
    cached = read_stamp(stamp(workspace, "environment"))
    is_valid = (
        cached is not None
        and cached["key"] == workspace_key(workspace)
        and workspace.python.exists()
    )
    return cached if is_valid else None


def workspace_key(workspace: Workspace) -> str:
    """Return a hash that changes when anything must be made again."""
    fingerprints = json.dumps(workspace_fingerprints(workspace.root))
    content = f"{ENVIRONMENT_FORMAT} {packages_key(workspace)} {fingerprints}"
    return hashlib.sha256(content.encode()).hexdigest()


def packages_key(workspace: Workspace) -> str:
    """Return a hash that changes with the lock file, Python, place or ROS 2."""
    return place_key(workspace, workspace.lock_file.read_bytes())


def place_key(workspace: Workspace, content: bytes) -> str:
    """Return the hash of some content, and of the place, Python and ROS 2 that it is used with."""
    digest = hashlib.sha256(content)
    beneath = workspace.foreign(os.environ.get("AMENT_PREFIX_PATH", "")) if workspace.distro else ""
    digest.update(f"{workspace.root} {sys.version_info[:2]} {workspace.distro} {beneath}".encode())
    return digest.hexdigest()


def stamp(workspace: Workspace, name: str) -> Path:
    """Return where the stamp of a step is."""
    return workspace.state / f"{name}.json"
