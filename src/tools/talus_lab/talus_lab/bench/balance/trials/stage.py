# SPDX-License-Identifier: Apache-2.0
"""Runs trials on the true controller: a warm start per setting, a forked copy for each trial."""

from __future__ import annotations

import math
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from talus_balance.intent import IntentConfig
from talus_core.errors import TalusError
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import RobotDescription
from talus_core.words.modes import Mode

from talus_lab.bench.balance.peers.actor import peer_rig
from talus_lab.bench.balance.trials.disturbance import ArmWalk, Stalls
from talus_lab.bench.balance.trials.ground import Ground, world_text
from talus_lab.bench.balance.trials.step_clock import StepClock
from talus_lab.bench.balance.trials.trial import Setting, Shove, Trial, TrialOutcome, Vector
from talus_lab.bench.balance.trials.witness import WITNESS_TICKS, Witness
from talus_lab.bench.falls import STAND_LIMIT_S, get_up_trial
from talus_lab.rig.bounds import TICK_S
from talus_lab.rig.checkout import WORLDS_FOLDER
from talus_lab.rig.eyes import Eyes
from talus_lab.rig.fork import in_fork
from talus_lab.rig.rig import Push, Rig

STAND_DECAY_S = 0.5  # for what is left of standing up to decay
# Four steps at the commanded speed, which is reached at the slowest of the gait's own ramps.
WARM_WALK_S = 2.0
SLOWEST_RAMP_MPS2 = 0.3
HANDOVER_S = 1.0  # for a load to be laid into the hands
HANDOVER_PARTS = 20
PHASE_LIMIT_S = 3.0  # to find a step: one lasts 0.5 s
WARM_STARTS_KEPT = 24  # per process, some 20 MB each


class TrialError(Exception):
    """Raised when a trial cannot be run in the way it was asked for."""


class Actor:
    """Holds a robot in a setting, with what watches it.

    Attributes:
        setting: What it starts from.
        rig: Robot and controller.
        clock: Part of the step that the robot is in.
        witness: What was seen since the warm start; None before it.
    """

    def __init__(self, description: RobotDescription, setting: Setting, policy: str | Path = ""):
        """Put the robot down. Raises TalusError for an impossible ground or a misfit policy."""
        self.setting = setting
        with _world(setting) as world:
            self.rig = _rig(description, setting, world, policy)
        if setting.friction is not None:
            self.rig.driver.set_friction("floor", setting.friction)
        self._eyes = Eyes(self.rig, description, setting.seed) if setting.sees else None
        self._description = description
        self.clock = StepClock()
        self.witness: Witness | None = None

    def warm_up(self) -> Witness:
        """Stand up, then meet the setting's disturbances and walk at its velocity.

        Returns:
            What watches the robot from here on.

        Raises:
            TrialError: For a robot that does not stand up.
        """
        rig = self.rig
        if not rig.run_until(Mode.STANDING, STAND_LIMIT_S):
            raise TrialError(f"did not stand within {STAND_LIMIT_S:g} s")
        self._disturb()
        self.advance(STAND_DECAY_S)
        if self.setting.payload:
            self._load()
        if any(self.setting.velocity):
            self.command(self.setting.velocity)
            self.advance(WARM_WALK_S + max(map(abs, rig.velocity)) / SLOWEST_RAMP_MPS2)
        self.witness = Witness(rig)
        return self.witness

    def play(self, trial: Trial, witness: Witness) -> TrialOutcome:
        """Do to the robot what the trial says, and watch it to the end or the fall.

        Args:
            trial: What is done.
            witness: From this actor's own warm start.

        Raises:
            TrialError: For a robot that makes no step to push it in.
        """
        if trial.velocity is not None:
            self.command(trial.velocity)
        for shove in trial.shoves:
            self.advance(shove.after)
            if shove.phase is not None:
                self._wait_for(shove.phase)
            self._shove(shove)
        reach = trial.reach
        self.advance(trial.seconds, lambda: reach is not None and witness.moved[0] >= reach)
        return witness.outcome()

    def command(self, velocity: Vector) -> None:
        """Walk at a velocity, clipped in the way a cmd_vel is."""
        forward, backward, sideways, turning = IntentConfig().velocity_limits
        least = [-backward, -sideways, -turning]
        self.rig.velocity = np.clip(velocity, least, [forward, sideways, turning])

    def advance(self, seconds: float, until: Callable[[], bool] | None = None) -> bool:
        """Let time pass, unless it falls; return whether `until` came true."""
        end = self.rig.time + seconds - 0.5 * self.rig.driver.period
        while self.rig.time < end and not self._has_fallen():
            if until is not None and until():
                return True
            self.rig.step()
            self.clock.note_swing(self.rig.swing_side, self.rig.time)
            if self._eyes is not None:
                self._eyes.observe_tick()
            if self.witness is not None:
                self.witness.note_tick()
        return False

    def _disturb(self) -> None:
        setting = self.setting
        if setting.are_arms_taken:
            self.rig.disturbances.interferes = ArmWalk(self._description, TICK_S, setting.seed)
        if setting.stall:
            self.rig.disturbances.misses = Stalls(setting.stall, TICK_S, setting.seed)

    def _load(self) -> None:
        """Lay the load into both hands little by little, as a person hands something over."""
        for _ in range(HANDOVER_PARTS):
            for frame in ("left_gripper", "right_gripper"):
                self.rig.driver.add_load(frame, self.setting.payload / HANDOVER_PARTS)
            self.advance(HANDOVER_S / HANDOVER_PARTS)

    def _has_fallen(self) -> bool:
        if self.witness is not None:
            return self.witness.fell
        tick = round(self.rig.time / self.rig.driver.period)
        return tick % WITNESS_TICKS == 0 and self.rig.has_fallen()

    def _wait_for(self, phase: float) -> None:
        is_found = self.advance(
            PHASE_LIMIT_S, lambda: self.clock.is_at(phase, self.rig.time, TICK_S)
        )
        if not is_found:
            raise TrialError("no step on the left foot to push in")

    def _shove(self, shove: Shove) -> None:
        angle = self.rig.heading() + math.radians(shove.heading_deg)
        impulse = shove.dv * self.rig.driver.mass
        vector = (impulse * math.cos(angle), impulse * math.sin(angle), 0.0)
        self.rig.disturbances.pushes.append(Push(self.rig.time, vector, link=shove.link))


