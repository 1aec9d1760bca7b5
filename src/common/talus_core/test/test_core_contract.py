# SPDX-License-Identifier: Apache-2.0
from talus_core.graph.contract import (
    EVERY_NODE,
    IN_EVERY_RUN,
    PERCEPTION,
    PUBLIC_SERVICES,
    PUBLIC_TOPICS,
    YOU,
    topics_of,
)
from talus_core.graph.node_table import NODES


def test_every_topic_comes_from_a_node_of_the_table():
    publishers = {name for topic in PUBLIC_TOPICS for name in topic.publishers}
    assert publishers <= {*NODES.names, EVERY_NODE, YOU}
    assert all(topic.publishers for topic in PUBLIC_TOPICS)


def test_names_are_unique():
    names = [entry.name for entry in (*PUBLIC_TOPICS, *PUBLIC_SERVICES)]
    assert len(names) == len(set(names))


def test_topics_of_cameras_are_named_one_by_one():
    topics = topics_of(
        {IN_EVERY_RUN, PERCEPTION}, cameras=("left", "down"), depth_cameras=("down",)
    )
    cameras = {topic.name: topic.frame for topic in topics if topic.name.startswith("camera/")}
    assert cameras["camera/left/image_raw"] == "left_camera_optical_frame"
    assert "camera/down/depth/image_raw" in cameras and "camera/left/depth/image_raw" not in cameras
