# SPDX-License-Identifier: Apache-2.0
"""Checks the diagram of the layers, kept as data, against every import statement."""

from __future__ import annotations

from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from sources import (
    PACKAGES,
    ROOT,
    imported,
    imported_modules,
    imports,
    module_name,
    python_files,
    top_level,
)

# Seen only by the shell of a node (is_shell): the graph, its messages, and the package that wraps
# both.
ROS = {
    *(
        "rclpy",
        "ament_index_python",
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
        "tf2_msgs",
        "visualization_msgs",
    ),
    *("talus_interfaces", "talus_ros"),
}

# Package -> what its pure files may import, besides the standard library and themselves. Arrows
# point down this list.
MAY_IMPORT = {
    "talus_core": {"numpy", "yaml", "transforms3d"},
    "talus_models": {"numpy", "yaml", "onnxruntime", "talus_core"},
    "talus_ros": {"numpy", "yaml", "talus_core"},
    "talus_description": {
        "numpy",
        "yaml",
        "transforms3d",
        "talus_core",
        "xacro",
        "mujoco",
        "pinocchio",
        "scipy",
    },
    "talus_safety": {"numpy", "yaml", "talus_core"},
    # The one arrow between siblings: the last gate stands in the driver's process, since a topic
    # hop can be lost.
    "talus_drivers": {"numpy", "yaml", "talus_core", "talus_safety"},
    # Proves drivers, and is imported by none of them.
    "talus_conformance": {"numpy", "pytest", "talus_core", "talus_drivers"},
    # Drives on a bus; only its folder `bus` sees a socket.
    "talus_can": {"numpy", "talus_core"},
    # The controller's stairs: a model of the body, what the sensors say of it, what it shall do.
    "talus_dynamics": {"numpy", "pinocchio", "talus_core"},
    "talus_estimation": {"numpy", "talus_core", "talus_dynamics"},
    "talus_balance": {
        "numpy",
        "daqp",
        "talus_core",
        "talus_models",
        "talus_dynamics",
        "talus_estimation",
    },
    "talus_perception": {
        *("numpy", "yaml", "mujoco", "cv2", "scipy", "talus_core", "talus_models"),
        # Of training alone: see LIVES_IN, and test_no_node_learns.
        *("torch", "onnx", "anny", "fast_simplification"),
    },
    "talus_map": {"numpy", "talus_core"},
    "talus_localisation": {"numpy", "scipy", "talus_core"},
    "talus_recorder": {"numpy", "mcap", "talus_core"},
    "talus_view": {"numpy", "cv2", "trimesh", "viser", "talus_core"},
    # Stands above what it imitates; found by entry points, imported by the laboratory alone.
    "talus_simulation": {
        *(
            "numpy",
            "yaml",
            "mujoco",
            "talus_core",
            "talus_safety",
            "talus_drivers",
            "talus_description",
        ),
        "talus_perception",
    },
    # The other end of the buses, with a simulated body behind it; only its own client imports it.
    "talus_drive_simulator": {"numpy", "talus_core", "talus_can", "talus_simulation"},
    # Another body behind the same drives and faults; Gazebo itself is imported by name, if it is
    # there.
    "talus_gazebo": {
        *("numpy", "talus_core", "talus_safety", "talus_description", "talus_simulation"),
    },
    "talus_launch": {"yaml", "talus_core"},
    "talus_cli": {
        *(
            "numpy",
            "yaml",
            "talus_core",
            "talus_safety",
            "talus_recorder",
            "talus_balance",
            "talus_launch",
        ),
    },
    # On top of all, imported by no package: it drives the real controller and the real body.
    "talus_lab": {
        *(
            "numpy",
            "yaml",
            "PIL",
            "onnx",
            "talus_core",
            "talus_models",
            "talus_dynamics",
            "talus_estimation",
            "talus_balance",
            "talus_drivers",
        ),
        *("talus_safety", "talus_recorder", "talus_description", "talus_map", "talus_simulation"),
        *("talus_localisation", "talus_perception"),
        *("talus_cli", "talus_launch", "talus_can", "talus_drive_simulator", "talus_gazebo"),
    },
    "robot_state_publisher": {"numpy", "talus_core"},
}

# Folders of talus_perception that need PyTorch, and that the command of training alone imports.
LEARNING_ROOMS = ("network", "heads", "training")

# A third-party library lives in one place of a package: change it there, and nowhere else.
LIVES_IN = {
    "mujoco": (
        "talus_simulation/mujoco_body/*",
        "talus_simulation/cameras/rendering.py",
        "talus_description/*",
        "talus_perception/worlds/*",
        "talus_perception/offscreen.py",
    ),
    "torch": tuple(f"talus_perception/{room}/*" for room in LEARNING_ROOMS),
    "anny": ("talus_perception/training/bake_figures.py",),
    "fast_simplification": ("talus_perception/training/bake_figures.py",),
    "pinocchio": ("talus_dynamics/*", "talus_description/rest_path.py"),
    "daqp": ("talus_balance/whole_body/quadratic_program.py",),
    "onnxruntime": ("talus_models/session.py",),
    "onnx": (
        "talus_lab/training/onnx_file.py",
        "talus_lab/bench/perception/costs.py",
        "talus_lab/bench/perception/twin.py",
        "talus_perception/training/export.py",
    ),
    "mcap": ("talus_recorder/*",),
    "viser": ("talus_view/*",),
    "trimesh": ("talus_view/drawing/shapes.py",),
    "transforms3d": ("talus_core/rotations.py", "talus_description/*"),
    "cv2": (
        "talus_view/drawing/pictures.py",
        "talus_perception/evaluation/real_people.py",
        "talus_perception/evaluation/hog_peer.py",
        "talus_perception/seeing/lens.py",
        "talus_perception/seeing/overlay.py",
    ),
    "PIL": ("talus_lab/bench/balance/picture.py",),
    "scipy": (
        "talus_description/rest_path.py",
        "talus_localisation/graph/pose_graph.py",
        "talus_localisation/matching/matcher.py",
        "talus_perception/tracking/tracker.py",
    ),
}

