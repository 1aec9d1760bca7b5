# SPDX-License-Identifier: Apache-2.0
"""Whatever arrives, gate and supervisor do not crash, nor send what is no number or too much.

TALUS_FUZZ sets the number of rounds and TALUS_FUZZ_SEED what is in them; the tests take few, a
campaign takes many.
"""

import math
import os

import numpy as np
from safety_samples import PERIOD, ROBOT, N, command, state
from talus_core.words.gate_phases import GatePhase
from talus_core.words.stop_levels import StopLevel
from talus_safety.config import SupervisorConfig
from talus_safety.gate import LastGate
from talus_safety.kernel.decide.gate.permit import TorquePermit
from talus_safety.kernel.decide.supervisor.facts import GateReport
from talus_safety.kernel.decide.supervisor.supervisor import Supervisor, SupervisorState, Wish
from talus_safety.supervision.watch import Watch

COUNT = int(os.environ.get("TALUS_FUZZ", "1000"))
SEED = int(os.environ.get("TALUS_FUZZ_SEED", "0"))
EVIL = (math.nan, math.inf, -math.inf, -0.0, 0.0, 5e-324, 1e308, -1e308, 1e-3, 1.0, -1.0, 7.0, 1e6)
ARRAYS = (
    "position",
    "velocity",
    "effort",
    "angular_velocity",
    "linear_acceleration",
    "foot_wrenches",
)
ROUNDING = 1e-9  # rad, of an encoder's offset that is taken off and put on again
NAMES = ("driver", "balance", "camera", "", "x" * 10_000)


def spoilt(random: np.random.Generator, array: np.ndarray) -> np.ndarray:
    """With a few evil numbers in it."""
    array = array.copy()
    for _ in range(int(random.integers(1, 4))):
        array.flat[int(random.integers(array.size))] = random.choice(EVIL)
    return array


def evil_state(random: np.random.Generator, sequence: int):
    names = [name for name in ARRAYS if random.random() < 0.2]
    sound = state(sequence)
    return state(sequence, **{name: spoilt(random, getattr(sound, name)) for name in names})


def evil_command(random: np.random.Generator, sequence: int):
    sound = command(sequence + int(random.integers(-3, 3)))
    names = [
        name for name in ("position", "velocity", "effort", "kp", "kd") if random.random() < 0.2
    ]
    changes = {name: spoilt(random, getattr(sound, name)) for name in names}
    if random.random() < 0.05:
        changes["kp"] = random.choice(
            [np.zeros(0), np.zeros(3), np.zeros((2, N)).ravel()][: 1 + sequence % 3][-1:]
        )
    return sound.with_(**changes)


def test_gate_sends_only_numbers_within_limits_whatever_comes():
    random, limits = np.random.default_rng((11, SEED)), ROBOT.limits
    gate, levels = LastGate(ROBOT, PERIOD), list(StopLevel)
    for tick in range(COUNT):
        if tick % 500 == 0:
            gate = LastGate(ROBOT, PERIOD)
        permit = TorquePermit(
            random.choice(levels, p=[0.9, 0.02, 0.02, 0.02, 0.02, 0.02]),
            random.random() < 0.95,
            True,
            tick % 500,
        )
        frame = evil_command(random, tick % 500) if random.random() < 0.9 else None
        with np.errstate(all="ignore"):
            decision = gate.step_gate(
                PERIOD * (tick % 500), evil_state(random, tick % 500), frame, permit
            )
        sent = decision.command
        assert decision.cuts_torque == (decision.phase is GatePhase.OFF), (
            "torque is cut in this phase, and in no other"
        )
        if sent is None:
            continue
        for array in (sent.position, sent.velocity, sent.effort, sent.kp, sent.kd):
            assert np.isfinite(array).all()
        assert (np.abs(sent.effort) <= limits.effort).all() and (
            np.abs(sent.velocity) <= limits.velocity
        ).all()
        meant = (
            sent.position
            if gate.senses.repair.offset is None
            else sent.position - gate.senses.repair.offset
        )
        assert (meant >= limits.lower - ROUNDING).all() and (meant <= limits.upper + ROUNDING).all()
        assert (sent.kp >= 0.0).all() and (sent.kd >= 0.0).all()


def test_supervisor_lives_and_never_lowers_itself_whatever_comes():
    random = np.random.default_rng((12, SEED))
    watch, supervisor, machine = (
        Watch(ROBOT, SupervisorConfig()),
        Supervisor(SupervisorConfig()),
        SupervisorState(),
    )
    for count in range(COUNT):
        now = 0.01 * count + random.choice([0.0, 1e-9, 0.5])
        with np.errstate(all="ignore"):
            passed = watch.on_state(
                evil_state(random, int(random.choice([count, 0, 2**63, 5 * count]))), now
            )
        watch.on_beat(
            str(random.choice(NAMES)),
            int(random.choice([0, count, 2**64 - 1], p=[0.3, 0.6, 0.1])),
            now,
        )
        watch.on_balance(int(random.integers(0, 256)))
        watch.on_battery(float(random.choice(EVIL)))
        phase = GatePhase(int(random.integers(0, len(GatePhase))))
        watch.on_gate(
            GateReport(
                phase, *(random.random(2) < 0.5), random.choice(list(StopLevel)), "?", "no_rule"
            ),
            now,
        )
        before, facts = machine, watch.facts(now)
        machine = supervisor.step_level(machine, facts, min(passed, 1.0))
        assert machine.held >= before.held and not (machine.armed and not before.armed)
        if random.random() < 0.1:
            wish = random.choice(list(Wish))
            machine, _ = supervisor.ask(machine, facts, wish)
