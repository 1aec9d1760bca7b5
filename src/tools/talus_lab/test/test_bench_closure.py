# SPDX-License-Identifier: Apache-2.0
"""Checks that the key of a finished run changes with everything it depends on, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from talus_lab.bench import balance, closure, safety
from talus_lab.bench.closure import import_closure, python_packages, run_fingerprint

ROOT = Path(__file__).parents[4]
ROBOT = ROOT / "urdf" / "talus40"
FILES = {
    "src/one/package.xml": "",
    "src/one/one/__init__.py": "def late():\n    from one import never\n",
    "src/one/one/start.py": "import json\nimport numpy as np\nfrom one.near import f\n"
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from one.for_types import T\n",
    "src/one/one/for_types.py": "import mujoco\n",
    "src/one/one/near.py": "class A:\n    from one import in_class\n\n"
    "def f():\n    from two.inner import deep\n",
    "src/one/one/in_class.py": "",
    "src/one/one/never.py": "import onnx\n",
    "src/one/one/bystander.py": "",
    "src/folder/two/package.xml": "",
    "src/folder/two/two/__init__.py": "import yaml\n",
    "src/folder/two/two/inner/__init__.py": "from two import on_import\n",
    "src/folder/two/two/inner/deep.py": "from two.inner.absent import nothing\n",
    "src/folder/two/two/on_import.py": "",
    "src/folder/two/two/alone.py": "",
    "data/robot/body.xml": "<body/>",
    "data/robot/meshes/foot.stl": "solid",
    "data/other.xml": "<other/>",
}
REACHED = {
    *("one/__init__.py", "one/start.py", "one/near.py", "one/in_class.py"),
    *("two/__init__.py", "two/inner/__init__.py", "two/inner/deep.py", "two/on_import.py"),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def mark(tree: Path) -> str:
    return run_fingerprint(["one.start"], tree / "src", [tree / "data" / "robot"])


def test_every_module_is_reached_however_it_is_imported(tree):
    found = import_closure(["one.start"], python_packages(tree / "src"))
    assert found.files.keys() == REACHED
    assert found.libraries == {"numpy", "yaml"}


@pytest.mark.parametrize(
    "name", sorted(name for name in FILES if any(name.endswith(f"/{label}") for label in REACHED))
)
def test_a_byte_in_an_imported_module_changes_the_fingerprint(tree, name):
    before = mark(tree)
    with (tree / name).open("a") as file:
        file.write("#")
    assert mark(tree) != before


@pytest.mark.parametrize("name", ["data/robot/body.xml", "data/robot/meshes/foot.stl"])
def test_a_byte_in_a_data_file_changes_the_fingerprint(tree, name):
    before = mark(tree)
    (tree / name).write_text(FILES[name] + " ")
    assert mark(tree) != before


def test_another_version_of_a_library_changes_the_fingerprint(tree, monkeypatch):
    before = mark(tree)
    monkeypatch.setattr(closure, "version", lambda name: "0.0.0")
    assert mark(tree) != before


def test_another_library_changes_the_fingerprint(tree):
    before = closure._library_versions(["numpy"])
    assert closure._library_versions(["numpy", "yaml"])[:1] == before
    assert closure._library_versions(["numpy", "yaml"])[1].startswith("yaml PyYAML=")


@pytest.mark.parametrize(
    "name",
    [
        "src/one/one/never.py",
        "src/one/one/for_types.py",
        "src/one/one/bystander.py",
        "src/folder/two/two/alone.py",
        "data/other.xml",
    ],
)
def test_an_unrelated_file_does_not_change_the_fingerprint(tree, name):
    before = mark(tree)
    (tree / name).write_text("1")
    assert mark(tree) == before


def test_a_file_that_moves_changes_the_fingerprint(tree):
    before = mark(tree)
    robot = tree / "data" / "robot"
    (robot / "meshes" / "foot.stl").rename(robot / "foot.stl")
    assert mark(tree) != before


def test_entries_that_are_files_of_the_same_name_are_told_apart(tree):
    files = [tree / "one" / "test" / "conftest.py", tree / "two" / "test" / "conftest.py"]
    for number, file in enumerate(files):
        file.parent.mkdir(parents=True)
        file.write_text(f"{number}")
    before = run_fingerprint(files, tree / "src")
    files[1].write_text("2")
    assert run_fingerprint(files, tree / "src") != before


def test_an_entry_that_is_no_module_is_refused(tree):
    with pytest.raises(ValueError, match=r"one\.missing is no module"):
        run_fingerprint(["one.missing"], tree / "src")


def test_a_relative_import_is_refused(tree):
    (tree / "src/one/one/near.py").write_text("from . import start\n")
    with pytest.raises(ValueError, match="relative import"):
        mark(tree)


def reached(entries) -> set[str]:
    return set(import_closure(entries, python_packages(ROOT / "src")).files)


def test_runs_of_the_scorecard_depend_on_the_map_the_eyes_and_the_peers():
    files = reached(balance.TRIAL_ENTRIES)
    needed = {
        "talus_map/mapper.py",
        "talus_simulation/cameras/depth_noise.py",
        "talus_balance/controller.py",
    }
    assert files >= needed
    assert {Path(name).name for name in files} >= {"eyes.py", "holosoma.py", "falls.py"}
    assert not {Path(name).name for name in files} & {"picture.py", "scorecard.py", "pushes.py"}
    assert not {
        name for name in files if name.startswith(("talus_view", "talus_recorder", "talus_ros"))
    }


def test_runs_of_the_fault_matrix_depend_on_the_visitor_and_the_map():
    files = reached(safety.MATRIX_ENTRIES)
    assert files >= {
        "talus_map/mapper.py",
        "talus_simulation/cameras/depth_noise.py",
        "talus_safety/gate.py",
    }
    assert {Path(name).name for name in files} >= {
        "visitor.py",
        "eyes.py",
        "processes.py",
        "rig_stage.py",
        "play.py",
    }
    assert not {name for name in files if Path(name).name in ("rows.py", "picture.py")}


def test_the_fingerprint_of_a_bench_is_of_code_robot_and_policy(tmp_path):
    mine = run_fingerprint(balance.TRIAL_ENTRIES, ROOT / "src", [ROBOT])
    assert mine == run_fingerprint(balance.TRIAL_ENTRIES, ROOT / "src", [ROBOT])
    assert mine != run_fingerprint(balance.TRIAL_ENTRIES, ROOT / "src", [tmp_path])
    assert mine != run_fingerprint(safety.MATRIX_ENTRIES, ROOT / "src", [ROBOT])
    policy = ROOT / "policies" / "talus40_stand.yaml"
    assert mine != run_fingerprint(balance.TRIAL_ENTRIES, ROOT / "src", [ROBOT, policy])
