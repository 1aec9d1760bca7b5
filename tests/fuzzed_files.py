# SPDX-License-Identifier: Apache-2.0
"""Lists every kind of file and command line that somebody may hand to a node or a tool.

A door of a file writes it and reads it as its reader does; what is wrong with it must be told by a
TalusError, which nodes and tools turn into one line and exit code 2.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from file_mutation import JSON, XML, YAML, Draft, Octets, TreeFiles, Words
from fuzzed_doors import Door
from recorder_samples import Recorder, recording_in
from talus_balance.falling.get_up import load_get_up
from talus_balance.policy.manifest import load_manifest
from talus_balance.policy.policy import load_policy
from talus_cli import operator as operator_tool
from talus_cli.run import cli as run_tool
from talus_cli.run.judging.legs import SoleHeights
from talus_cli.run.options import parse_options
from talus_core.driver import DriverSetup
from talus_core.errors import TalusError
from talus_core.graph.node_table import NODES
from talus_core.graph.trace import TraceReader, TraceWriter
from talus_core.robot import load_robot
from talus_core.vision.cameras import load_camera_rows
from talus_description import generate as generate_tool
from talus_description.scene import load_scene
from talus_drivers.driver_config import DriverNodeConfig, load_body
from talus_drivers.registry import find_driver
from talus_lab.bench import __main__ as bench_tool
from talus_lab.scenario import __main__ as scenario_tool
from talus_lab.scenario.scenario import load_scenario
from talus_launch import cli as launch_tool
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


class UnclearError(Exception):
    """Says that a refusal is no clear line."""


def refuses(read: Callable[[], object]) -> None:
    """Let a reader accept a file, or refuse it in words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read()
        except TalusError as error:
            if not str(error).strip():
                raise UnclearError("a refusal without a word") from None


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
    config = ROOT / "config"
    (folder / "limits").mkdir()
    robot = load_robot(TALUS40)
    nodes = b"{arm: {package: my_arm, executable: arm_node, silence: {}, recorded: {}}}"
    parameters = b"{driver: {ros__parameters: {robot: x, seed: 1}}}"

    def limits(path: Path) -> None:
        manifest_of(path).write_text(f"{sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
        limited("driver", {"limits": str(path)})

    def driver(path: Path) -> None:
        find_driver(str(path), "", DriverSetup(robot, TICK_S))

    def key(path: Path) -> None:
        path.chmod(0o600)
        load_key(path)

    def record(path: Path) -> None:
        session = Session(0, path.parent)
        try:
            session.leftovers()
        finally:
            session.close()

    return [
        _Kind(
            "safety.yaml",
            YAML,
            folder / "limits" / "safety.yaml",
            (config / "safety.yaml").read_bytes(),
            limits,
            0.1,
        ),
        _Kind(
            "limits' manifest",
            Octets(),
            folder / "limits" / "safety.sha256",
            (config / "safety.sha256").read_bytes(),
            lambda path: limited("driver", {"limits": str(folder / "limits" / "safety.yaml")}),
            0.1,
        ),
        _Kind(
            "drivers/mock.yaml",
            YAML,
            folder / "mock.yaml",
            (config / "drivers" / "mock.yaml").read_bytes(),
            driver,
            0.2,
        ),
        _Kind("nodes.yaml", YAML, folder / "nodes.yaml", nodes, NODES.with_file, 0.5),
        _Kind(
            "parameter file",
            YAML,
            folder / "parameters.yaml",
            parameters,
            lambda path: check_parameter_files(["--params-file", str(path)], "/driver"),
            0.5,
        ),
        _Kind(
            "fastdds.xml",
            XML,
            folder / "fastdds.xml",
            (config / "fastdds.xml").read_bytes(),
            lambda path: read_profile(path, None),
            0.5,
        ),
        _Kind("operator key", Octets(), folder / "operator.key", b"5a" * 32 + b"\n", key),
        _Kind(
            "record of a run",
            JSON,
            folder / "domain-0.json",
            json.dumps({"boot": _boot_id(), "runner": 1, "processes": []}).encode(),
            record,
            0.2,
        ),
        _Kind(
            "scenario",
            YAML,
            folder / "scenario.yaml",
            (ROOT / "scenarios" / "two_faults.yaml").read_bytes(),
            load_scenario,
        ),
        _Kind(
            "launch file",
            XML,
            folder / "sim.launch.xml",
            (ROOT / "launch" / "sim.launch.xml").read_bytes(),
            lambda path: resolve(path, {}, os.environ),
            0.2,
        ),
        _Kind(
            "world",
            XML,
            folder / "world.xml",
            (ROOT / "urdf" / "worlds" / "slope.xml").read_bytes(),
            lambda path: load_scene(TALUS40, path),
            0.02,
        ),
    ]


def _recorded_kinds(folder: Path) -> list[_Kind]:
    """Return the doors of tools that read what the recorder and the map wrote."""
    recorder = Recorder(recording_in(folder / "box"))
    recorder.event()
    recorder.run(1.2)
    (event,) = recorder.close()
    data = event.read_bytes()
    note = (event.parent / NOTE_FILE).read_bytes()
    voxels = VoxelMap()
    hits = np.random.default_rng(0).integers(-50, 50, (300, 3)).astype(np.int32)
    voxels.integrate(hits, np.zeros((0, 3), np.int32), np.zeros((0, 512), bool))
    grid = store.save(voxels, folder / "good.npz").read_bytes()
    home = folder / "recorded"
    home.mkdir()
    shutil.copy(event, home)
    trace = TraceWriter(folder / "trace", 8, 64)
    trace.put(1, 1, b"x" * 64)
    traced = (folder / "trace").read_bytes()
    trace.close()

    def read_trace(path: Path) -> None:
        reader = TraceReader(path)
        reader.read()
        reader.read()

    return [
        _Kind("map", Octets(), folder / "map.npz", grid, lambda path: store.load(voxels, path)),
        _Kind(
            "event file, verified",
            Octets(),
            folder / "event.mcap",
            data,
            lambda path: said(verify_tool.main, [str(path)]),
            0.1,
        ),
        _Kind(
            "event file, recovered",
            Octets(),
            folder / "cut.mcap",
            data,
            lambda path: said(recover_tool.main, [str(path)]),
            0.1,
        ),
        _Kind(
            "chain.json, verified",
            JSON,
            home / NOTE_FILE,
            note,
            lambda path: said(verify_tool.main, [str(path.parent)]),
            0.1,
        ),
        _Kind(
            "chain.json, continued",
            JSON,
            home / NOTE_FILE,
            note,
            lambda path: BlackBox(Disk(), recording_in(home)).close(),
            0.02,
        ),
        _Kind("trace in shared memory", Octets(), folder / "trace", traced, read_trace),
    ]


def said(main: Callable[[list[str]], int], words: list[str]) -> None:
    """Run a tool in this process; what it refuses must be one line, and code 2."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as end:
            code = int(end.code or 0)
    lines = err.getvalue().splitlines()
    if code == 2 and len(lines) != 1:
        raise UnclearError(f"code 2 with {len(lines)} lines: {' | '.join(lines)[:300]}")
    if code not in (0, 1, 2):
        raise UnclearError(f"code {code}: {' | '.join(lines)[:300]}")


def _word_doors(folder: Path) -> list[Door]:
    worlds = ROOT / "urdf" / "worlds" / "flat.xml"
    run_words = ["--headless", "--driver", "mock", "--world", str(worlds), "--seconds", "5"]
    run_words += ["--cmd-vel", "0.1", "0", "0", "--seed", "1", "--no-perception", "--fast"]
    options = ("--robot", "--robots", "--policy", "--port", "--json", "--operator-key", "--people")
    launch = [str(ROOT / "launch" / "sim.launch.xml"), "driver:=mock", "world:=flat", "view:=false"]
    key = folder / "words.key"
    key.write_text("5a" * 32)
    key.chmod(0o600)
    scenario = str(ROOT / "scenarios" / "two_faults.yaml")
    missing = str(folder / "missing.yaml")

    def launched(words: list[str]) -> None:
        def read() -> None:
            file, arguments = launch_tool.split_words(words)
            resolve(file, arguments, os.environ)

        refuses(read)

    def options_of(words: list[str]) -> None:
        with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
            refuses(lambda: parse_options(words, run_tool.available()))

    def tool(main: Callable[[list[str]], int], *last: str) -> Callable[[list[str]], None]:
        """Return the door of a tool that the last words keep from going to work."""
        return lambda words: said(main, [*words, *last])

    def idle(module: Any, work: str) -> Callable[[list[str]], None]:
        """Return the door of a tool whose function `work` does nothing."""

        def take(words: list[str]) -> None:
            kept = getattr(module, work)
            setattr(module, work, _refused)
            try:
                said(module.main, words)
            finally:
                setattr(module, work, kept)

        return take

    return [
        Door("words run", Words((*options, *run_words)), run_words, options_of, 0.05),
        Door("words launch", Words(tuple(launch)), launch, launched, 0.05),
        Door(
            "words scenario",
            Words(("--graph", "--nodes", "--json")),
            [scenario],
            idle(scenario_tool, "_play"),
            0.2,
        ),
        Door(
            "words bench",
            Words(("control", "balance", "safety", "--json", "--seeds", "--rows")),
            ["safety", "--rows", "F01"],
            tool(bench_tool.main, "--no-such-option"),
            0.2,
        ),
        Door(
            "words operator",
            Words(("--robot", "--new-key", "HOST:1")),
            ["--robot", "127.0.0.1:1"],
            idle(operator_tool, "hold"),
            0.5,
        ),
        Door(
            "words verify",
            Words(("--key-file",)),
            ["--key-file", str(key)],
            tool(verify_tool.main, missing),
            0.5,
        ),
        Door(
            "words recover",
            Words(("--key-file",)),
            ["--key-file", str(key)],
            tool(recover_tool.main, missing),
            0.5,
        ),
    ]


def _refused(*_: object) -> NoReturn:
    raise TalusError("it would go to work")


def file_doors(folder: Path) -> list[Door]:
    """Return the doors of all kinds of files and command lines; `folder`: where they may write."""
    kinds = (*_robot_kinds(folder), *_model_kinds(folder))
    kinds += (*_config_kinds(folder), *_recorded_kinds(folder))
    return [*(kind.door() for kind in kinds), *_word_doors(folder)]
