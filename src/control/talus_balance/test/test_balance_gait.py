# SPDX-License-Identifier: Apache-2.0
"""What the gait makes of what the feet feel."""

import numpy as np
import pytest
from talus_balance.stepping.gait import Gait
from talus_balance.stepping.gait_types import RIGHT, GaitConfig, GaitInput, GaitPhase, GaitWish
from talus_balance.stepping.height_grid import HeightGrid
from talus_balance.stepping.phases.step_under_way import PLAN_PERIOD_TICKS
from talus_core.robot import Foot

DT = 0.002
FOOT = Foot("sole", 0.24, 0.11)
OMEGA = 3.26


def facts(**changes) -> GaitInput:
    """Standing on both feet, about to walk ahead."""
    values = {
        "com": np.array([0.0, 0.0, 0.92]),
        "com_velocity": np.zeros(3),
        "capture_point": np.zeros(2),
        "omega": OMEGA,
        "weight": 559.0,
        "sole_positions": np.array([[0.0, 0.095, 0.0], [0.0, -0.095, 0.0]]),
        "sole_velocities": np.zeros((2, 3)),
        "sole_yaws": np.zeros(2),
        "gradient": np.zeros(2),
        "forces": np.array([280.0, 280.0]),
        "side_forces": np.zeros((2, 2)),
        "slips": (False, False),
        "lame": (False, False),
        "wish": GaitWish(np.array([0.4, 0.0, 0.0]), may_walk=True, may_step=True),
    }
    return GaitInput(**(values | changes))


def in_mid_swing(seconds: float) -> Gait:
    """A gait whose right foot has been swinging for about that long; the body's motion is that of a
    sound step.
    """
    gait = Gait(GaitConfig(), DT, (0.112, 0.047), FOOT)
    over_left = facts(capture_point=np.array([0.0, 0.06]), forces=np.array([559.0, 0.0]))
    while gait.phase is not GaitPhase.SINGLE:
        gait.step_gait(over_left)
    assert gait.under_way.stance == 1 - RIGHT
    for _ in range(round(seconds / DT)):
        gait.step_gait(over_left)
    return gait


def swing_heights(gait: Gait, inp: GaitInput, seconds: float) -> list[tuple[float, float]]:
    """(x, z) m of the swing reference."""
    references = [gait.step_gait(inp).swing.position for _ in range(round(seconds / DT))]
    return [(float(p[0]), float(p[2])) for p in references]


def test_a_toe_against_an_edge_is_drawn_back_and_lifted_before_it_goes_on():
    gait = in_mid_swing(0.1)
    soles = np.array([[0.0, 0.095, 0.0], [0.03, -0.095, 0.02]])
    stuck = facts(
        capture_point=np.array([0.0, 0.06]),
        forces=np.array([559.0, 10.0]),
        side_forces=np.array([[0.0, 0.0], [-80.0, 0.0]]),
        sole_positions=soles,
    )
    path = swing_heights(gait, stuck, 3 * DT)
    assert path[-1][0] < soles[1, 0]
    free = stuck._replace(side_forces=np.zeros((2, 2)), forces=np.array([559.0, 0.0]))
    path = swing_heights(gait, free, GaitConfig().swing.rise_time)
    assert path[-1][1] > soles[1, 2] + 0.6 * GaitConfig().swing.clearance
    assert path[-1][0] < soles[1, 0] + 0.01


@pytest.mark.parametrize("force", [(-30.0, 60.0), (80.0, 0.0)])
def test_friction_and_what_pushes_the_foot_ahead_are_no_edge(force):
    sideways, upwards = force
    gait, twin = in_mid_swing(0.1), in_mid_swing(0.1)
    soles = np.array([[0.0, 0.095, 0.0], [0.03, -0.095, 0.02]])
    calm = facts(
        capture_point=np.array([0.0, 0.06]), forces=np.array([559.0, 0.0]), sole_positions=soles
    )
    felt = calm._replace(
        side_forces=np.array([[0.0, 0.0], [sideways, 0.0]]), forces=np.array([559.0, upwards])
    )
    assert swing_heights(gait, felt, 0.05) == swing_heights(twin, calm, 0.05)


def test_a_foothold_outlasts_a_moment_without_a_map():
    cell = 0.02
    ahead = (np.arange(100) + 0.5) * cell
    seen, unknown = (
        HeightGrid(np.array([-1.0, -1.0]), cell, np.tile(heights, (100, 1)))
        for heights in (0.12 * (ahead - 1.0 > 0.12), np.full(100, np.nan))
    )
    over_left = facts(capture_point=np.array([0.0, 0.06]), forces=np.array([559.0, 0.0]))

    def height_after(now, then, seconds):
        """The landing's height, by the second map."""
        gait = in_mid_swing(0.0)
        for grid in (now, then):
            gait.see_ground(grid)
            for _ in range(round(seconds / DT)):
                output = gait.step_gait(over_left)
        return output.landing_height

    assert height_after(unknown, unknown, 0.1) is None
    assert height_after(unknown, seen, 0.1) == pytest.approx(0.12)
    assert height_after(seen, unknown, 0.1) == pytest.approx(0.12)


@pytest.mark.parametrize("shove, moves", [(0.005, False), (0.12, True)])
def test_a_landing_moves_in_its_last_moments_for_a_shove_alone(shove, moves):
    gait, still = (
        in_mid_swing(0.0),
        facts(capture_point=np.array([0.0, 0.06]), forces=np.array([559.0, 0.0])),
    )
    output = gait.step_gait(still)
    while output.landing_in > 0.5 * GaitConfig().planner.freeze:
        output = gait.step_gait(still)
    shoved = still._replace(capture_point=still.capture_point + np.array([shove, 0.0]))
    after = [gait.step_gait(shoved) for _ in range(2 * PLAN_PERIOD_TICKS)][-1]
    assert (after.landing[0] > output.landing[0]) == moves
    assert np.array_equal(after.landing, output.landing) != moves
