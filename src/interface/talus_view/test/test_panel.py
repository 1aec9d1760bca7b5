# SPDX-License-Identifier: Apache-2.0
"""Checks that the status card tells the truth, and says when it knows nothing."""

import numpy as np
import pytest
from talus_view.drawing import colours
from talus_view.page.card import NO_DATA, STALE_AFTER_S, CardPart, CardZone, status_card
from talus_view.scene import BasePose, Scene
from talus_view.widgets.balance import BalanceSnapshot, margin_text, mode_text
from talus_view.widgets.battery import BatteryReport, battery_text, charge_bar
from talus_view.widgets.clock import pace_text
from talus_view.widgets.odometry import speed_text
from talus_view.widgets.safety_level import LEVEL_TITLES, SafetyReport, level_banner


def safety(
    level: int = 0, cause: str = "", clears_by: str = "", is_latched: bool = False
) -> SafetyReport:
    return SafetyReport(
        level, cause, clears_by, is_latched, is_armed=level == 0, is_torque_permitted=level < 3
    )


def balance(
    mode: int = 3, left: bool = True, right: bool = True, margin: float = 0.04
) -> BalanceSnapshot:
    none = np.zeros((0, 3))
    return BalanceSnapshot(
        mode, left, right, np.zeros(3), np.zeros(3), np.zeros(3), margin, none, none
    )


@pytest.mark.parametrize("level", LEVEL_TITLES)
def test_every_level_has_name_and_colour(level):
    scene = Scene()
    scene.put(safety(level, "a cause", "safety/reset"), 0.0)
    card = status_card([level_banner(scene, 0.1)])
    assert LEVEL_TITLES[level] in card
    assert colours.css(colours.LEVEL_COLOURS[level]) in card
    assert "a cause" in card and "Clears by: safety/reset" in card


def test_unknown_level_is_not_shown_as_fine():
    scene = Scene()
    scene.put(safety(9), 0.0)
    card = status_card([level_banner(scene, 0.0)])
    assert "Unknown level 9" in card
    assert colours.css(colours.LEVEL_COLOURS[0]) not in card.split("talus-rows")[0]


def test_old_news_is_no_news():
    scene = Scene()
    scene.put(safety(), 0.0)
    scene.put(balance(), 0.0)
    scene.put(BasePose(np.zeros(3), np.array([0, 0, 0, 1.0]), np.array([0.4, 0.3, 0]), 0.0), 0.0)
    assert "R0 Run" in status_card([level_banner(scene, STALE_AFTER_S)])
    late = STALE_AFTER_S + 0.01
    assert "No safety state" in status_card([level_banner(scene, late)])
    assert {mode_text(scene, late), speed_text(scene, late), margin_text(scene, late)} == {NO_DATA}


def test_texts():
    scene = Scene()
    scene.put(balance(mode=4, right=False, margin=-0.02), 0.0)
    scene.put(BasePose(np.zeros(3), np.array([0, 0, 0, 1.0]), np.array([0.4, 0.3, 0]), 0.5), 0.0)
    scene.put(BatteryReport(0.834, 52.41, -4.0), 0.0)
    assert mode_text(scene, 0.0) == "Walking"
    assert margin_text(scene, 0.0) == "left foot, -2 cm"
    assert speed_text(scene, 0.0) == "0.50 m/s, +29°/s"
    assert battery_text(scene, 0.0) == "83 % · 52.4 V · 210 W"
    assert pace_text(scene, 0.0) == "real"


def test_causes_cannot_inject_markup():
    scene = Scene()
    scene.put(safety(3, "<script>alert(1)</script>"), 0.0)
    assert "<script>" not in status_card([level_banner(scene, 0.0)])


def test_parts_stand_in_their_zone_and_place_whoever_comes_first():
    bar = CardPart(CardZone.BAR, 0, "bar")
    lines = [CardPart(CardZone.LINE, place, f"line{place}") for place in (30, 10)]
    card = status_card([bar, *lines, CardPart(CardZone.BANNER, 0, "banner")])
    places = [card.index(text) for text in ("banner", "line10", "line30", "bar", "</div>")]
    assert card.index("banner") < card.index("line10") < card.index("line30")
    assert places[3] < len(card) and card.endswith("bar</div>")


@pytest.mark.parametrize(("charge", "level"), [(0.31, 0), (0.3, 1), (0.15, 3), (-1.0, 3)])
def test_bar_turns_with_the_charge(charge, level):
    scene = Scene()
    scene.put(BatteryReport(charge, 52.0, 0.0), 0.0)
    assert colours.css(colours.LEVEL_COLOURS[level]) in charge_bar(scene, 0.0).html
