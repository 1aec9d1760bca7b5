# SPDX-License-Identifier: Apache-2.0
"""Checks that a simulated body does not fall when the controller falls silent.

The gate holds it, sits it down, and cuts torque.

Masses off by 10 %, centres of mass by 1 cm, doubled friction, noisy sensors, 2 ms delay (see
safety_body).
"""

import numpy as np
import pytest
import yaml
from safety_body import PERIOD, ROBOT, GatedBody, Story, holding
from talus_core.state import JointCommand
from talus_core.words.gate_phases import GatePhase

PATH = yaml.safe_load((ROBOT.folder / "rest_path.yaml").read_text())
FORWARD, LEFT = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])


def dies_standing(
    seed: int, push: np.ndarray | None = None, push_at: float = 0.5, seconds: float = 8.0
) -> Story:
    """Run a controller that holds the pose `stand` and falls silent.

    Then perhaps a push (N s over 0.1 s).
    """
    body = GatedBody("stand", seed, model_error=True)
    hold = holding(ROBOT.poses["stand"])
    if push is not None:
        body.at(push_at, lambda: body.driver.push("torso", push, 0.1))
    return body.run(hold, seconds)


def moving_along_the_rest_path(row: float, rows_per_s: float):
    """Run a controller that follows the rest path with its torques from a row on, up or down."""
    joints = [ROBOT.joint_names.index(name) for name in PATH["joints"]]
    table = {
        key: np.zeros((len(PATH["rows"]), len(ROBOT.joint_names))) for key in ("position", "torque")
    }
    for key, array in table.items():
        array[:, joints] = [entry[key] for entry in PATH["rows"]]

    def at(key: str, place: float) -> np.ndarray:
        low = min(int(place), len(PATH["rows"]) - 2)
        return table[key][low] + (place - low) * (table[key][low + 1] - table[key][low])

    def command(state) -> JointCommand:
        place = float(np.clip(row + rows_per_s * state.time, 0.0, len(PATH["rows"]) - 1.0))
        speed = (at("position", place + 0.01) - at("position", place)) / 0.01 * rows_per_s
        effort = ROBOT.limits.effort
        return JointCommand(
            state.sequence,
            at("position", place),
            speed,
            at("torque", place),
            5 * effort,
            0.1 * effort,
        )

    return at("position", row), command


def test_without_torque_a_standing_robot_falls():
    """A test bench on which nothing can fall would prove nothing about the standby."""
    body = GatedBody("stand")
    while body.time < 2.0:
        body.tick(None)
    assert body.tilt > 1.0 or body.height < 0.5


@pytest.mark.parametrize("seed", range(8))
def test_controller_dies_while_standing(seed):
    story = dies_standing(seed)
    assert story.sat_down, story
    assert story.phases[GatePhase.HOLD] == pytest.approx(0.1 + 0.02, abs=2 * PERIOD)
    assert story.cut_at - story.phases[GatePhase.HOLD] < 7.0
    assert story.latched


@pytest.mark.parametrize(
    ("direction", "push_at"),
    [(FORWARD, 0.15), (-FORWARD, 0.15), (LEFT, 0.15), (-LEFT, 2.0), (FORWARD, 2.0)],
    ids=["forward", "back", "left", "right on the way down", "forward on the way down"],
)
def test_pushed_by_ten_newton_seconds_on_the_chest(direction, push_at):
    story = dies_standing(seed=3, push=10.0 * direction, push_at=push_at)
    assert story.sat_down, story


@pytest.mark.parametrize("row, rows_per_s", [(8, 0), (8, -6), (14, -6), (2, 6), (10, 6)])
def test_controller_dies_between_standing_and_sitting(row, rows_per_s):
    """16 rows in 2.7 s: as fast as the robot stands up and sits down."""
    posture, controller = moving_along_the_rest_path(row, rows_per_s)
    ROBOT.poses["between"] = posture
    story = GatedBody("between", seed=row, model_error=True).run(
        controller, seconds=7.0, dies_at=0.3
    )
    assert story.sat_down, story


def test_same_seed_same_story():
    assert repr(dies_standing(5, seconds=1.5)) == repr(dies_standing(5, seconds=1.5))
