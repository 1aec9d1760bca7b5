# SPDX-License-Identifier: Apache-2.0
"""Knows where everything of a workspace is, for the ROS 2 in use: wheels or an installation."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

COMMAND_CHECKOUT = Path(__file__).resolve().parents[5]
# What separates words, entries of CMake's lists and entries of path lists, or quotes them.
UNFIT_CHARACTERS = " \t\n;:\"'\\$"


@dataclass(frozen=True)
class Workspace:
    """Locates a checkout built for one ROS 2; each ROS 2 has its own folders, so that none mix.

    Attributes:
        root: The checkout.
        distro: Name of the sourced ROS 2 installation; empty where ROS comes as wheels.
    """

    root: Path
    distro: str = ""

    @classmethod
    def here(cls, environment: Mapping[str, str] = os.environ) -> Workspace:
        """Return this checkout, with the ROS 2 that the environment has sourced, if any."""
        return cls(COMMAND_CHECKOUT, environment.get("ROS_DISTRO", ""))

    @property
    def path_problem(self) -> str:
        """Return why nothing can be built at this path; empty where it can.

        What colcon writes to be sourced takes a space in a path for its end, and the generator of
        ROS 2 messages hands paths on in lists of CMake.
        """
        bad = sorted({character for character in str(self.root) if character in UNFIT_CHARACTERS})
        if not bad:
            return ""
        return (
            f"the path of this checkout, {self.root}, has {' and '.join(map(repr, bad))} in it, "
            "with which a ROS 2 workspace cannot be built: move it to a path without"
        )

    @property
    def state(self) -> Path:
        """Stamps, logs and the cached environment."""
        return self.root / ".talus" / (self.distro or "wheels")

    @property
    def venv(self) -> Path:
        """The virtual environment; with the wheels it is the ament prefix too."""
        return self.state / "venv" if self.distro else self.root / ".venv"

    @property
    def python(self) -> Path:
        """The interpreter of the virtual environment."""
        return self.venv / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """The folder in which pip installs, by the running Python's version."""
        return (
            self.venv
            / "lib"
            / f"python{sys.version_info.major}.{sys.version_info.minor}"
            / "site-packages"
        )

    @property
    def build(self) -> Path:
        """Build folder of colcon."""
        return self.state / "build" if self.distro else self.root / "build"

    @property
    def install(self) -> Path:
        """Install folder of colcon, merged."""
        return self.state / "install" if self.distro else self.root / "install"

    @property
    def colcon_log(self) -> Path:
        """Log folder of colcon."""
        return self.state / "log" if self.distro else self.root / "log"

    def foreign(self, paths: str) -> list[str]:
        """Return the entries of a path list that are not of this workspace."""
        return [
            entry
            for entry in paths.split(":")
            if entry and not f"{entry}/".startswith(f"{self.root}/")
        ]

    @property
    def lock_file(self) -> Path:
        """Pinned packages with their hashes."""
        return self.root / "config" / "python" / "lock.txt"
