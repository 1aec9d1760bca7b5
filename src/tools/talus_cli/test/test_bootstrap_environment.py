# SPDX-License-Identifier: Apache-2.0
"""Checks a command's environment: ours in front, the user's kept, nothing twice."""

from pathlib import Path

import pytest
from talus_cli.bootstrap.environment import (
    DEFAULTS,
    WHEELS_VARIABLE,
    apply,
    check_middleware,
    left_out,
    with_ros_log,
)
from talus_cli.bootstrap.errors import BootstrapError
from talus_cli.bootstrap.installing.underlay import compute
from talus_cli.bootstrap.workspace import Workspace

CACHED = {
    "prepend": {
        "PATH": ["/ours/bin"],
        "PYTHONPATH": ["/ours/lib", "/ours/build"],
        "PKG_CONFIG_PATH": [],
    },
    "fixed": {"TALUS_ROOT": "/ours"},
}
WHEELS = {"prepend": CACHED["prepend"], "fixed": {**CACHED["fixed"], WHEELS_VARIABLE: "1"}}


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
    assert result["OPENBLAS_NUM_THREADS"] == DEFAULTS["OPENBLAS_NUM_THREADS"]


def test_an_empty_variable_is_as_one_that_is_not_set():
    empty = dict.fromkeys(("FASTDDS_DEFAULT_PROFILES_FILE", "RMW_IMPLEMENTATION", "PYTHONUTF8"), "")
    result = apply(WHEELS, {"PATH": "", "MINE": "", **empty})
    assert "FASTDDS_DEFAULT_PROFILES_FILE" not in result
    assert (result["RMW_IMPLEMENTATION"], result["PYTHONUTF8"]) == ("rmw_fastrtps_cpp", "1")
    assert result["MINE"] == ""


def test_the_users_middleware_is_kept_where_it_is_there_and_refused_elsewhere(tmp_path):
    wanted = {"RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp", "LD_LIBRARY_PATH": str(tmp_path)}
    for cached in (WHEELS, CACHED):
        assert apply(cached, wanted)["RMW_IMPLEMENTATION"] == "rmw_cyclonedds_cpp"
    with pytest.raises(BootstrapError, match=r"is 'rmw_cyclonedds_cpp', but .* rmw_fastrtps_cpp: "):
        check_middleware(WHEELS, apply(WHEELS, wanted))
    check_middleware(CACHED, apply(CACHED, wanted))  # a sourced ROS 2 knows what it has
    (tmp_path / "librmw_cyclonedds_cpp.so").touch()
    check_middleware(WHEELS, apply(WHEELS, wanted))
    check_middleware(WHEELS, apply(WHEELS, {}))


def test_a_second_ros_beside_the_wheels_is_left_out_and_named(tmp_path):
    second, mine = tmp_path / "ros", tmp_path / "mine"
    (second / "rclpy").mkdir(parents=True)
    mine.mkdir()
    sourced = {"PATH": "", "PYTHONPATH": f"{second}:{mine}"}
    assert apply(WHEELS, sourced)["PYTHONPATH"] == f"/ours/lib:/ours/build:{mine}"
    (line,) = left_out(WHEELS, sourced)
    assert line.startswith(f"PYTHONPATH names a second ROS 2 ({second}), which is left out")
    assert left_out(CACHED, sourced) == []  # there it is the first
    assert str(second) in apply(CACHED, sourced)["PYTHONPATH"]


def test_ros_is_told_where_to_log_only_where_its_own_place_is_none(tmp_path):
    told: list[str] = []
    home = {"HOME": str(tmp_path)}
    assert with_ros_log(home, told.append) == home
    unit = {"TALUS_ROOT": str(tmp_path)}
    assert with_ros_log(unit, told.append)["ROS_LOG_DIR"] == str(tmp_path / ".talus" / "ros")
    assert told == [f"ROS's own logs go to {tmp_path}/.talus/ros (HOME is not set)"]
    bad = {"ROS_LOG_DIR": "/proc/none"}
    assert with_ros_log(bad, told.append) == bad


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
