# SPDX-License-Identifier: Apache-2.0
"""Limits are those of the manifest, parameters only narrow them, gate and supervisor share them."""

from dataclasses import replace
from pathlib import Path
from shutil import copy

import pytest
import yaml
from safety_samples import ROBOT, ROOT, state
from talus_core.parameters import ParameterError, build_config, flat_parameters
from talus_core.words.gate_phases import GatePhase
from talus_safety import bundle
from talus_safety.bundle import (
    LIMITED_NODES,
    BundleError,
    limited,
    load_bundle,
    main,
    manifest_of,
    write_manifest,
)
from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.gate import phases
from talus_safety.kernel.decide.rule import active
from talus_safety.kernel.decide.supervisor.facts import GateReport
from talus_safety.kernel.decide.supervisor.rules import RULES
from talus_safety.supervision.watch import Watch

SHIPPED = ROOT / "config" / "safety.yaml"
PARAMETERS = [
    (node, name)
    for node, (kind, prefix) in LIMITED_NODES.items()
    for name in flat_parameters(kind, prefix)
]


@pytest.fixture
def limits(tmp_path):
    """The shipped ones, to be changed."""
    copy(manifest_of(SHIPPED), tmp_path)
    return copy(SHIPPED, tmp_path / "safety.yaml")


def change(path, node, value, *names):
    tree = yaml.safe_load(path.read_text())
    place = tree[node]
    for name in names[:-1]:
        place = place[name]
    place.pop(names[-1]) if value is None else place.update({names[-1]: value})
    path.write_text(yaml.safe_dump(tree))


def test_shipped_limits_are_those_of_their_manifest():
    values = load_bundle(SHIPPED).narrowed_by("safety", {"robot": "here"})
    assert build_config(SupervisorConfig, values) == SupervisorConfig(robot="here")


def test_changed_limits_are_refused_until_their_manifest_is_made_anew(limits, capsys):
    limits.write_text(limits.read_text().replace("tilt_deg: 43.0", "tilt_deg: 42.0"))
    with pytest.raises(
        BundleError, match=r"safety\.yaml: their SHA-256 is .* undo the change, or approve it with"
    ):
        load_bundle(limits)
    assert main([str(limits)]) == 0
    assert capsys.readouterr().out == f"{manifest_of(limits)}\n"
    assert load_bundle(limits).values["safety"]["tilt_deg"] == 42.0


@pytest.mark.parametrize("content", ["", "\n", "deadbeef  safety.yaml\n", "\xff\n"])
def test_broken_manifest_is_refused(limits, content):
    manifest_of(limits).write_bytes(content.encode("latin-1"))
    with pytest.raises(BundleError, match="SHA-256"):
        load_bundle(limits)


def test_missing_files_are_named(limits):
    with pytest.raises(BundleError, match="parameter 'limits' is empty"):
        limited("driver", {})
    with pytest.raises(BundleError, match=r"no_such\.yaml: No such file"):
        limited("driver", {"limits": "no_such.yaml"})
    manifest_of(limits).unlink()
    with pytest.raises(
        BundleError,
        match=r"safety\.sha256: No such file .*; make it with '.* python -m talus_safety",
    ):
        load_bundle(limits)


@pytest.mark.parametrize(
    "node, value, names, said",
    [
        ("safety", 44.0, ["tilt_deg"], "'tilt_deg' is 44.0; it must be from 30.0 to 43.0"),
        ("safety", None, ["tilt_deg"], "without tilt_deg"),
        ("driver", None, ["gate", "limiter", "age_ticks"], "without limiter.age_ticks"),
        ("driver", 1, ["gate", "monitors", "fall"], "unknown parameter 'monitors.fall'"),
        ("safety", "far", ["tilt_deg"], "it must be of type float"),
    ],
)
def test_wrong_limits_get_no_manifest(limits, node, value, names, said):
    change(limits, node, value, *names)
    with pytest.raises(BundleError, match=said):
        write_manifest(limits)


@pytest.mark.parametrize("text", ["", "safety: {}", "[1, 2]", "a: {b", "\0"])
def test_what_is_no_file_of_limits_is_refused(limits, text, capsys):
    limits.write_text(text)
    assert main([str(limits)]) == 2
    assert capsys.readouterr().err.startswith(f"error: limits {limits}: ")


def test_unknown_section_is_refused(limits):
    limits.write_text(limits.read_text() + "balance: {}\n")
    with pytest.raises(BundleError, match="unknown section 'balance'; known: safety, driver"):
        write_manifest(limits)


@pytest.mark.parametrize("node, name", PARAMETERS)
def test_parameter_may_only_narrow_its_limit(limits, node, name):
    kind, prefix = LIMITED_NODES[node]
    default, info = flat_parameters(kind, prefix)[name]
    middle = type(default)((info.low + info.high) / 2)
    change(limits, node, middle, *name.split("."))
    write_manifest(limits)
    stricter, wider = (info.low, info.high) if default == info.high else (info.high, info.low)
    own = load_bundle(limits)
    with pytest.raises(ParameterError, match="the limits say"):
        own.narrowed_by(node, {name: type(default)(wider)})
    if default in (info.low, info.high):
        assert own.narrowed_by(node, {name: type(default)(stricter)})[name] == stricter
    else:
        with pytest.raises(ParameterError, match="only they can change it"):
            own.narrowed_by(node, {name: type(default)(stricter)})
    assert own.narrowed_by(node, {name: middle})[name] == middle
    with pytest.raises(ParameterError, match="must be"):
        own.narrowed_by(node, {name: float("nan")})


def test_digest_is_of_limits_robot_and_code(limits, tmp_path, monkeypatch):
    folder = tmp_path / "robot"
    folder.mkdir()
    robot = replace(ROBOT, folder=folder, urdf=folder / "robot.urdf")
    for path, source in (
        (folder / "robot.yaml", ROBOT.folder / "robot.yaml"),
        (robot.urdf, ROBOT.urdf),
    ):
        copy(source, path)
    code = tmp_path / "code"
    code.mkdir()
    monkeypatch.setattr(bundle, "__file__", copy(bundle.__file__, code))
    deep = code / "kernel" / "decide" / "gate" / "phases.py"
    deep.parent.mkdir(parents=True)
    copy(phases.__file__, deep)
    words = [tmp_path / Path(module.__file__).name for module in bundle.WORDS_OF_RULES]
    for module, path in zip(bundle.WORDS_OF_RULES, words, strict=True):
        monkeypatch.setattr(module, "__file__", copy(module.__file__, path))
    seen = [load_bundle(SHIPPED).digest(robot)]
    assert load_bundle(limits).digest(robot) == seen[0], "where the files are does not matter"
    change(limits, "safety", 42.0, "tilt_deg")
    write_manifest(limits)
    seen.append(load_bundle(limits).digest(robot))
    for path in (folder / "robot.yaml", robot.urdf, code / "bundle.py", deep, *words):
        path.write_text(path.read_text() + "\n")
        seen.append(load_bundle(limits).digest(robot))
    assert len(set(seen)) == 9


def test_gate_with_other_limits_is_stopped_and_cannot_be_armed():
    watch, config = Watch(ROBOT, SupervisorConfig(), "mine"), SupervisorConfig()
    watch.on_state(state(1), 0.0)
    assert not watch.facts(0.0).limits_differ, "nothing was heard of it"
    for said, differs in (("mine", False), ("other", True), ("", True)):
        watch.on_gate(GateReport(GatePhase.RUN, bundle=said), 0.0)
        names = [rule.name for rule in active(RULES, watch.facts(0.0), config)]
        assert ("limits_differ" in names) is differs
