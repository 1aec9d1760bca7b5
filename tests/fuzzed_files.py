# SPDX-License-Identifier: Apache-2.0
"""Lists every kind of file and command line that somebody may hand to a node or a tool.

A door of a file writes it and reads it as its reader does; what is wrong with it must be told by a
TalusError, which nodes and tools turn into one line and exit code 2.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from file_mutation import JSON, XML, YAML, Draft, Octets, TreeFiles
from fuzzed_doors import Door
from fuzzed_words import refuses, said, word_doors
from recorder_samples import Recorder, recording_in
from talus_balance.falling.get_up import load_get_up
from talus_balance.policy.manifest import load_manifest
from talus_balance.policy.policy import load_policy
from talus_cli.run.judging.legs import SoleHeights
from talus_core.driver import DriverSetup
from talus_core.graph.node_table import NODES
from talus_core.graph.trace import TraceReader, TraceWriter
from talus_core.robot import load_robot
from talus_core.vision.cameras import load_camera_rows
from talus_description import generate as generate_tool
from talus_description.scene import load_scene
from talus_drivers.driver_config import DriverNodeConfig, load_body
from talus_drivers.registry import find_driver
from talus_lab.scenario.scenario import load_scenario
from talus_launch.reading.resolve import resolve
from talus_launch.running.session import Session, _boot_id
from talus_map.voxels import store
from talus_map.voxels.voxel_map import VoxelMap
from talus_recorder import recover as recover_tool
from talus_recorder import verify as verify_tool
from talus_recorder.disk.archive import NOTE_FILE
from talus_recorder.disk.black_box import BlackBox
from talus_recorder.disk.storage import Disk
from talus_ros.parameter_files import check_parameter_files
from talus_ros.transport.transport_profile import read_profile
from talus_safety.bundle import limited, manifest_of
from talus_safety.gate import LastGate
from talus_safety.operation.operator_link import load_key

ROOT = Path(__file__).parents[1]
TALUS40 = ROOT / "urdf" / "talus40"
TICK_S = 0.002


@dataclass(frozen=True)
class _Kind:
    """Describe a kind of file: where it lies, what it holds when right, and who reads it."""

    name: str
    mutation: Any
    path: Path
    sample: bytes
    read: Callable[[Path], object]
    share: float = 1.0

    def door(self) -> Door:
        def take(value: Draft | bytes) -> None:
            self.path.unlink(missing_ok=True)
            self.path.write_bytes(value.data if isinstance(value, Draft) else value)
            refuses(lambda: self.read(self.path))

        is_tree = isinstance(self.mutation, TreeFiles)
        sample = self.mutation.sample(self.sample) if is_tree else self.sample
        return Door(f"file {self.name}", self.mutation, sample, take, self.share)


def robot_folder(folder: Path) -> Path:
    """Return a folder with the files of talus40, as links that a door may replace."""
    folder.mkdir(parents=True)
    for file in TALUS40.iterdir():
        (folder / file.name).symlink_to(file)
    return folder


def _robot_kinds(folder: Path) -> list[_Kind]:
    def of(file: str, mutation: Any, read: Callable[[Path], object], share: float, name: str = ""):
        home = robot_folder(folder / (name or file))
        sample = (TALUS40 / file).read_bytes()
        return _Kind(name or file, mutation, home / file, sample, lambda p: read(p.parent), share)

    def every_reader(home: Path) -> None:
        robot, driver = load_body(DriverNodeConfig(robot=str(home), driver="mock"))
        driver.connect()
        driver.read(0.0)
        driver.close()
        LastGate(robot, TICK_S)

    def soles(home: Path) -> None:
        robot = load_robot(home)
        SoleHeights(robot.urdf, robot.frames["base"], tuple(f.frame for f in robot.feet))

    def looks(home: Path) -> None:
        for _ in generate_tool.generated(home):
            break  # the meshes come first

    return [
        of("robot.yaml", YAML, load_robot, 0.05),
        of("robot.yaml", YAML, every_reader, 0.02, "robot.yaml as driver and gate read it"),
        of("robot.yaml", YAML, load_camera_rows, 0.05, "robot.yaml as cameras are read"),
        of(
            "robot.yaml",
            YAML,
            generate_tool._robot_entries,
            0.05,
            "robot.yaml as generate reads it",
        ),
        of("talus40.urdf", XML, load_robot, 0.05),
        of("talus40.urdf", XML, every_reader, 0.02, "talus40.urdf as driver and gate read it"),
        of("talus40.urdf", XML, soles, 0.02, "talus40.urdf as a run reads it"),
        of("rest_path.yaml", YAML, every_reader, 0.02),
        of("get_up.yaml", YAML, lambda home: load_get_up(load_robot(home)), 0.05),
        of("looks.yaml", YAML, looks, 0.02),
        of(
            "talus40.xml",
            XML,
            lambda home: load_scene(home, "flat", ROOT / "urdf" / "worlds"),
            0.01,
        ),
    ]


def _model_kinds(folder: Path) -> list[_Kind]:
    policy = ROOT / "policies" / "talus40_stand.yaml"
    robot = load_robot(TALUS40)
    shutil.copy(policy.with_suffix(".onnx"), folder / "talus40_stand.onnx")
    network = folder / "network"
    network.mkdir()
    shutil.copy(policy, network / policy.name)

    def whole(path: Path) -> None:
        load_policy(path, robot, TICK_S, lambda: 0.0)

    def onnx(path: Path) -> None:
        manifest = path.parent / policy.name
        model = load_manifest(policy).model
        manifest.write_text(
            policy.read_text().replace(model.network_sha256, sha256(path.read_bytes()).hexdigest())
        )
        whole(manifest)

    onnx_data = policy.with_suffix(".onnx").read_bytes()
    return [
        _Kind("policy manifest", YAML, folder / policy.name, policy.read_bytes(), whole, 0.2),
        _Kind("policy network", Octets(), network / "talus40_stand.onnx", onnx_data, onnx, 0.05),
    ]


def _config_kinds(folder: Path) -> list[_Kind]:
    (folder / "limits").mkdir()
    robot = load_robot(TALUS40)
    nodes = b"{arm: {package: my_arm, executable: arm_node, silence: {}, recorded: {}}}"
    values = b"{driver: {ros__parameters: {robot: x, seed: 1}}}"

    def limits(path: Path) -> None:
        manifest_of(path).write_text(f"{sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
        limited("driver", {"limits": str(path)})

    def driver(path: Path) -> None:
        find_driver(str(path), "", DriverSetup(robot, TICK_S))

    def manifest(path: Path) -> None:
        limited("driver", {"limits": str(path.with_suffix(".yaml"))})

    def profile(path: Path) -> None:
        read_profile(path, None)

    def parameters(path: Path) -> None:
        check_parameter_files(["--params-file", str(path)], "/driver")

    bundle = folder / "limits" / "safety.yaml"
    return [
        _shipped("config/safety.yaml", YAML, bundle, limits, 0.1),
        _shipped("config/safety.sha256", Octets(), manifest_of(bundle), manifest, 0.1),
        _shipped("config/drivers/mock.yaml", YAML, folder / "mock.yaml", driver, 0.2),
        _shipped("config/fastdds.xml", XML, folder / "fastdds.xml", profile, 0.5),
        _Kind("nodes.yaml", YAML, folder / "nodes.yaml", nodes, NODES.with_file, 0.5),
        _Kind("parameter file", YAML, folder / "parameters.yaml", values, parameters, 0.5),
    ]


def _start_kinds(folder: Path) -> list[_Kind]:
    def key(path: Path) -> None:
        path.chmod(0o600)
        load_key(path)

    def record(path: Path) -> None:
        session = Session(0, path.parent)
        try:
            session.leftovers()
        finally:
            session.close()

    def launch(path: Path) -> None:
        resolve(path, {}, os.environ)

    def world(path: Path) -> None:
        load_scene(TALUS40, path)

    noted = json.dumps({"boot": _boot_id(), "runner": 1, "processes": []}).encode()
    scenario = folder / "scenario.yaml"
    return [
        _Kind("operator key", Octets(), folder / "operator.key", b"5a" * 32 + b"\n", key),
        _Kind("record of a run", JSON, folder / "domain-0.json", noted, record, 0.2),
        _shipped("scenarios/two_faults.yaml", YAML, scenario, load_scenario, 1.0),
        _shipped("launch/sim.launch.xml", XML, folder / "sim.launch.xml", launch, 0.2),
        _shipped("urdf/worlds/slope.xml", XML, folder / "world.xml", world, 0.02),
    ]


def _shipped(
    name: str, mutation: Any, path: Path, read: Callable[[Path], object], share: float
) -> _Kind:
    """Return the kind of a file that is shipped under that name."""
    return _Kind(name, mutation, path, (ROOT / name).read_bytes(), read, share)


def _recorded_kinds(folder: Path) -> list[_Kind]:
    """Return the doors of what reads what recorder, map and nodes wrote."""
    recorder = Recorder(recording_in(folder / "box"))
    recorder.event()
    recorder.run(1.2)
    (event,) = recorder.close()
    data = event.read_bytes()
    note = (event.parent / NOTE_FILE).read_bytes()
    home = folder / "recorded"
    home.mkdir()
    shutil.copy(event, home)

    def verify(path: Path) -> None:
        said(verify_tool.main, [str(path)])

    def verify_folder(path: Path) -> None:
        said(verify_tool.main, [str(path.parent)])

    def recover(path: Path) -> None:
        said(recover_tool.main, [str(path)])

    def go_on(path: Path) -> None:
        BlackBox(Disk(), recording_in(path.parent)).close()

    return [
        _Kind("event file, verified", Octets(), folder / "event.mcap", data, verify, 0.1),
        _Kind("event file, recovered", Octets(), folder / "cut.mcap", data, recover, 0.1),
        _Kind("chain.json, verified", JSON, home / NOTE_FILE, note, verify_folder, 0.1),
        _Kind("chain.json, continued", JSON, home / NOTE_FILE, note, go_on, 0.02),
        *_memory_kinds(folder),
    ]


def _memory_kinds(folder: Path) -> list[_Kind]:
    """Return the doors of a saved map, and of the fast messages of a node in shared memory."""
    voxels = VoxelMap()
    hits = np.random.default_rng(0).integers(-50, 50, (300, 3)).astype(np.int32)
    voxels.integrate(hits, np.zeros((0, 3), np.int32), np.zeros((0, 512), bool))
    grid = store.save(voxels, folder / "good.npz").read_bytes()
    trace = TraceWriter(folder / "trace", 8, 64)
    trace.put(1, 1, b"x" * 64)
    traced = (folder / "trace").read_bytes()
    trace.close()

    def read_trace(path: Path) -> None:
        reader = TraceReader(path)
        reader.read()
        reader.read()

    def load(path: Path) -> None:
        store.load(voxels, path)

    return [
        _Kind("map", Octets(), folder / "map.npz", grid, load),
        _Kind("trace in shared memory", Octets(), folder / "trace", traced, read_trace),
    ]


def file_doors(folder: Path) -> list[Door]:
    """Return the doors of all kinds of files and command lines; `folder`: where they may write."""
    kinds = (*_robot_kinds(folder), *_model_kinds(folder))
    kinds += (*_config_kinds(folder), *_start_kinds(folder), *_recorded_kinds(folder))
    return [*(kind.door() for kind in kinds), *word_doors(folder)]
