# SPDX-License-Identifier: Apache-2.0
"""Checks a command's environment: ours in front, the user's kept, nothing twice."""

from pathlib import Path

import pytest
from talus_cli.bootstrap.environment import DEFAULTS, apply, overruled
from talus_cli.bootstrap.installing.underlay import compute
from talus_cli.bootstrap.workspace import Workspace

CACHED = {
    "prepend": {
        "PATH": ["/ours/bin"],
        "PYTHONPATH": ["/ours/lib", "/ours/build"],
        "PKG_CONFIG_PATH": [],
    },
    "fixed": {"TALUS_ROOT": "/ours"},
    "defaults": {"OMP_NUM_THREADS": "1"},
}


def test_ours_come_first_and_the_users_stay():
    result = apply(CACHED, {"PATH": "/usr/bin:/bin", "PYTHONPATH": "/mine", "HOME": "/home/me"})
    assert result["PATH"] == "/ours/bin:/usr/bin:/bin"
    assert result["PYTHONPATH"] == "/ours/lib:/ours/build:/mine"
    assert (result["HOME"], result["TALUS_ROOT"]) == ("/home/me", "/ours")


def test_applying_twice_changes_nothing_more():
    once = apply(CACHED, {"PATH": "/bin"})
    assert apply(CACHED, once) == once


def test_defaults_yield_to_the_user_and_fixed_values_do_not():
    result = apply(CACHED, {"PATH": "", "OMP_NUM_THREADS": "4", "TALUS_ROOT": "/other"})
    assert (result["OMP_NUM_THREADS"], result["TALUS_ROOT"]) == ("4", "/ours")


def test_a_choice_that_cannot_be_followed_is_told():
    cached = {"prepend": {}, "fixed": {"RMW_IMPLEMENTATION": "rmw_fastrtps_cpp"}, "defaults": {}}
    (line,) = overruled(cached, {"RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"})
    assert "'rmw_cyclonedds_cpp'" in line
    assert "rmw_fastrtps_cpp" in line
    assert overruled(cached, {"RMW_IMPLEMENTATION": "rmw_fastrtps_cpp"}) == []
    assert overruled(cached, {}) == []
    assert overruled(CACHED, {"RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"}) == []


def test_empty_lists_are_not_set():
    assert "PKG_CONFIG_PATH" not in apply(CACHED, {"PATH": ""})


def test_what_sourcing_adds_is_computed(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.install.mkdir()
    (workspace.install / "local_setup.bash").write_text(
        f'export AMENT_PREFIX_PATH={workspace.install}:"$AMENT_PREFIX_PATH" PYTHONPATH="/a b:/c"\n'
    )
    computed = compute(workspace, {"PATH": "/usr/bin:/bin", "PYTHONPATH": "/mine"})
    assert computed["prepend"]["AMENT_PREFIX_PATH"] == [str(workspace.install), str(workspace.venv)]
    assert computed["prepend"]["PYTHONPATH"] == ["/a b", "/c"]
    assert computed["prepend"]["PATH"] == [str(workspace.venv / "bin")]
    assert computed["defaults"] == DEFAULTS


def test_sourced_ros_stays_below_the_workspace(tmp_path):
    workspace = Workspace.here({"ROS_DISTRO": "jazzy"})
    assert workspace.venv == workspace.root / ".talus" / "jazzy" / "venv"
    workspace = Workspace(tmp_path, "jazzy")
    workspace.install.mkdir(parents=True)
    (workspace.install / "local_setup.bash").write_text(
        "export AMENT_PREFIX_PATH=/ws:$AMENT_PREFIX_PATH\n"
    )
    sourced = {"PATH": "/opt/ros/jazzy/bin:/usr/bin:/bin", "AMENT_PREFIX_PATH": "/opt/ros/jazzy"}
    computed = compute(workspace, sourced)
    assert computed["prepend"]["AMENT_PREFIX_PATH"] == ["/ws"]
    assert apply(computed, sourced)["AMENT_PREFIX_PATH"] == "/ws:/opt/ros/jazzy"
    assert "RMW_IMPLEMENTATION" not in computed["fixed"]


def test_root_is_this_checkout():
    assert (Workspace.here({}).root / "talus").samefile(Path(__file__).parents[4] / "talus")


@pytest.mark.parametrize("distro", ["", "jazzy"])
def test_computing_inside_our_own_environment_changes_nothing(tmp_path, distro):
    workspace = Workspace(tmp_path, distro)
    workspace.install.mkdir(parents=True)
    (workspace.install / "local_setup.bash").write_text(
        f"export PYTHONPATH={workspace.build}/a:$PYTHONPATH\n"
    )
    outside = {"PATH": "/usr/bin:/bin", "AMENT_PREFIX_PATH": "/opt/ros/jazzy"}
    computed = compute(workspace, outside)
    assert compute(workspace, apply(computed, outside)) == computed
