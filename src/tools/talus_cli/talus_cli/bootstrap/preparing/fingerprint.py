# SPDX-License-Identifier: Apache-2.0
"""Hashes what a build depends on, in the few ms that every start can spare."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

BUILD_FILES = ("package.xml", "setup.py", "setup.cfg", "CMakeLists.txt")
BUILD_SUFFIXES = (".msg", ".srv", ".action", ".cpp")
# Folders of the checkout that a package installs; symbolic links need a build when a file is added
# or removed.
INSTALLED_FOLDERS = {"talus_bringup": ("launch", "config"), "talus_description": ("urdf",)}


def package_folders(sources: Path) -> dict[str, Path]:
    """Return every package below `sources` by name; a package's folder has its name."""
    found = {}
    for folder, folders, files in os.walk(sources):
        if "package.xml" in files:
            found[Path(folder).name] = Path(folder)
            folders.clear()
    return found


def package_fingerprint(root: Path, package: Path) -> str:
    """Return a hash that changes when the package must be built again.

    An edit of a Python file, which is linked, is no such change.
    """
    digest = hashlib.sha256()
    is_python = (package / "setup.py").exists()
    for path in _files(package):
        if path.name in BUILD_FILES or path.suffix in BUILD_SUFFIXES:
            digest.update(path.read_bytes())
        if not is_python or path.name in BUILD_FILES:
            digest.update(str(path.relative_to(package)).encode())
    for folder in INSTALLED_FOLDERS.get(package.name, ()):
        for path in _files(root / folder):
            digest.update(str(path.relative_to(root)).encode())
    return digest.hexdigest()


def workspace_fingerprints(root: Path) -> dict[str, str]:
    """Return the fingerprint of each package of the checkout."""
    return {
        name: package_fingerprint(root, folder)
        for name, folder in sorted(package_folders(root / "src").items())
    }


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name not in ("__pycache__", "test") and name[0] != "."
        )
        for name in sorted(files):
            if not name.endswith((".pyc", "~")) and name[0] != ".":
                yield Path(parent, name)
