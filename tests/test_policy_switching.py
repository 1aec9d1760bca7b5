# SPDX-License-Identifier: Apache-2.0
"""Checks the switch between a learned policy and the model-based controller.

The policy drives, loses the robot or is told to let go, and the controller has it at once.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from talus_balance.policy.manifest import MODES, load_manifest
from talus_balance.policy.policy import Policy, load_policy
from talus_balance.policy.seat import (
    POLICY_FADE_S,
    POLICY_SOUND_S,
    PolicySeat,
    PolicyState,
    applied_torque,
)
from talus_core.robot import load_robot
from talus_core.words.modes import Mode
from talus_lab.rig.fork import in_fork
from talus_lab.rig.rig import Push, Rig
from talus_models.network import OnnxNetwork

ROOT = Path(__file__).parents[1]
ROBOT = load_robot(ROOT / "urdf" / "talus40")
POLICY = ROOT / "policies" / "talus40_stand.yaml"
PERIOD = 0.002
IN_PLACE = np.array([0.002, 0.0, 0.0])  # m/s: steps without going anywhere
AHEAD, ASIDE = 0.0, 2.1  # rad: where a shove goes
LIGHT, HARD = 10.0, 30.0  # N s: 0.18 m/s, and more than two feet on the ground can hold
STEPS_NEEDED = "stand: fallback (a step is needed to stay up)"


class Saboteur:
    """Answers as the network, until it is told to answer something else."""

    def __init__(self, network: OnnxNetwork):
        self.network, self.answer = network, None

    def __call__(self, values: np.ndarray) -> np.ndarray:
        return self.network(values) if self.answer is None else self.answer(values)


def seat(network: Saboteur, modes: tuple[str, ...] | None = None) -> PolicySeat:
    """Return a seat; `modes` are those in which it may drive, whether it learned to or not."""
    manifest = load_manifest(POLICY)
    manifest = replace(manifest, modes=modes or manifest.modes)
    return PolicySeat(ROBOT, PERIOD, Policy(manifest, network, ROBOT, PERIOD, clock=lambda: 0.0))


@cache
def warm() -> tuple[Rig, Saboteur]:
    """Return a robot that stands while the policy drives."""
    rig = Rig(ROBOT, seed=0, model_error=True, period=PERIOD)
    network = Saboteur(OnnxNetwork(load_manifest(POLICY).model))
    rig.seat = seat(network)
    assert rig.run_until(Mode.STANDING, 6.0)
    assert rig.run_to(rig.time + POLICY_SOUND_S + 0.3)
    assert rig.seat.text == "stand: active"
    return rig, network


def play(story: Callable[[Rig, Saboteur], None]) -> None:
    """Play a story in a copy of the warm robot."""
    rig, network = warm()
    in_fork(lambda: story(rig, network))


def shove(rig: Rig, heading: float, impulse: float) -> None:
    rig.disturbances.pushes.append(
        Push(rig.time, (impulse * math.cos(heading), impulse * math.sin(heading), 0.0))
    )


def stays_up(rig: Rig, seconds: float) -> bool:
    """Return whether it stays up by the balance node's own command, without the last gate."""
    return rig.run_to(rig.time + seconds) and not rig.drives.standby_active


def test_the_shipped_policy_fits_the_shipped_robot():
    policy = load_policy(POLICY, ROBOT, PERIOD, clock=lambda: 0.0)
    manifest = policy.manifest.model
    assert manifest.network.stat().st_size < 300_000
    assert manifest.licence == "Apache-2.0"
    assert len(manifest.training.commit) == 40


def test_the_policy_stands_is_shoved_and_stands_on():
    def story(rig, _):
        shove(rig, AHEAD, LIGHT)
        assert stays_up(rig, 2.0)
        assert rig.seat.text == "stand: active"

    play(story)


def test_a_shove_that_needs_a_step_is_caught_and_then_the_policy_may_drive_again():
    def story(rig, _):
        shove(rig, ASIDE, HARD)
        assert stays_up(rig, 2.5)
        assert rig.seat.text == STEPS_NEEDED  # latched
        assert rig.seat.want(True) is None
        assert stays_up(rig, 1.5)
        assert rig.seat.text == "stand: active"

    play(story)


