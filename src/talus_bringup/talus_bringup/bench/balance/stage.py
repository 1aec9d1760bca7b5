# SPDX-License-Identifier: Apache-2.0
"""Runs trials on the true controller: a warm start per setting, then each trial in a forked copy of it.

A fork copies simulator, sensors and controller exactly: the trial goes on bit for bit as the warm start would have.
"""

from __future__ import annotations

import math
import os
import pickle
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from talus_balance.controller import Mode
from talus_balance.intent import IntentConfig
from talus_core.robot import RobotDescription

from talus_bringup.bench.balance.step_clock import StepClock
from talus_bringup.bench.balance.trial import Outcome, Setting, Shove, Trial
from talus_bringup.bench.balance.witness import WITNESS_TICKS, Witness
from talus_bringup.bench.rig import Push, Rig

UP_WITHIN_S = 6.0  # the posture change takes 2.2 s
STAND_S = 0.5  # for what is left of standing up to decay
WALK_S = 3.0  # the command is reached in 1 s at 0.5 m/s^2; then four steps
PHASE_WITHIN_S = 3.0  # a step lasts 0.5 s
KEPT = 24  # warm starts per process, some 20 MB each


class TrialError(Exception):
    """A trial that cannot be run as it was asked for."""


class Actor:
    """A robot in a setting with those who watch it."""

    def __init__(self, description: RobotDescription, setting: Setting):
        self.setting = setting
        self.rig = Rig(description, seed=setting.seed, model_error=True)
        self.clock = StepClock()
        self.witness: Witness | None = None

    def warm_up(self) -> None:
        """Stand up, and walk at the commanded velocity. Raises TrialError."""
        if not self.rig.run_until(Mode.STANDING, UP_WITHIN_S):
            raise TrialError(f"did not stand within {UP_WITHIN_S:g} s")
        self.advance(STAND_S)
        forward, backward, sideways, turning = IntentConfig().velocity_limits  # as a cmd_vel is clipped
        self.rig.velocity = np.clip(
            self.setting.velocity, [-backward, -sideways, -turning], [forward, sideways, turning]
        )
        if any(self.setting.velocity):
            self.advance(WALK_S)
        self.witness = Witness(self.rig)

    def play(self, trial: Trial) -> Outcome:
        """Do to the robot what the trial says, and watch it to the end or the fall. Raises TrialError."""
        for shove in trial.shoves:
            self.advance(shove.after)
            if shove.phase is not None:
                self._wait_for(shove.phase)
            self._shove(shove)
        self.advance(trial.seconds)
        return self.witness.outcome()

    def advance(self, seconds: float, until: Callable[[], bool] | None = None) -> bool:
        """Let time pass, unless it falls; whether `until` came true."""
        end = self.rig.time + seconds - 0.5 * self.rig.driver.period
        while self.rig.time < end and not self._has_fallen():
            if until is not None and until():
                return True
            self.clock.see(self.rig.step().gait, self.rig.time)
            self._watch()
        return False

    def _watch(self) -> None:
        if self.witness is not None:
            self.witness.see()

    def _has_fallen(self) -> bool:
        tick = round(self.rig.time / self.rig.driver.period)
        if self.witness is not None and self.witness.fell:
            return True
        return self.witness is None and tick % WITNESS_TICKS == 0 and self.rig.has_fallen()

    def _wait_for(self, phase: float) -> None:
        period = self.rig.driver.period
        if not self.advance(PHASE_WITHIN_S, lambda: self.clock.is_at(phase, self.rig.time, period)):
            raise TrialError("no step on the left foot to push in")

    def _shove(self, shove: Shove) -> None:
        angle = self.rig.heading() + math.radians(shove.heading_deg)
        impulse = shove.dv * self.rig.driver.mass
        self.rig.pushes.append(
            Push(self.rig.time, (impulse * math.cos(angle), impulse * math.sin(angle), 0.0), link=shove.link)
        )


class Stage:
    """Plays trials; keeps the newest warm starts."""

    def __init__(self, description: RobotDescription):
        self._description = description
        self._actors: OrderedDict[Setting, Actor | str] = OrderedDict()

    def play(self, trial: Trial) -> Outcome:
        """In a process of its own, so that the warm start stays as it is."""
        actor = self._actor(trial.setting)
        if isinstance(actor, str):
            return Outcome(fell=True, error=actor)
        return in_fork(lambda: _played(actor, trial))

    def _actor(self, setting: Setting) -> Actor | str:
        if setting not in self._actors:
            self._actors[setting] = self._warmed_up(setting)
            while len(self._actors) > KEPT:
                self._actors.popitem(last=False)
        self._actors.move_to_end(setting)
        return self._actors[setting]

    def _warmed_up(self, setting: Setting) -> Actor | str:
        try:
            actor = Actor(self._description, setting)
            actor.warm_up()
        except TrialError as error:
            return str(error)
        return "fell before the trial began" if actor.rig.has_fallen() else actor


def _played(actor: Actor, trial: Trial) -> Outcome:
    try:
        return actor.play(trial)
    except TrialError as error:
        return Outcome(fell=actor.rig.has_fallen(), error=str(error))


def in_fork(work: Callable[[], object]) -> object:
    """The result of `work` done in a forked copy of this process, which must have one thread. Raises what it raised."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        with os.fdopen(send, "wb") as pipe:
            try:
                pickle.dump(work(), pipe)
            except BaseException as error:
                pickle.dump(RuntimeError(f"{type(error).__name__}: {error}"), pipe)
        os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    if not data:
        raise RuntimeError("the forked trial died")
    result = pickle.loads(data)
    if isinstance(result, Exception):
        raise result
    return result
