# SPDX-License-Identifier: Apache-2.0
"""Checks that a package is built again exactly when its build depends on what changed."""

import pytest
from talus_cli.bootstrap.preparing.fingerprint import (
    package_fingerprint,
    package_folders,
    workspace_fingerprints,
)
from talus_cli.bootstrap.preparing.steps import still_valid


@pytest.fixture
def root(tmp_path):
    for name, build_file in (("talus_bringup", "CMakeLists.txt"), ("pure", "setup.py")):
        package = tmp_path / "src" / "group" / name
        (package / name).mkdir(parents=True)
        (package / "test").mkdir()
        (package / "package.xml").write_text("<package/>")
        (package / build_file).write_text("")
        (package / name / "module.py").write_text("")
    (tmp_path / "launch").mkdir()
    return tmp_path


def changes(root, name, edit) -> bool:
    before = package_fingerprint(root, package_folders(root / "src")[name])
    edit()
    return package_fingerprint(root, package_folders(root / "src")[name]) != before


def test_packages_are_found_at_any_depth(root):
    assert set(workspace_fingerprints(root)) == {"talus_bringup", "pure"}


@pytest.mark.parametrize(
    ("name", "file", "is_built_again"),
    [
        ("pure", "package.xml", True),
        ("pure", "setup.py", True),
        ("pure", "msg/New.msg", True),
        ("pure", "pure/module.py", False),  # linked: an edit is live
        ("pure", "pure/new_module.py", False),  # its folder is linked
        ("pure", "test/test_new.py", False),
        ("talus_bringup", "CMakeLists.txt", True),
        ("talus_bringup", "talus_bringup/module.py", False),
        ("talus_bringup", "talus_bringup/new_module.py", True),  # each file is linked
        ("talus_bringup", "test/test_new.py", False),
        ("talus_bringup", "talus_bringup/__pycache__/module.pyc", False),
    ],
)
def test_build_follows_its_inputs(root, name, file, is_built_again):
    def edit():
        path = root / "src" / "group" / name / file
        path.parent.mkdir(exist_ok=True)
        path.write_text("changed")

    assert changes(root, name, edit) == is_built_again


def test_installed_folder_at_the_top_counts_by_its_names(root):
    assert changes(root, "talus_bringup", lambda: (root / "launch" / "new.xml").write_text(""))
    assert not changes(
        root, "talus_bringup", lambda: (root / "launch" / "new.xml").write_text("edited")
    )


@pytest.mark.parametrize(
    ("stamped", "is_valid"),
    [
        ({"ros": "jazzy", "folders": {"a": "src/a"}}, True),  # b is new: it is built beside a
        ({"ros": "jazzy", "folders": {"a": "src/old/a"}}, False),  # moved: its links lead nowhere
        ({"ros": "jazzy", "folders": {"a": "src/a", "gone": "src/gone"}}, False),
        ({"ros": "humble", "folders": {"a": "src/a"}}, False),
        ({"ros": "jazzy", "a": "a fingerprint"}, False),  # written before folders were noted
        ({}, False),
    ],
)
def test_build_is_kept_while_every_built_package_is_where_it_was(stamped, is_valid):
    places = {"ros": "jazzy", "folders": {"a": "src/a", "b": "src/b"}}
    assert still_valid(stamped, places) == is_valid
