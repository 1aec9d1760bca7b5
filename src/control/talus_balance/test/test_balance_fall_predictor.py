# SPDX-License-Identifier: Apache-2.0
"""Standing, swaying and stepping are no falls; what no step reaches, leans too far or sinks is
one.
"""

import numpy as np
import pytest
from standing_robot import ROBOT
from talus_balance.falling.fall_predictor import FallFacts, FallPredictor, FallPredictorConfig

DT = 0.002
CONFIG = FallPredictorConfig()
STANDING = FallFacts(
    com=np.array([0.0, 0.0, 0.92]),
    com_velocity=np.zeros(3),
    capture_point=np.zeros(2),
    sole_positions=np.array([[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]]),
    sole_yaws=np.zeros(2),
    up=np.array([0.0, 0.0, 1.0]),
    angular_velocity=np.zeros(3),
    wanted_height=0.92,
)


def predicts(facts: FallFacts, seconds: float = 0.1) -> bool:
    predictor = FallPredictor(ROBOT.feet, CONFIG, DT)
    return any([predictor.foresees_fall(facts) for _ in range(round(seconds / DT))])


def tilted(angle: float, rate: float = 0.0) -> FallFacts:
    """Forward, rad and rad/s."""
    up = np.array([-np.sin(angle), 0.0, np.cos(angle)])
    return STANDING._replace(up=up, angular_velocity=np.array([0.0, rate, 0.0]))


@pytest.mark.parametrize(
    "facts",
    [
        STANDING,
        STANDING._replace(capture_point=np.array([0.12 + CONFIG.reach - 0.02, 0.0])),
        tilted(CONFIG.tilt - 0.1),
        tilted(CONFIG.tilt + 0.1, rate=-2.0),
        STANDING._replace(com=np.array([0.0, 0.0, 0.45]), wanted_height=0.45),
        STANDING._replace(missed=CONFIG.missed - 0.1),
    ],
    ids=["standing", "one long step", "leaning trunk", "rising trunk", "seated", "three steps"],
)
def test_is_no_fall(facts):
    assert not predicts(facts)


@pytest.mark.parametrize(
    "facts",
    [
        STANDING._replace(capture_point=np.array([0.12 + CONFIG.reach + 0.02, 0.0])),
        STANDING._replace(capture_point=np.array([0.0, -0.145 - CONFIG.reach - 0.02])),
        STANDING._replace(com=np.array([1.2, 0.0, 0.92])),
        tilted(CONFIG.tilt + 0.05),
        tilted(CONFIG.tilt - 0.2, rate=2.0),
        STANDING._replace(com_velocity=np.array([0.0, 0.0, -2.0])),
        STANDING._replace(missed=CONFIG.missed + 0.1),
    ],
    ids=[
        "out of reach",
        "out of reach sideways",
        "leaning",
        "tilted",
        "tilting",
        "sinking",
        "more than three steps",
    ],
)
def test_is_a_fall(facts):
    assert predicts(facts)


def test_one_bad_tick_is_no_fall():
    assert not predicts(tilted(2.0), seconds=0.5 * CONFIG.lasting)


def test_a_turn_does_not_change_it():
    """The same fall towards any heading."""
    for yaw in (0.7, 2.0, -1.1):
        c, s = np.cos(yaw), np.sin(yaw)
        turn = np.array([[c, -s], [s, c]])
        for ahead, expected in (
            (0.12 + CONFIG.reach - 0.02, False),
            (0.12 + CONFIG.reach + 0.02, True),
        ):
            soles = STANDING.sole_positions.copy()
            soles[:, :2] = soles[:, :2] @ turn.T
            point = turn @ np.array([ahead, 0.0])
            facts = STANDING._replace(
                capture_point=point, sole_positions=soles, sole_yaws=np.array([yaw, yaw])
            )
            assert predicts(facts) is expected
