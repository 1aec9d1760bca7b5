# SPDX-License-Identifier: Apache-2.0
"""Lists which robots, worlds and drivers there are, and checks whether one can be used."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from talus_core.errors import TalusError, UnknownNameError
from talus_core.files.data_files import ContentError, xml_root
from talus_core.robot import load_robot

# Root element of worlds that are no MJCF, and the driver that reads them.
OTHER_WORLDS = (("sdf", "gazebo"),)


class UnusableError(TalusError):
    """Raised when something that was asked for is there but cannot be used."""


@dataclass(frozen=True)
class Available:
    """Holds what a run can choose from.

    Attributes:
        models: Folder with one folder per robot, and `worlds/`.
        drivers: Names of the driver plug-ins.
        needs: By driver, what raises TalusError where this machine lacks what it needs.
    """

    models: Path
    drivers: Sequence[str]
    needs: Mapping[str, Callable[[], None]] = field(default_factory=dict)

    def robot(self, name: str) -> Path:
        """Return a robot's folder, by name or by path. Raises TalusError if its files are wrong."""
        robots = {
            file.parent.name: file.parent for file in sorted(self.models.glob("*/robot.yaml"))
        }
        folder = robots.get(name, Path(name))
        if name not in robots and not os.path.isdir(folder):
            raise UnknownNameError("robot", name, robots)
        load_robot(folder)
        return folder.resolve()

    def world(self, name: str, driver: str) -> Path:
        """Return a world's file, by name or by path.

        Raises TalusError if it is no file of a kind that the driver reads.
        """
        worlds = {file.stem: file for file in sorted((self.models / "worlds").glob("*.xml"))}
        file = worlds.get(name, Path(name))
        if name not in worlds and not os.path.isfile(file):
            raise UnknownNameError("world", name, worlds)
        _check_world(file, driver)
        return file.resolve()

    def driver(self, name: str) -> str:
        """Return a driver that is installed and can run here. Raises TalusError."""
        if name not in self.drivers:
            raise UnknownNameError("driver", name, self.drivers)
        if name in self.needs:
            try:
                self.needs[name]()
            except TalusError as error:
                raise UnusableError(f"driver '{name}': {error}") from error
        return name


def _check_world(file: Path, driver: str) -> None:
    try:
        root = xml_root(file.read_bytes())
    except (OSError, ContentError) as error:
        raise UnusableError(f"world '{file}' does not parse: {error}") from error
    if root.tag != "mujoco" and (root.tag, driver) not in OTHER_WORLDS:
        raise UnusableError(
            f"world '{file}' begins with <{root.tag}>; an MJCF world begins with <mujoco>"
        )


def check_port(port: int) -> None:
    """Raise UnusableError if another process listens on a TCP port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError as error:
            raise UnusableError(
                f"port {port} is in use ({error.strerror}); --port {port + 1} may be free"
            ) from error
