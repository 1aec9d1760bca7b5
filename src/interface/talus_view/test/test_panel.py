# SPDX-License-Identifier: Apache-2.0
"""The status card tells the truth, and says when it knows nothing."""

import numpy as np
import pytest
from talus_view import colours
from talus_view.panel import (
    NOTHING,
    STALE_AFTER,
    battery_text,
    margin_text,
    mode_text,
    pace_text,
    speed_text,
    status_card,
)
from talus_view.scene import LEVEL_TITLES, Balance, BasePose, Battery, Safety, Scene


def safety(level: int = 0, cause: str = "", clears_by: str = "", is_latched: bool = False) -> Safety:
    return Safety(level, cause, clears_by, is_latched, is_armed=level == 0, is_torque_permitted=level < 3)


def balance(mode: int = 3, left: bool = True, right: bool = True, margin: float = 0.04) -> Balance:
    none = np.zeros((0, 3))
    return Balance(mode, left, right, np.zeros(3), np.zeros(3), np.zeros(3), margin, none, none)


@pytest.mark.parametrize("level", LEVEL_TITLES)
def test_every_level_has_name_and_colour(level):
    scene = Scene()
    scene.put(safety(level, "a cause", "safety/reset"), 0.0)
    card = status_card(scene, 0.1)
    assert LEVEL_TITLES[level] in card
    assert colours.css(colours.LEVEL_COLOURS[level]) in card
    assert "a cause" in card and "Clears by: safety/reset" in card


def test_unknown_level_is_not_shown_as_fine():
    scene = Scene()
    scene.put(safety(9), 0.0)
    card = status_card(scene, 0.0)
    assert "Unknown level 9" in card
    assert colours.css(colours.LEVEL_COLOURS[0]) not in card.split("talus-rows")[0]


def test_old_news_is_no_news():
    scene = Scene()
    scene.put(safety(), 0.0)
    scene.put(balance(), 0.0)
    scene.put(BasePose(np.zeros(3), np.array([0, 0, 0, 1.0]), np.array([0.4, 0.3, 0]), 0.0), 0.0)
    assert "R0 Run" in status_card(scene, STALE_AFTER)
    late = STALE_AFTER + 0.01
    assert "No safety state" in status_card(scene, late)
    assert {mode_text(scene, late), speed_text(scene, late), margin_text(scene, late)} == {NOTHING}


def test_texts():
    scene = Scene()
    scene.put(balance(mode=4, right=False, margin=-0.02), 0.0)
    scene.put(BasePose(np.zeros(3), np.array([0, 0, 0, 1.0]), np.array([0.4, 0.3, 0]), 0.5), 0.0)
    scene.put(Battery(0.834, 52.41, -4.0), 0.0)
    assert mode_text(scene, 0.0) == "Walking"
    assert margin_text(scene, 0.0) == "left foot, -2 cm"
    assert speed_text(scene, 0.0) == "0.50 m/s, +29°/s"
    assert battery_text(scene, 0.0) == "83 % · 52.4 V · 210 W"
    assert pace_text(scene, 0.0) == "real"


def test_causes_cannot_inject_markup():
    scene = Scene()
    scene.put(safety(3, "<script>alert(1)</script>"), 0.0)
    assert "<script>" not in status_card(scene, 0.0)