class TrialStage:
    """Plays trials on one robot; keeps the newest warm starts."""

    def __init__(self, description: RobotDescription, policy: str | Path = ""):
        """Take a robot; `policy`: manifest of one that drives where it may; empty: none."""
        self._description = description
        self._policy = policy
        self._actors: OrderedDict[Setting, tuple[Actor, Witness] | str] = OrderedDict()

    def play(self, trial: Trial) -> TrialOutcome:
        """Play in a process of its own, so that the warm start stays what it is."""
        setting = trial.setting
        if setting.lying:
            is_up, seconds = get_up_trial(self._description, setting.seed, setting.lying)
            return TrialOutcome(fell=not is_up, seconds=seconds)
        start = self._warm_start(setting)
        if isinstance(start, str):
            return TrialOutcome(fell=True, error=start)
        actor, witness = start
        return in_fork(lambda: _played(actor, witness, trial))

    def _warm_start(self, setting: Setting) -> tuple[Actor, Witness] | str:
        """Return a robot that is ready for trials, or why there is none."""
        if setting not in self._actors:
            self._actors[setting] = self._warmed_up(setting)
            while len(self._actors) > WARM_STARTS_KEPT:
                self._actors.popitem(last=False)
        self._actors.move_to_end(setting)
        return self._actors[setting]

    def _warmed_up(self, setting: Setting) -> tuple[Actor, Witness] | str:
        try:
            actor = Actor(self._description, setting, self._policy)
            witness = actor.warm_up()
        except (TrialError, TalusError) as error:
            return str(error)
        return "fell before the trial began" if actor.rig.has_fallen() else (actor, witness)


def _rig(description: RobotDescription, setting: Setting, world: str, policy: str | Path) -> Rig:
    delay = round(setting.delay / TICK_S)
    if setting.mind:
        return peer_rig(setting, world, TICK_S, delay)
    return Rig(
        description,
        world,
        setting.seed,
        model_error=True,
        period=TICK_S,
        delay_ticks=delay,
        policy=policy,
    )


@contextmanager
def _world(setting: Setting) -> Iterator[str]:
    """Give the name or the file of the setting's world."""
    if setting.ground is None and setting.gravity == GRAVITY_MPS2:
        yield str(WORLDS_FOLDER / "flat.xml")
        return
    text = world_text(setting.ground or Ground(), setting.gravity)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "world.xml")
        path.write_text(text)
        yield str(path)


def _played(actor: Actor, witness: Witness, trial: Trial) -> TrialOutcome:
    try:
        return actor.play(trial, witness)
    except TrialError as error:
        return TrialOutcome(fell=actor.rig.has_fallen(), error=str(error))
