# SPDX-License-Identifier: Apache-2.0
"""Makes a tiny installed workspace, and launch files in it, for tests of the runner."""

from __future__ import annotations

import sys
from pathlib import Path

from talus_launch.plan import LaunchPlan, ProcessSpec
from talus_launch.reading.resolve import resolve

TOY = f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n"


class Workspace:
    """Holds an install folder with a package `toys`; its executable `toy` prints its arguments."""

    def __init__(self, folder: Path):
        self.prefix = folder / "install"
        self.share = self.prefix / "share" / "toys"
        index = self.prefix / "share" / "ament_index" / "resource_index" / "packages"
        library = self.prefix / "lib" / "toys"
        for path in (self.share, index, library):
            path.mkdir(parents=True)
        (index / "toys").touch()
        (library / "toy").write_text(TOY)
        (library / "toy").chmod(0o755)
        self.environment = {
            "AMENT_PREFIX_PATH": str(self.prefix),
            "PATH": "/usr/bin:/bin",
            "HOME": "/nowhere",
        }

    def write(self, body: str, name: str = "test.launch.xml") -> Path:
        """Write a launch file around this body, which begins on line 2."""
        file = self.share / name
        file.write_text(f"<launch>\n{body}\n</launch>\n")
        return file

    def plan(self, body: str, **arguments: str) -> LaunchPlan:
        """Return the plan of a launch file."""
        return resolve(self.write(body), arguments, self.environment)

    def one(self, body: str, **arguments: str) -> ProcessSpec:
        """Return the only process of a launch file."""
        (process,) = self.plan(body, **arguments).processes
        return process
