# SPDX-License-Identifier: Apache-2.0
"""Who loses a knee while walking stands on the other leg, and draws the lame foot in."""

from dataclasses import replace

import numpy as np
import pytest
from standing_robot import ROBOT
from talus_balance.stepping.gait import Gait
from talus_balance.stepping.gait_types import (
    LEFT,
    RIGHT,
    GaitConfig,
    GaitInput,
    GaitOutput,
    GaitWish,
)
from talus_balance.stepping.lame_leg import LameLeg, LameLegConfig
from talus_balance.stepping.phases.airborne_foot import AirborneFoot
from talus_balance.stepping.phases.single_support import SingleSupport
from talus_balance.stepping.phases.step_under_way import StepUnderWay
from talus_balance.stepping.phases.touchdown import Touchdown

DT, HALF = 0.002, (0.112, 0.047)
C = LameLegConfig()


def facts(behind: float, **changes) -> GaitInput:
    """The left foot has landed, the right one is `behind` it by as much, in m."""
    values = {
        "com": np.array([0.0, 0.05, 0.92]),
        "com_velocity": np.zeros(3),
        "capture_point": np.array([C.aim, 0.095]),
        "omega": 3.26,
        "weight": 559.0,
        "sole_positions": np.array([[0.0, 0.095, 0.0], [-behind, -0.095, 0.0]]),
        "sole_velocities": np.zeros((2, 3)),
        "sole_yaws": np.zeros(2),
        "gradient": np.zeros(2),
        "forces": np.array([500.0, 59.0]),
        "side_forces": np.zeros((2, 2)),
        "slips": (False, False),
        "lame": (False, True),
        "wish": GaitWish(np.zeros(3), may_walk=False, may_step=True),
    }
    return GaitInput(**(values | changes))


@pytest.fixture
def gait() -> Gait:
    """Its left foot has just landed."""
    gait = Gait(GaitConfig(), DT, HALF, ROBOT.feet[LEFT])
    gait.under_way = Touchdown(gait.walk, LEFT, unloading_force=59.0)
    return gait


@pytest.fixture
def lame_leg() -> LameLeg:
    return LameLeg(ROBOT, GaitConfig(), HALF, DT)


def run(lame_leg: LameLeg, inp: GaitInput, gait: Gait, seconds: float) -> list[GaitOutput]:
    """Ticks."""
    return [lame_leg.step_lame_leg(inp, gait) for _ in range(round(seconds / DT))]


def test_sound_legs_a_lame_stance_and_two_lame_legs_are_the_gaits_affair(lame_leg, gait):
    assert lame_leg.step_lame_leg(facts(0.25, lame=(False, False)), gait) is None
    assert lame_leg.step_lame_leg(facts(0.25, lame=(True, True)), gait) is None
    gait.under_way = Touchdown(gait.walk, RIGHT, unloading_force=59.0)
    assert lame_leg.step_lame_leg(facts(0.25), gait) is None
    inp = facts(0.25)
    step = StepUnderWay(gait.walk, LEFT, DT, inp)
    gait.under_way = SingleSupport(gait.walk, step, AirborneFoot.lifted(gait.walk, step, inp))
    assert lame_leg.step_lame_leg(facts(0.25), gait) is None


@pytest.mark.parametrize("place", [(0.0, 0.0), (0.14, 0.095), (-0.14, 0.095)])
def test_a_capture_point_that_sole_and_other_foot_do_not_hold_needs_another_step(
    lame_leg, gait, place
):
    assert lame_leg.step_lame_leg(facts(0.25, capture_point=np.array(place)), gait) is None


def test_what_is_beyond_the_sound_sole_the_lame_foot_takes_on(lame_leg, gait):
    out = lame_leg.step_lame_leg(facts(0.0, capture_point=np.array([C.aim, 0.015])), gait)
    assert out.centre_of_pressure[1] < 0.015, "it pushes the capture point back over the sound foot"
    assert out.in_contact == (True, True)


def test_the_lame_foot_is_lifted_once_the_body_stands_on_the_other_and_comes_down_beside_it(
    lame_leg, gait
):
    before = run(lame_leg, facts(0.25), gait, C.at_least)
    assert all(out.in_contact == (True, True) and out.swing is None for out in before)
    in_air = run(lame_leg, facts(0.25, forces=np.array([559.0, 0.0])), gait, C.duration)
    assert all(out.in_contact == (True, False) and out.swing_side == RIGHT for out in in_air[2:])
    path = np.array([out.swing.position for out in in_air[2:]])
    assert 0.02 < path[:, 2].max() < 0.04, "low"
    np.testing.assert_allclose(
        path[-1], [0.0, 0.095 - GaitConfig().planner.step_width, 0.0], atol=0.01
    )
    assert not gait.is_standing
    run(lame_leg, facts(0.0), gait, DT)
    assert gait.is_standing


def test_a_body_that_is_not_over_the_sound_foot_is_brought_there_first(lame_leg, gait):
    outs = run(lame_leg, facts(0.25, capture_point=np.array([0.08, 0.05])), gait, C.at_most)
    assert all(out.swing is None for out in outs)
    assert np.all(outs[0].centre_of_pressure[0] > 0.08), (
        "ahead of the capture point, which it pushes back"
    )
    assert outs[0].centre_of_pressure[1] < 0.05
    assert (
        run(lame_leg, facts(0.25, capture_point=np.array([0.08, 0.05])), gait, 2 * DT)[-1].swing
        is not None
    )


def test_a_lame_foot_that_stands_beside_the_other_stays(lame_leg, gait):
    outs = run(lame_leg, facts(0.5 * C.beside), gait, C.at_least + 2 * DT)
    assert all(out is None or out.swing is None for out in outs)
    assert gait.is_standing and outs[-1] is None


def test_a_knee_is_found_by_its_leg_whatever_else_its_name_says():
    names = tuple(name.replace("r_knee", "right_knee_joint") for name in ROBOT.joint_names)
    groups = ROBOT.groups | {
        "right_leg": tuple(
            name.replace("r_knee", "right_knee_joint") for name in ROBOT.groups["right_leg"]
        )
    }
    lame_leg = LameLeg(replace(ROBOT, joint_names=names, groups=groups), GaitConfig(), HALF, DT)
    assert lame_leg.lame(np.isin(names, ["right_knee_joint"])) == (False, True)
    assert lame_leg.lame(np.isin(names, ["l_hip_pitch"])) == (False, False)
