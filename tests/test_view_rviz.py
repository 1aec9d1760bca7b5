# SPDX-License-Identifier: Apache-2.0
"""Checks that the RViz configuration shows only what the robot offers, with fitting displays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from talus_core.robot import load_robot

ROOT = Path(__file__).parents[1]

# The public topics that RViz can show, with their types; `<name>` is a camera of the robot.
CONTRACT = {
    "robot_description": "std_msgs/String",
    "odom": "nav_msgs/Odometry",
    "foot/left/wrench": "geometry_msgs/WrenchStamped",
    "foot/right/wrench": "geometry_msgs/WrenchStamped",
    "map/points": "sensor_msgs/PointCloud2",
    "map/occupancy": "nav_msgs/OccupancyGrid",
    "camera/<name>/image_raw": "sensor_msgs/Image",
    "camera/<name>/depth/image_raw": "sensor_msgs/Image",
}
LATCHED = {"robot_description", "map/occupancy"}
SHOWN_BY = {
    "RobotModel": "std_msgs/String",
    "Odometry": "nav_msgs/Odometry",
    "Wrench": "geometry_msgs/WrenchStamped",
    "PointCloud2": "sensor_msgs/PointCloud2",
    "Map": "nav_msgs/OccupancyGrid",
    "Image": "sensor_msgs/Image",
}


@pytest.fixture(scope="module")
def manager() -> dict:
    return yaml.safe_load((ROOT / "config" / "talus.rviz").read_text())["Visualization Manager"]


def displays(folder: dict) -> Iterator[dict]:
    for display in folder["Displays"]:
        yield display
        if "Displays" in display:
            yield from displays(display)


def topics(manager: dict) -> dict[str, dict]:
    """Return the displays by the topic that each shows."""
    found = {}
    for display in displays(manager):
        topic = display.get("Topic") or display.get("Description Topic")
        if topic:
            found[topic["Value"].removeprefix("/")] = display
    return found


def contract_name(topic: str) -> str:
    parts = topic.split("/")
    return "/".join([parts[0], "<name>", *parts[2:]]) if parts[0] == "camera" else topic


def test_every_topic_is_public_and_of_the_display_s_type(manager):
    for topic, display in topics(manager).items():
        kind = display["Class"].removeprefix("rviz_default_plugins/")
        assert CONTRACT[contract_name(topic)] == SHOWN_BY[kind], topic


def test_everything_public_that_rviz_can_show_is_there(manager):
    assert {contract_name(topic) for topic in topics(manager)} == set(CONTRACT)


def test_cameras_are_the_robot_s(manager):
    offered = yaml.safe_load((ROOT / "urdf" / "talus40" / "robot.yaml").read_text())["cameras"]
    for topic in topics(manager):
        if topic.startswith("camera/"):
            name = topic.split("/")[1]
            assert name in offered
            assert "depth" not in topic or offered[name]["depth"]


def test_latched_topics_are_asked_for_as_latched(manager):
    for topic, display in topics(manager).items():
        durability = (display.get("Topic") or display["Description Topic"])["Durability Policy"]
        assert durability == ("Transient Local" if topic in LATCHED else "Volatile"), topic


def test_frames_exist(manager):
    frames = {
        "map",
        "odom",
        "base_footprint",
        *load_robot(ROOT / "urdf" / "talus40").frames.values(),
    }
    assert manager["Global Options"]["Fixed Frame"] == "odom"
    assert manager["Views"]["Current"]["Target Frame"] in frames


def test_robot_and_frames_are_displayed(manager):
    classes = {display["Class"] for display in displays(manager)}
    assert {"rviz_default_plugins/RobotModel", "rviz_default_plugins/TF"} <= classes


def test_names_are_unique_since_rviz_restores_windows_by_name(manager):
    names = [display["Name"] for display in displays(manager)]
    assert len(names) == len(set(names))
