# SPDX-License-Identifier: Apache-2.0
"""Checks that every package.xml is true: names, versions, and the code's dependencies."""

from __future__ import annotations

import ast
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from sources import PACKAGES, ROOT, imports, python_files, top_level

# Import name -> rosdep key, where they differ.
KEY_OF = {
    "PIL": "python3-pil",
    "cv2": "python3-opencv",
    "mujoco": "python3-mujoco-pip",
    "numpy": "python3-numpy",
    "scipy": "python3-scipy",
    "transforms3d": "python3-transforms3d",
    "trimesh": "python3-trimesh-pip",
    "yaml": "python3-yaml",
    "pytest": "python3-pytest",
}
# Not in rosdep's lists; config/python/lock.txt brings them.
WITHOUT_KEY = {"daqp", "mcap", "onnx", "onnxruntime", "viser"}
# Package -> what it loads without an import.
LOADED = {"talus_map": {"talus_map_kernel"}}
# Needed for training alone; config/python/requirements-train.txt brings torch.
WITHOUT_KEY |= {"torch", "anny", "fast_simplification"}
# Every key that a manifest may name, besides the packages of this checkout: a misspelt one is
# caught here.
KNOWN_KEYS = {
    *KEY_OF.values(),
    *(
        "ament_cmake",
        "ament_cmake_python",
        "rosidl_default_generators",
        "rosidl_default_runtime",
        "python3-pytest",
    ),
    *(
        "ament_index_python",
        "rclpy",
        "rcl_interfaces",
        "builtin_interfaces",
        "rosgraph_msgs",
        "std_srvs",
    ),
    *(
        "diagnostic_msgs",
        "geometry_msgs",
        "nav_msgs",
        "sensor_msgs",
        "std_msgs",
        "visualization_msgs",
    ),
    *("pinocchio", "xacro", "launch", "launch_ros", "launch_pytest", "rviz2"),
}
RUN_TAGS = ("depend", "exec_depend")
ALL_TAGS = (*RUN_TAGS, "build_depend", "buildtool_depend", "build_export_depend", "test_depend")


def manifest(package: str) -> ElementTree.Element:
    return ElementTree.parse(PACKAGES[package] / "package.xml").getroot()


def declared(package: str, tags: tuple[str, ...] = ALL_TAGS) -> list[str]:
    return [element.text for element in manifest(package) if element.tag in tags]


def named_packages(path: Path) -> set[str]:
    """Return packages of the message types that a file names, as in "sensor_msgs/msg/Image"."""
    tree = ast.parse(path.read_text())
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {
        found[1] for text in texts if (found := re.fullmatch(r"(\w+)/(?:msg|srv|action)/\w+", text))
    }


def imported_keys(package: str) -> set[str]:
    names = set().union(
        *(top_level(imports(path)) | named_packages(path) for path in python_files(package)), set()
    )
    return {KEY_OF.get(name, name) for name in names - {package, "setuptools"} - WITHOUT_KEY}


def launched_packages() -> set[str]:
    """Return packages whose programs or files the launch files name."""
    texts = [path.read_text() for path in (ROOT / "launch").glob("*.xml")]
    return set(re.findall(r'(?:pkg="|find-pkg-share )(\w+)', " ".join(texts))) - {"talus_bringup"}


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_manifest_is_complete(package):
    root = manifest(package)
    assert root.get("format") == "3"
    assert root.findtext("name") == package
    assert root.findtext("license") == "Apache-2.0"
    assert root.findtext("description").strip()
    assert root.find("maintainer").get("email")
    assert root.findtext("export/build_type") in ("ament_cmake", "ament_python")


def test_versions_are_one():
    assert len({manifest(package).findtext("version") for package in PACKAGES}) == 1


@pytest.mark.parametrize(
    "package", [name for name in sorted(PACKAGES) if (PACKAGES[name] / "setup.py").exists()]
)
def test_setup_agrees_with_manifest(package):
    root = manifest(package)
    call = next(
        node
        for node in ast.walk(ast.parse((PACKAGES[package] / "setup.py").read_text()))
        if _is_setup(node)
    )
    said = {
        word.arg: word.value.value for word in call.keywords if isinstance(word.value, ast.Constant)
    }
    assert said["version"] == root.findtext("version")
    assert said["description"] == root.findtext("description").strip()
    assert said["license"] == root.findtext("license")
    assert (PACKAGES[package] / "resource" / package).exists()


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_dependencies_are_known_and_named_once(package):
    names = declared(package)
    assert set(names) - KNOWN_KEYS - set(PACKAGES) == set()
    assert len(names) == len(set(names))


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_what_is_imported_is_declared(package):
    assert imported_keys(package) - set(declared(package, RUN_TAGS)) == set()


@pytest.mark.parametrize("package", [name for name in sorted(PACKAGES) if any(python_files(name))])
def test_what_is_declared_is_used(package):
    used = imported_keys(package) | LOADED.get(package, set())
    used |= launched_packages() if package == "talus_bringup" else set()
    assert set(declared(package, RUN_TAGS)) - used == set()


def test_packages_tuned_for_colcon_exist():
    tuned = json.loads((ROOT / "colcon.meta").read_text())["names"]
    assert set(tuned) <= set(PACKAGES)


def _is_setup(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setup"
    )
