# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from talus_balance.stepping.footholds import FootholdChooser, FootholdConfig
from talus_balance.stepping.height_grid import HeightGrid
from talus_core.robot import Foot

FOOT = Foot("l_sole", 0.24, 0.11)
CELL, TREAD, RISE, FIRST = 0.02, 0.30, 0.12, 0.50
STRIDE = np.array([0.22, -0.19])
STANCE = np.array([0.20, 0.10, 0.0])


def grid_of(height_at):
    """4 x 4 m about the origin of heights that depend on x."""
    x = (np.arange(200) + 0.5) * CELL - 2.0
    return HeightGrid(np.full(2, -2.0), CELL, np.tile(height_at(x), (200, 1)))


def stairs(x):
    return RISE * np.clip(np.floor((x - FIRST) / TREAD) + 1.0, 0.0, 4.0)


def chosen(grid, stance=STANCE, step=STRIDE, heading=0.0):
    return FootholdChooser(FootholdConfig(), FOOT).choose(grid, stance, step, heading)


def test_level_ground_is_walked_as_if_blind():
    assert chosen(grid_of(np.zeros_like)) is None


def test_unknown_ground_is_walked_blind():
    assert chosen(grid_of(lambda x: np.full_like(x, np.nan))) is None


@pytest.mark.parametrize("start", np.arange(0.06, 0.30, 0.04))
def test_a_sole_lies_on_one_tread_and_clear_of_the_next(start):
    foothold = chosen(grid_of(stairs), np.array([start, 0.10, 0.0]))
    if foothold is None:  # the stairs are still two steps away
        assert start + 2.0 * STRIDE[0] < FIRST
        return
    config = FootholdConfig()
    sole = foothold.place[0] + np.linspace(-1.0, 1.0, 21) * (
        0.5 * FOOT.length - config.overhang - CELL
    )
    assert np.allclose(stairs(sole), foothold.height)
    assert stairs(foothold.place[0] + 0.5 * FOOT.length) <= foothold.height
    assert abs(foothold.place[0] - start - STRIDE[0]) <= config.shift + 1e-9


@pytest.mark.parametrize("short", [0.03, 0.05, 0.07])
def test_a_sole_is_set_down_whole_where_a_little_farther_there_is_room(short):
    """The gait of its own would leave the heel in the air."""
    edge = STANCE[0] + STRIDE[0] - 0.12 + short
    platform = grid_of(lambda x: np.where(x > edge, RISE, 0.0))
    heel = chosen(platform).place[0] - 0.5 * FOOT.length
    assert heel > edge - CELL


def test_on_stairs_strides_become_treads():
    stance = np.array([FIRST + 0.12, 0.10, RISE])
    foothold = chosen(grid_of(stairs), stance)
    assert foothold.height == pytest.approx(2.0 * RISE)
    assert foothold.stride == pytest.approx(TREAD, abs=0.05)


def test_the_way_down_is_seen_too():
    foothold = chosen(grid_of(lambda x: -stairs(x)), np.array([FIRST - 0.12, 0.10, 0.0]))
    assert foothold.height == pytest.approx(-RISE)


def test_the_map_may_be_shifted_in_height_against_the_sole():
    stance = np.array([FIRST + 0.12, 0.10, RISE + 0.03])
    assert chosen(grid_of(stairs), stance).height == pytest.approx(2.0 * RISE + 0.03)


def test_the_heading_turns_the_line():
    turned = HeightGrid(
        np.full(2, -2.0), CELL, grid_of(stairs).heights.T
    )  # the stairs go up along y
    ahead, aside = chosen(grid_of(stairs)), chosen(turned, heading=0.5 * np.pi)
    assert aside.height == pytest.approx(ahead.height)
    assert aside.place[0] == pytest.approx(ahead.place[0], abs=1e-6)


def test_a_wall_is_no_step():
    assert chosen(grid_of(lambda x: np.where(x > 0.3, 0.8, 0.0)), np.array([0.1, 0.1, 0.0])) is None


def test_ground_that_is_not_seen_before_the_toe_stands_in_no_way():
    stance = np.array([FIRST + 0.12, 0.10, 0.0])
    grid = grid_of(lambda x: -stairs(x))
    known = chosen(grid, stance)
    ahead = known.place[0] + 0.5 * FOOT.length + 0.5 * FootholdConfig().room
    grid.heights[:, int((ahead + 2.0) / CELL)] = np.nan
    assert np.allclose(chosen(grid, stance).place, known.place)
