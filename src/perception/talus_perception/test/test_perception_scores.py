# SPDX-License-Identifier: Apache-2.0
"""Scores of made-up findings are what they must be."""

import math

import numpy as np
import pytest
from talus_perception.evaluation.faults import FAULT_PICTURES, spoil_picture
from talus_perception.evaluation.scores import average_precision, recall_at
from talus_perception.seeing.decode import (
    Outputs,
    Sighting,
    found_objects,
    found_people,
    overlap,
    peaks,
)
from talus_perception.words import THING_STRIDE, THINGS

BOX = (10.0, 10.0, 30.0, 50.0)
ELSEWHERE = (100.0, 100.0, 130.0, 150.0)


def person(score: float, picture: int, box=BOX) -> Sighting:
    return Sighting("person", score, picture, box)


def test_overlap_is_share_of_the_union():
    assert overlap(BOX, BOX) == pytest.approx(1.0)
    assert overlap(BOX, (20.0, 10.0, 40.0, 50.0)) == pytest.approx(1 / 3)
    assert overlap(BOX, ELSEWHERE) == 0.0


def test_average_precision_of_all_half_and_nothing():
    truths = [person(1, 0), person(1, 1)]
    assert average_precision([person(0.9, 0), person(0.8, 1)], truths) == 1.0
    assert average_precision([person(0.9, 0)], truths) == 0.5
    assert average_precision([person(0.9, 0, ELSEWHERE), person(0.8, 0)], truths) == 0.25
    assert average_precision([], truths) == 0.0
    assert math.isnan(average_precision([], []))


def test_a_truth_is_found_once():
    assert average_precision([person(0.9, 0), person(0.8, 0)], [person(1, 0)]) == 1.0
    assert recall_at([person(0.9, 0), person(0.8, 0)], [person(1, 0), person(1, 1)], 1) == 0.5


def test_recall_stops_at_the_false_alarms():
    wrong = [person(0.9 - 0.01 * i, 0, ELSEWHERE) for i in range(3)]
    truths = [person(1, 0)]
    assert recall_at([*wrong, person(0.1, 0)], truths, 2) == 0.0
    assert recall_at([*wrong, person(0.1, 0)], truths, 3) == 1.0


def test_a_peak_is_hotter_than_what_is_around():
    heat = np.zeros((6, 8))
    heat[2, 3], heat[2, 4], heat[5, 7] = 0.9, 0.8, 0.3
    assert peaks(heat) == [(2, 3), (5, 7)]


def test_boxes_are_read_out_of_tensors():
    maps = {
        "objects_heat": np.zeros((1, len(THINGS), 32, 40)),
        "objects_offset": np.full((1, 2, 32, 40), 0.5),
        "objects_box": np.full((1, 2, 32, 40), 20.0),
        "objects_depth": np.full((1, 1, 32, 40), 2.0),
        "people_heat": np.zeros((1, 1, 32, 40)),
        "people_box": np.full((1, 4, 32, 40), 10.0),
    }
    maps["objects_heat"][0, 3, 5, 6] = 0.7
    maps["people_heat"][0, 0, 8, 9] = 0.6
    (thing,) = found_objects(Outputs(maps), 0, scale=1.5)
    u, v = 6.5 * THING_STRIDE, 5.5 * THING_STRIDE
    assert (thing.kind, thing.point) == (THINGS[3], (u, v, 3.0))
    assert thing.box == (u - 10, v - 10, u + 10, v + 10)
    (someone,) = found_people(Outputs(maps), 0)
    u, v = 9.5 * THING_STRIDE, 8.5 * THING_STRIDE
    assert someone.box == (u - 10, v - 10, u + 10, v + 10)


@pytest.mark.parametrize("fault", FAULT_PICTURES)
def test_a_fault_changes_a_picture_unless_it_is_frozen(fault):
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (256, 320, 3)).astype(np.uint8)
    spoiled = spoil_picture(picture, fault, rng)
    assert spoiled.shape == picture.shape and spoiled.dtype == np.uint8
    assert np.array_equal(spoiled, picture) == (fault == "frozen")
    if fault == "black":
        assert spoiled.mean() < 10
    if fault == "blurred":
        assert np.diff(spoiled.astype(float), axis=1).std() < 10
