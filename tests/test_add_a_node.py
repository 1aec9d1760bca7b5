# SPDX-License-Identifier: Apache-2.0
"""A node from outside, its row and its launch file: it is leashed, watched, recorded and killable.

What docs/how_to/add_a_node.md promises, with nothing changed in this checkout.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mcap.reader import make_reader
from running_launch import RunningLaunch
from talus_core.errors import UnknownNameError
from talus_core.graph.node_table import NODES
from talus_lab.scenario.graph_stage_node import GraphStage
from talus_lab.scenario.scenario import Scenario, ScenarioEvent

NODE = """
import rclpy
from std_msgs.msg import String
from talus_interfaces.msg import RobotState
from talus_ros.fast_link_node import FastLink
from talus_ros.heartbeat_node import HeartbeatThread
from talus_ros.run_node import run_node


class EchoNode:
    def __init__(self):
        self._node = rclpy.create_node("echo")
        self._heartbeat = HeartbeatThread(self._node, "echo")
        self._publisher = self._node.create_publisher(String, "echo/seen", 10)
        self._link = FastLink(self._node)
        self._link.subscribe(RobotState, "robot_state", self._on_state, 1)

    def run(self, ended):
        while not ended.is_set():
            self._link.wait(0.05)

    def close(self):
        self._heartbeat.close()
        self._node.destroy_node()

    def _on_state(self, state):
        self._heartbeat.sequence = state.sequence
        self._publisher.publish(String(data=f"seen {state.sequence}"))


raise SystemExit(run_node(EchoNode))
"""
ROW = """
echo: {package: echo, executable: echo_node, leash_s: 0.02, silence: {R2: [0.45, 0.3]}, \
required: always, recorded: {echo/seen: std_msgs/String}}
"""
LAUNCH = """
<launch>
  <include file="$(find-pkg-share talus_bringup)/launch/sim.launch.xml">
    <arg name="nodes" value="$(dirname)/nodes.yaml"/>
    <arg name="perception" value="false"/>
    <arg name="view" value="false"/>
    <arg name="pace" value="fast"/>
  </include>
  <node pkg="echo" exec="echo_node" name="echo"/>
</launch>
"""
MOST_LINES = 35  # of a node that does nothing but live
LEASH_S = 0.02
# Wall time for which it is held: less than the 0.45 s after which time waits for it no longer.
HELD_S = 0.3
# What the test has heard is late by a gate/state, 10 ms, or two, and a heartbeat may be on its way.
CLOCK_LATENESS_S = 0.03
PATIENCE_S = 300.0


@dataclass(frozen=True)
class Added:
    """The running robot with the added node."""

    launch: RunningLaunch
    stage: GraphStage
    nodes_file: Path

    @property
    def pid(self) -> int:
        """The node's process."""
        return self.launch.supervisor.children["echo"].process.pid

    def safety(self) -> tuple[int, str, str]:
        """Level, rule and cause that the supervisor shows."""
        word = self.stage.link.newest["safety/state"]
        return word.level, word.rule, word.cause

    def wait(self, is_so: Callable[[], bool], what: str) -> None:
        """Go on until it is so."""
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < deadline, f"{what}: {self.safety()}"
            self.stage.advance()


def install(prefix: Path) -> None:
    """Lay out the node's package as a build would."""
    executable = prefix / "lib" / "echo" / "echo_node"
    index = prefix / "share" / "ament_index" / "resource_index" / "packages" / "echo"
    for path in (executable, index):
        path.parent.mkdir(parents=True)
    index.touch()
    executable.write_text(f"#!{sys.executable}{NODE}")
    executable.chmod(0o755)


@pytest.fixture
def added(tmp_path: Path, ros_domain: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Added]:
    """The stack, started from the launch file of whoever adds the node."""
    install(tmp_path / "prefix")
    before = os.environ["AMENT_PREFIX_PATH"]
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{tmp_path / 'prefix'}{os.pathsep}{before}")
    nodes_file = tmp_path / "nodes.yaml"
    nodes_file.write_text(ROW)
    file = tmp_path / "echo.launch.xml"
    file.write_text(LAUNCH.strip())
    launch = RunningLaunch(tmp_path, {}, file)
    try:
        stage = GraphStage()
        try:
            yield Added(launch, stage, nodes_file)
        finally:
            stage.close()
    finally:
        launch.end()


def test_the_node_is_small():
    assert len(NODE.strip().splitlines()) <= MOST_LINES
    assert len(ROW.strip().splitlines()) == 1


def test_it_is_leashed_watched_recorded_and_killable(added: Added, black_box: Path):
    added.wait(lambda: added.stage.ask("arm"), "not armed")
    added.wait(lambda: added.safety()[0] == 0, "armed, but stopped")
    assert_time_waits_for_it(added)
    assert_its_death_is_the_level_of_its_row(added)
    added.launch.end()
    assert_it_was_recorded(black_box)


def assert_time_waits_for_it(added: Added) -> None:
    """Simulated time stands still at the end of the leash, and goes on with the node."""
    stage = added.stage
    began = stage.time
    added.wait(lambda: stage.time > began + 2.0 * LEASH_S, "time stands still")
    os.kill(added.pid, signal.SIGSTOP)
    try:
        at_stop = stage.time
        released_at = time.monotonic() + HELD_S
        stage.link.wait_until(lambda: time.monotonic() > released_at, "")
        held_at = stage.time
    finally:
        os.kill(added.pid, signal.SIGCONT)
    assert held_at - at_stop <= LEASH_S + CLOCK_LATENESS_S
    added.wait(lambda: stage.time > held_at + LEASH_S, "time does not go on")


def assert_its_death_is_the_level_of_its_row(added: Added) -> None:
    """Killed as a scenario kills, with the robot armed: R2, and its name."""
    stage = added.stage
    kill = ScenarioEvent("process.kill", target="echo")
    Scenario("kill echo", (kill,)).check(NODES.with_file(added.nodes_file))
    with pytest.raises(UnknownNameError, match="'echo'"):
        Scenario("kill echo", (kill,)).check()
    stage.do(kill)
    named = (2, "node_lost_r2", "a further node is silent: echo")
    added.wait(lambda: added.safety() == named, "its death was not seen")
    assert not stage.ask("arm"), "it is required"


def assert_it_was_recorded(black_box: Path) -> None:
    """The black box holds what it said."""
    said = []
    for path in sorted(black_box.glob("*.mcap")):
        with path.open("rb") as file:
            reader = make_reader(file, validate_crcs=True)
            said += [data.data for _, _, data in reader.iter_messages(topics=["/echo/seen"])]
    assert said and all(b"seen " in data for data in said)
