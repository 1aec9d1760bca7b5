# SPDX-License-Identifier: Apache-2.0
"""Runs trials on the true controller: a warm start per setting, then each trial in a forked copy of it.

A fork copies simulator, sensors and controller exactly: the trial goes on bit for bit as the warm start would have.
"""

from __future__ import annotations

import math
import os
import pickle
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from talus_balance.controller import Mode
from talus_balance.intent import IntentConfig
from talus_core.errors import TalusError
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import RobotDescription

from talus_lab.bench.balance.disturbance import ArmWalk, Stalls
from talus_lab.bench.balance.eyes import Eyes
from talus_lab.bench.balance.ground import Ground, world_text
from talus_lab.bench.balance.peers.actor import peer_rig
from talus_lab.bench.balance.step_clock import StepClock
from talus_lab.bench.balance.trial import Outcome, Setting, Shove, Trial, Vector
from talus_lab.bench.balance.witness import WITNESS_TICKS, Witness
from talus_lab.bench.falls import get_up_trial
from talus_lab.bench.rig import Push, Rig

PERIOD = 0.002  # s per tick, as shipped
UP_WITHIN_S = 6.0  # the posture change takes 2.2 s
STAND_S = 0.5  # for what is left of standing up to decay
WALK_S = 2.0  # four steps at the commanded speed, which is reached at
RAMP = 0.3  # m/s^2, the slowest of the gait's own ramps
LOAD_S, LOAD_PARTS = 1.0, 20
PHASE_WITHIN_S = 3.0  # a step lasts 0.5 s
KEPT = 24  # warm starts per process, some 20 MB each


class TrialError(Exception):
    """A trial that cannot be run as it was asked for."""


class Actor:
    """A robot in a setting with those who watch it."""

    def __init__(self, description: RobotDescription, setting: Setting, policy: str | Path = ""):
        """Raises TalusError for a ground that cannot be built, or a policy that does not fit."""
        self.setting = setting
        with _world(setting) as world:
            delay = round(setting.delay / PERIOD)
            if setting.mind:
                self.rig = peer_rig(setting, world, PERIOD, delay)
            else:
                common = {"model_error": True, "period": PERIOD, "delay_ticks": delay, "policy": policy}
                self.rig = Rig(description, world, setting.seed, **common)
        if setting.friction is not None:
            self.rig.driver.set_friction("floor", setting.friction)
        self._arms = ArmWalk(description, PERIOD, setting.seed) if setting.are_arms_taken else None
        self._stalls = Stalls(setting.stall, PERIOD, setting.seed) if setting.stall else None
        self._eyes = Eyes(self.rig, setting.seed) if setting.sees else None
        self.clock = StepClock()
        self.witness: Witness | None = None

    def warm_up(self) -> None:
        """Stand up, then meet the setting's disturbances and walk at its velocity. Raises TrialError."""
        rig = self.rig
        if not rig.run_until(Mode.STANDING, UP_WITHIN_S):
            raise TrialError(f"did not stand within {UP_WITHIN_S:g} s")
        rig.interferes = self._arms or rig.interferes
        rig.misses = self._stalls or rig.misses
        self._advance(STAND_S)
        if self.setting.payload:
            self._load()
        if any(self.setting.velocity):
            self._command(self.setting.velocity)
            self._advance(WALK_S + max(map(abs, rig.velocity)) / RAMP)
        self.witness = Witness(rig)

    def play(self, trial: Trial) -> Outcome:
        """Do to the robot what the trial says, and watch it to the end or the fall. Raises TrialError."""
        if trial.velocity is not None:
            self._command(trial.velocity)
        for shove in trial.shoves:
            self._advance(shove.after)
            if shove.phase is not None:
                self._wait_for(shove.phase)
            self._shove(shove)
        self._advance(trial.seconds, lambda: trial.reach is not None and self.witness.moved[0] >= trial.reach)
        return self.witness.outcome()

    def _load(self) -> None:
        """Into both hands, little by little, as a person hands something over."""
        for _ in range(LOAD_PARTS):
            for frame in ("left_gripper", "right_gripper"):
                self.rig.driver.add_load(frame, self.setting.payload / LOAD_PARTS)
            self._advance(LOAD_S / LOAD_PARTS)

    def _command(self, velocity: Vector) -> None:
        forward, backward, sideways, turning = IntentConfig().velocity_limits  # as a cmd_vel is clipped
        self.rig.velocity = np.clip(velocity, [-backward, -sideways, -turning], [forward, sideways, turning])

    def _advance(self, seconds: float, until: Callable[[], bool] | None = None) -> bool:
        """Let time pass, unless it falls; whether `until` came true."""
        end = self.rig.time + seconds - 0.5 * self.rig.driver.period
        while self.rig.time < end and not self._has_fallen():
            if until is not None and until():
                return True
            self.clock.see(self.rig.step().gait, self.rig.time)
            if self._eyes is not None:
                self._eyes.see()
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
        if not self._advance(PHASE_WITHIN_S, lambda: self.clock.is_at(phase, self.rig.time, PERIOD)):
            raise TrialError("no step on the left foot to push in")

    def _shove(self, shove: Shove) -> None:
        angle = self.rig.heading() + math.radians(shove.heading_deg)
        impulse = shove.dv * self.rig.driver.mass
        self.rig.pushes.append(
            Push(self.rig.time, (impulse * math.cos(angle), impulse * math.sin(angle), 0.0), link=shove.link)
        )


class Stage:
    """Plays trials; keeps the newest warm starts."""

    def __init__(self, description: RobotDescription, policy: str | Path = ""):
        """`policy`: manifest of one that drives where it may; empty: none."""
        self._description, self._policy = description, policy
        self._actors: OrderedDict[Setting, Actor | str] = OrderedDict()

    def play(self, trial: Trial) -> Outcome:
        """In a process of its own, so that the warm start stays as it is."""
        if trial.setting.lying:
            is_up, seconds = get_up_trial(self._description, trial.setting.seed, trial.setting.lying)
            return Outcome(fell=not is_up, seconds=seconds)
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
            actor = Actor(self._description, setting, self._policy)
            actor.warm_up()
        except (TrialError, TalusError) as error:
            return str(error)
        return "fell before the trial began" if actor.rig.has_fallen() else actor


@contextmanager
def _world(setting: Setting) -> Iterator[str]:
    """Name or file of the setting's world."""
    if setting.ground is None and setting.gravity == GRAVITY_MPS2:
        yield "flat"
        return
    text = world_text(setting.ground or Ground(), setting.gravity)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "world.xml")
        path.write_text(text)
        yield str(path)


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
