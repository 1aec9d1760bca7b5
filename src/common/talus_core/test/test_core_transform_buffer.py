# SPDX-License-Identifier: Apache-2.0
"""The frame buffer: composition, interpolation, and an error for everything it cannot know."""

import math

import numpy as np
import pytest
from talus_core.rotations import matrix_from_rpy, matrix_from_yaw, quat_xyzw_from_matrix
from talus_core.transform_buffer import (
    DisconnectedFramesError,
    ExtrapolationError,
    TransformBuffer,
    TransformError,
    UnknownFrameError,
)

NO_TURN = (0.0, 0.0, 0.0, 1.0)


def lookup(buffer, target, source, time=None):
    return buffer.lookup_many(target, (source,), time)[source]


def quat_of_yaw(yaw):
    return quat_xyzw_from_matrix(matrix_from_yaw(yaw))


@pytest.fixture
def buffer():
    """Build map = odom -> base_link (moving) -> torso (moving) -> camera, base_link -> foot."""
    buffer = TransformBuffer()
    buffer.set_static("map", "odom", (0, 0, 0), NO_TURN)
    for time in (1.0, 2.0):
        buffer.set("odom", "base_link", time, (time, 0, 0.9), quat_of_yaw(0.5 * time))
        buffer.set("base_link", "torso", time, (0, 0, 0.2), quat_of_yaw(-0.2 * time))
    buffer.set_static("torso", "camera", (0.1, 0, 0.5), NO_TURN)
    buffer.set_static("base_link", "foot", (0, 0.1, -0.9), NO_TURN)
    return buffer


def test_composition_equals_the_product_of_the_edges(buffer):
    found = lookup(buffer, "map", "camera", 2.0)
    rotation = matrix_from_yaw(1.0) @ matrix_from_yaw(-0.4)
    position = [2, 0, 0.9] + matrix_from_yaw(1.0) @ (
        [0, 0, 0.2] + matrix_from_yaw(-0.4) @ [0.1, 0, 0.5]
    )
    np.testing.assert_allclose(found.rotation, rotation, atol=1e-12)
    np.testing.assert_allclose(found.position, position, atol=1e-12)


def test_the_way_back_is_the_inverse(buffer):
    there = lookup(buffer, "map", "camera", 1.3)
    back = lookup(buffer, "camera", "map", 1.3)
    np.testing.assert_allclose((there @ back).rotation, np.eye(3), atol=1e-12)
    np.testing.assert_allclose((there @ back).position, 0.0, atol=1e-12)
    points = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(back.apply(there.apply(points)), points, atol=1e-12)


def test_between_two_stamps_position_is_linear_and_rotation_spherical(buffer):
    found = lookup(buffer, "odom", "base_link", 1.25)
    np.testing.assert_allclose(found.position, [1.25, 0.0, 0.9], atol=1e-12)
    np.testing.assert_allclose(found.rotation, matrix_from_yaw(0.625), atol=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_rotation_takes_the_shorter_way_even_between_opposite_quaternions(share):
    buffer = TransformBuffer()
    start = matrix_from_rpy(0.3, -0.2, 3.0)
    end = matrix_from_rpy(0.3, -0.2, -3.0)
    buffer.set("a", "b", 0.0, (0, 0, 0), quat_xyzw_from_matrix(start))
    buffer.set("a", "b", 1.0, (0, 0, 0), -quat_xyzw_from_matrix(end))
    found = lookup(buffer, "a", "b", share).rotation
    total = math.acos((np.trace(start.T @ end) - 1) / 2)
    turned = math.acos(np.clip((np.trace(start.T @ found) - 1) / 2, -1, 1))
    assert turned == pytest.approx(share * total, abs=1e-6)


def test_without_a_time_the_newest_instant_common_to_the_path_counts(buffer):
    buffer.set("odom", "base_link", 3.0, (3, 0, 0.9), NO_TURN)
    assert lookup(buffer, "map", "camera").position[0] == pytest.approx(
        lookup(buffer, "map", "camera", 2.0).position[0]
    )
    assert lookup(buffer, "odom", "base_link").position[0] == 3.0
    np.testing.assert_allclose(lookup(buffer, "torso", "camera").position, [0.1, 0, 0.5])


def test_edges_above_the_common_ancestor_do_not_matter(buffer):
    buffer.set("base_link", "torso", 9.0, (0, 0, 0.3), NO_TURN)
    assert lookup(buffer, "base_link", "torso", 9.0).position[2] == pytest.approx(0.3)
    assert lookup(buffer, "foot", "camera", 9.0).position[2] == pytest.approx(0.3 + 0.5 + 0.9)


def test_many_at_once_equal_one_by_one(buffer):
    many = buffer.lookup_many("camera", ("foot", "odom", "torso"), 1.7)
    for frame in ("foot", "odom", "torso"):
        np.testing.assert_allclose(
            many[frame].position, lookup(buffer, "camera", frame, 1.7).position, atol=1e-12
        )


def test_unknown_frame_names_the_nearest(buffer):
    with pytest.raises(UnknownFrameError, match=r"unknown frame 'base_lnk'; nearest: base_link"):
        lookup(buffer, "map", "base_lnk", 1.5)


def test_too_early_and_too_late_are_told_apart(buffer):
    with pytest.raises(
        ExtrapolationError, match=r"'base_link' is known from 1.000 to 2.000 s, not at 2.500 s"
    ) as late:
        lookup(buffer, "odom", "base_link", 2.5)
    assert late.value.is_early
    with pytest.raises(ExtrapolationError) as forgotten:
        lookup(buffer, "odom", "base_link", 0.5)
    assert not forgotten.value.is_early


def test_two_trees_are_reported(buffer):
    buffer.set_static("world", "table", (1, 0, 0), NO_TURN)
    with pytest.raises(DisconnectedFramesError, match="roots are 'world' and 'map'"):
        lookup(buffer, "camera", "table", 1.5)


def test_a_loop_is_refused_and_changes_nothing(buffer):
    with pytest.raises(TransformError, match="map -> camera -> torso -> base_link -> odom -> map"):
        buffer.set_static("camera", "map", (0, 0, 0), NO_TURN)
    lookup(buffer, "map", "camera", 1.5)


@pytest.mark.parametrize(
    ("position", "quat_xyzw"),
    [
        ((math.nan, 0, 0), NO_TURN),
        ((0, 0, 0), (0, 0, 0, 0)),
        ((0, 0, 0), (0, 0, 1, 1)),
        ((0, 0), NO_TURN),
    ],
)
def test_what_is_no_pose_is_refused(buffer, position, quat_xyzw):
    with pytest.raises(TransformError, match="frame 'base_link'"):
        buffer.set("odom", "base_link", 3.0, position, quat_xyzw)
    assert lookup(buffer, "odom", "base_link").position[0] == 2.0


def test_history_is_bounded_late_stamps_are_sorted_in_and_a_restarted_clock_forgets():
    buffer = TransformBuffer(history=1.0)
    for time in (0.0, 1.0, 2.0, 1.5):
        buffer.set("odom", "base_link", time, (time, 0, 0), NO_TURN)
    assert lookup(buffer, "odom", "base_link", 1.5).position[0] == 1.5
    with pytest.raises(ExtrapolationError):
        lookup(buffer, "odom", "base_link", 0.5)
    buffer.set("odom", "base_link", 0.1, (7, 0, 0), NO_TURN)
    assert lookup(buffer, "odom", "base_link").position[0] == 7
