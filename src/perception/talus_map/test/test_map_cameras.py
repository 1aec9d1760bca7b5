# SPDX-License-Identifier: Apache-2.0
"""Checks which cameras the map uses: those of robot.yaml, or those that its parameters name."""

import pytest
from talus_core.parameters import ParameterError, build_config
from talus_map.config import MapNodeConfig, with_cameras_of_robot

ROWS = """cameras:
  far: {width: 32, height: 24, horizontal_fov_deg: 90, depth: true, map_rate_hz: 30}
  plain: {width: 32, height: 24, horizontal_fov_deg: 90, depth: true}
  near: {width: 32, height: 24, horizontal_fov_deg: 90, depth: true, map_rate_hz: 6.5}
"""


@pytest.fixture
def robot(tmp_path):
    (tmp_path / "robot.yaml").write_text(ROWS)
    return str(tmp_path)


def most_hz(**given):
    return build_config(MapNodeConfig, with_cameras_of_robot(given)).most_hz


def test_cameras_with_a_rate_in_robot_yaml_are_used(robot):
    assert most_hz(robot=robot) == {"far": 30.0, "near": 6.5}


def test_a_deployment_may_use_fewer_or_other_ones_at_other_rates(robot):
    assert most_hz(robot=robot, depth_cameras=("near",)) == {"near": 6.5}
    assert most_hz(robot=robot, depth_rates_hz=(5.0, 4.0)) == {"far": 5.0, "near": 4.0}
    assert most_hz(depth_cameras=("plain",), depth_rates_hz=(3.0,)) == {"plain": 3.0}


def test_all_else_that_is_given_stays(robot):
    given = with_cameras_of_robot({"robot": robot, "map.pixel_step": 3})
    assert given["map.pixel_step"] == 3 and given["robot"] == robot


def test_an_empty_list_is_as_none(robot):
    assert most_hz(robot=robot, depth_cameras=(), depth_rates_hz=()) == most_hz(robot=robot)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"depth_cameras": ("plain",)}, "camera 'plain' has no map_rate_hz; give it one"),
        ({"depth_cameras": ("a", "b"), "depth_rates_hz": (1.0,)}, "have 2 and 1 entries"),
        ({"depth_rates_hz": (1.0, 2.0, 3.0)}, "have 2 and 3 entries; one rate per camera works"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(robot, given, message):
    with pytest.raises(ParameterError, match=message) as error:
        most_hz(robot=robot, **given)
    assert "\n" not in str(error.value)


def test_a_robot_must_be_named(tmp_path):
    with pytest.raises(ParameterError, match="parameter 'robot' is empty"):
        most_hz()
    (tmp_path / "robot.yaml").write_text(ROWS.replace(", map_rate_hz: 30", "").split("  near")[0])
    with pytest.raises(ParameterError, match="no camera has a map_rate_hz"):
        most_hz(robot=str(tmp_path))