def test_walking_is_the_others_standing_its_own():
    def story(rig, _):
        start = rig.truth.position[0]
        rig.velocity = np.array([0.3, 0.0, 0.0])
        rig.step()
        assert rig.seat.text == "stand: ready"
        assert stays_up(rig, 3.0)
        assert rig.truth.position[0] - start > 0.4
        rig.velocity = np.zeros(3)
        assert stays_up(rig, 2.5)
        assert rig.seat.text == "stand: active"

    play(story)


ANSWERS = {
    "nan": lambda values: np.full((1, 12), np.nan, dtype=np.float32),
    "zeros": lambda values: np.zeros(
        (1, 12), dtype=np.float32
    ),  # targets at the pose itself: it sags
    "kick": lambda values: np.array(
        [6 * [-0.7] + 6 * [0.7]], dtype=np.float32
    ),  # rad times 4, all joints at once
}


@pytest.mark.parametrize("name", ANSWERS)
def test_bad_answers_do_not_bring_it_down(name):
    def story(rig, network):
        network.answer = ANSWERS[name]
        assert stays_up(rig, 1.5), rig.seat.text
        is_caught = rig.seat.state is PolicyState.FALLBACK
        assert is_caught or name == "zeros", rig.seat.text

    play(story)


def test_at_r1_and_when_asked_the_model_based_controller_has_it_in_the_same_tick():
    def story(rig, _):
        rig.restricted = True
        rig.step()
        assert rig.seat.text == "stand: fallback (the safety level is R1 or above)"
        rig.restricted = False
        assert stays_up(rig, POLICY_SOUND_S + 0.3)
        assert rig.seat.state is PolicyState.FALLBACK
        rig.seat.want(True)
        assert stays_up(rig, POLICY_SOUND_S + 0.3)
        assert rig.seat.text == "stand: active"
        rig.seat.want(False)
        rig.step()
        assert rig.seat.text == "stand: off"
        assert stays_up(rig, POLICY_SOUND_S + 0.3)
        assert rig.seat.text == "stand: off"

    play(story)


def test_switching_to_and_fro_in_the_middle_of_steps_and_shoves():
    """Here the policy may drive what it never learned: a robot that steps in place."""

    def story(rig, network):
        random = np.random.default_rng(1)
        rig.seat = seat(network, MODES)
        rig.seat.want(False)
        rig.velocity = IN_PLACE
        assert stays_up(rig, 1.0)
        for drives in (0.05, 0.1, 0.3):
            rig.seat.want(True)
            assert stays_up(rig, POLICY_SOUND_S + random.uniform(0.01, 0.2))
            assert rig.seat.text == "stand: active"
            shove(rig, random.uniform(0.0, 2.0 * math.pi), LIGHT)
            assert stays_up(rig, drives)
            rig.seat.want(False)
            assert stays_up(rig, 0.8)
        assert rig.mode is Mode.WALKING

    play(story)


def test_the_torque_goes_over_without_a_jump():
    """Torque goes slowly to the policy and at once back.

    The references of the drives move as fast as joints may, both ways.
    """

    def story(rig, _):
        seen, step = [], rig.seat.step_seat

        def watched(state, intent, report, command):
            sent = step(state, intent, report, command)
            torque = (
                np.abs(applied_torque(sent, state) - applied_torque(command, state))
                / ROBOT.limits.effort
            )
            seen.append((torque.max(), sent.position, rig.seat.state))
            return sent

        rig.seat.step_seat = watched
        rig.seat.want(False)
        assert rig.run_to(rig.time + POLICY_SOUND_S)
        assert (
            max(torque for torque, *_ in seen) < 1e-9
        )  # the model-based controller's own, from the first tick on
        rig.seat.want(True)
        assert rig.run_to(rig.time + POLICY_SOUND_S + POLICY_FADE_S)
        first = next(place for place, (*_, state) in enumerate(seen) if state is PolicyState.ACTIVE)
        assert seen[first][0] < 0.02
        speed = np.abs(np.diff([position for _, position, _ in seen], axis=0)) / PERIOD
        assert np.all(speed <= ROBOT.limits.velocity)

    play(story)