# Mathematics is told the time.
CLOCKLESS = (
    "talus_core",
    "talus_models",
    "talus_safety",
    "talus_can",
    "talus_dynamics",
    "talus_estimation",
    "talus_balance",
    "talus_map",
)
# Files of those that may all the same: they hand the time on.
CLOCKS = ("talus_can/bus/steady_clock.py",)

PYTHON_PACKAGES = sorted(name for name in PACKAGES if any(python_files(name)))
BOOTSTRAP = PACKAGES["talus_cli"] / "talus_cli" / "bootstrap"
MACHINE = PACKAGES["talus_core"] / "talus_core" / "machine"


def is_shell(path: Path) -> bool:
    """Return whether a file may see ROS."""
    return path.name.endswith("_node.py") or path.name == "conversions.py"


def pure_files(package: str) -> list[Path]:
    return [
        path for path in python_files(package) if not is_shell(path) and path.name != "setup.py"
    ]


def test_arrows_point_down():
    """A package imports only what stands above it in the list: so there is no circle."""
    order = list(MAY_IMPORT)
    up = {
        name: [other for other in order[order.index(name) :] if other in MAY_IMPORT[name]]
        for name in order
    }
    assert {name: others for name, others in up.items() if others} == {}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return modules of which each is imported by the next; none where there is no circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_circle_of_modules():
    """Within a package neither, where `MAY_IMPORT` says nothing; every import counts."""
    files = {
        module_name(path, package): path
        for package in PYTHON_PACKAGES
        for path in python_files(package)
        if path.name != "setup.py"
    }
    graph = {name: imported_modules(path, set(files)) for name, path in files.items()}
    assert len(graph) > 500  # else the graph was not read
    assert circle(graph) == []


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == {"a", "b", "c"}


def test_every_python_package_is_in_the_diagram():
    assert set(PYTHON_PACKAGES) == set(MAY_IMPORT)


@pytest.mark.parametrize("package", PYTHON_PACKAGES)
def test_pure_files_import_only_what_their_layer_may(package):
    allowed = MAY_IMPORT[package] | {package}
    wrong = {
        str(path.relative_to(ROOT)): top_level(imports(path)) - allowed
        for path in pure_files(package)
    }
    assert {path: names for path, names in wrong.items() if names} == {}


@pytest.mark.parametrize("package", PYTHON_PACKAGES)
def test_nodes_import_ros_besides_but_no_sibling(package):
    allowed = MAY_IMPORT[package] | {package} | ROS
    wrong = {
        path.name: top_level(imports(path)) - allowed
        for path in python_files(package)
        if is_shell(path)
    }
    assert {name: names for name, names in wrong.items() if names} == {}


@pytest.mark.parametrize("package", PYTHON_PACKAGES)
def test_tests_beside_a_package_import_no_sibling_of_it(package):
    """A test that needs two packages lives in tests/ at the top."""
    allowed = MAY_IMPORT[package] | {package} | ROS
    ours = set(PACKAGES) - allowed
    wrong = {
        path.name: top_level(imports(path)) & ours
        for path in (PACKAGES[package] / "test").rglob("*.py")
    }
    assert {name: names for name, names in wrong.items() if names} == {}


@pytest.mark.parametrize("library", sorted(LIVES_IN))
def test_library_lives_in_its_place(library):
    users = [
        f"{package}/{path.relative_to(PACKAGES[package] / package)}"
        for package in PYTHON_PACKAGES
        for path in python_files(package)
        if library in top_level(imports(path))
    ]
    assert [
        user for user in users if not any(fnmatch(user, place) for place in LIVES_IN[library])
    ] == []


def test_no_node_learns():
    """Training is imported by itself and by the command that starts it, never by what runs."""
    learning = tuple(f"talus_perception.{room}" for room in LEARNING_ROOMS)
    users = {
        str(path.relative_to(ROOT))
        for package in PYTHON_PACKAGES
        for path in python_files(package)
        if any(module.startswith(learning) for module in imports(path))
    }
    package = PACKAGES["talus_perception"] / "talus_perception"
    inside = {
        str(path.relative_to(ROOT))
        for room in LEARNING_ROOMS
        for path in (package / room).rglob("*.py")
    }
    assert users - inside == {str((package / "__main__.py").relative_to(ROOT))}


@pytest.mark.parametrize("package", CLOCKLESS)
def test_mathematics_reads_no_clock(package):
    readers = [
        str(path)
        for path in pure_files(package)
        if "time" in {module for module, _ in imported(path)} and not str(path).endswith(CLOCKS)
    ]
    assert readers == []


def test_bootstrap_needs_nothing_installed():
    """What it takes from talus_core needs nothing either, beside the package's empty beginning."""
    files = [
        *BOOTSTRAP.rglob("*.py"),
        *MACHINE.rglob("*.py"),
        MACHINE.parent / "__init__.py",
        MACHINE.parent / "errors.py",
    ]
    ours = ("talus_cli.bootstrap", "talus_core.machine", "talus_core.errors")
    strangers = {
        str(path): {module for module in imports(path) if not module.startswith(ours)}
        for path in files
    }
    assert {name: modules for name, modules in strangers.items() if modules} == {}
