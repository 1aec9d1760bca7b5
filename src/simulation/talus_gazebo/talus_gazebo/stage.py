# SPDX-License-Identifier: Apache-2.0
"""Sets up the world with the robot in it, anew for each server."""

from __future__ import annotations

import copy
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from talus_core.driver import DriverError, DriverSetup
from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_description.conversion.remarks import Remarks
from talus_description.formats.urdf_model import FramePose

from talus_gazebo.config import GazeboConfig
from talus_gazebo.server import GazeboServer, OpenServer, ServerPlan
from talus_gazebo.world import compose, robot_model, world_tree


class GazeboStage:
    """Opens and closes servers of one world.

    Attributes:
        base: Link of the robot's floating base.
        links: Of the robot, that may be pushed.
        remarks: What of the world is otherwise than its file says, one line each.
    """

    def __init__(
        self, setup: DriverSetup, config: GazeboConfig, start: FramePose, open_server: OpenServer
    ):
        """Read world and robot; `start`: of its base. Raises DriverError, TalusError."""
        self.base = setup.description.frames["base"]
        self._description = setup.description
        self._config = config
        self._start = start
        self._open_server = open_server
        remarks = Remarks()
        self._world = world_tree(setup, remarks)
        self.remarks = tuple(remarks.lines())
        self._robot = robot_model(setup.description, config.shows)
        self.links = self._robot.links
        self._server: GazeboServer | None = None

    @property
    def server(self) -> GazeboServer:
        """The server that runs. Raises DriverError where none does."""
        if self._server is None:
            raise DriverError("gazebo: no server runs")
        return self._server

    def open(self) -> None:
        """Start a new server, in the place of the one before. Raises DriverError."""
        self.close()
        config = self._config
        description = self._description
        world = copy.deepcopy(self._world)
        robot = copy.deepcopy(self._robot)
        name = compose(world, robot, self._start, config.step_s, config.shows)
        with tempfile.TemporaryDirectory(prefix="talus_gazebo_") as folder:
            file = Path(folder) / "world.sdf"
            ElementTree.ElementTree(world).write(file)
            plan = ServerPlan(
                file=file,
                world=name,
                model=robot.element.get("name", ""),
                joints=description.joint_names,
                angles=description.poses[config.start_pose],
                base=self.base,
                links=robot.links,
                sensors=robot.sensors,
                step_ns=round(config.step_s * NANOSECONDS_PER_SECOND),
                wait_s=config.wait_s,
            )
            self._server = self._open_server(plan)

    def close(self) -> None:
        """End the server, if one runs."""
        if self._server is not None:
            self._server.close()
            self._server = None
