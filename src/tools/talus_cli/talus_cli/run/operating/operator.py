# SPDX-License-Identifier: Apache-2.0
"""Decides, as a state machine, what the operator of a run asks of the robot next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from talus_core.words.gate_phases import GatePhase
from talus_core.words.modes import Mode

from talus_cli.run.operating.observation import (
    GATE_STANDBY,
    Action,
    Gaze,
    HeardSafety,
    RunObservation,
    ServiceCall,
    WalkingVelocity,
)

VELOCITY_PERIOD_S = 0.05  # ten times as often as a velocity goes stale (0.5 s)
# The torso turns by 0.8 rad at an unhurried 1 rad/s, and holds still for one map update.
LOOK_TIME_S = 1.5
# Between calls that were refused: two periods of the slowest input of the supervisor (5 Hz).
RETRY_PERIOD_S = 0.5

# Looked at one after another, (x, y, z) m in base_link: left, right, front; at 2 m, chest height,
# 40 degrees aside.
LOOK_POINTS = ((1.5, 1.3, 0.5), (1.5, -1.3, 0.5), (2.0, 0.0, 0.5))

# How the supervisor words what a service call asked for.
BY_A_PERSON = "by the operator"


class RunPhase(Enum):
    """Names where a run is."""

    WAITING = "waiting for the robot's nodes"
    ARMING = "arming"
    STANDING_UP = "standing up"
    MOVING = "running"
    STOPPING = "sitting down"
    DONE = "done"


# Longest time in a phase, simulated s. Standing up takes 2.5 s; to double support and down to the
# seat, 5 s.
TIME_LIMITS_S = {RunPhase.STANDING_UP: 10.0, RunPhase.STOPPING: 20.0}
# Longest wall time until the supervisor lets the robot be armed: nodes that are up may still be
# finding each other.
ARMING_LIMIT_S = 20.0
# Longest wall time until all nodes are up: importing and compiling takes 10 s of a busy two-core
# machine.
START_LIMIT_S = 90.0
# Longest wall time without progress of simulated time: the lock-step lets time go on after 2 s
# whatever happens.
STANDSTILL_LIMIT_S = 15.0


@dataclass(frozen=True)
class RunWish:
    """Holds what the user wants of a run.

    Attributes:
        seconds: Simulated s from arming to the stop; None = until the user stops it.
        velocity: Walk with this; None = leave `cmd_vel` to others.
        keeps_torque: The robot rests in no pose without torque, and is held seated at the end.
    """

    seconds: float | None = None
    velocity: WalkingVelocity | None = None
    keeps_torque: bool = False


class RunOperator:
    """Arms, stands up, looks around or walks, stops; ends with the robot seated, without torque."""

    def __init__(self, wish: RunWish):
        self.phase = RunPhase.WAITING
        self.began: float | None = None
        self.faults: list[str] = []
        self._wish = wish
        self._phase_began = 0.0
        self._next_velocity = 0.0
        self._next_call = 0.0
        self._looks = 0
        self._asked = 0.0
        self._started: float | None = None
        self._progress: tuple[float, float | None] | None = None

    def step(self, seen: RunObservation) -> list[Action]:
        """Return the actions that are due now."""
        self._note_faults(seen)
        if self.phase is RunPhase.DONE:
            return []
        if self._must_end(seen):
            self.phase = RunPhase.DONE
            return []
        if seen.time is None:
            return []
        if self._must_stop(seen, seen.time):
            return self._enter(RunPhase.STOPPING, seen.time, ServiceCall("safety/stop"))
        return _STEPS[self.phase](self, seen, seen.time)

    def _enter(self, phase: RunPhase, time: float, *actions: Action) -> list[Action]:
        self.phase = phase
        self._phase_began = time
        self._next_call = time + RETRY_PERIOD_S
        return list(actions)

    def _note_faults(self, seen: RunObservation) -> None:
        for name in seen.dead:
            self._fault(f"process '{name}' ended")
        is_up = self.phase in (RunPhase.STANDING_UP, RunPhase.MOVING)
        safety = seen.safety
        if is_up and safety is not None and safety.latched and not _was_asked_for(safety):
            self._fault(safety.cause)
        if (
            self.phase not in (RunPhase.WAITING, RunPhase.ARMING)
            and seen.gate
            and seen.gate.phase in GATE_STANDBY
        ):
            self._fault(f"the driver had to act by itself: {seen.gate.reason}")
        waited, limit = self._waited(seen)
        if waited > limit:
            said = f": {seen.reply.message}" if seen.reply and not seen.reply.success else ""
            self._fault(f"{self.phase.value} took more than {limit:g} s{said}")

    def _waited(self, seen: RunObservation) -> tuple[float, float]:
        """Return the time in this phase and the most that it may take, s."""
        if self.phase is RunPhase.ARMING:
            return seen.wall - self._asked, ARMING_LIMIT_S
        limit = TIME_LIMITS_S.get(self.phase)
        return (
            (0.0, 0.0)
            if limit is None or seen.time is None
            else (seen.time - self._phase_began, limit)
        )

    def _fault(self, text: str) -> None:
        if text not in self.faults:
            self.faults.append(text)

    def _must_end(self, seen: RunObservation) -> bool:
        """Tell whether waiting any longer would be in vain."""
        if "driver" in seen.dead or seen.stop_requests > 1:
            return True
        if self.phase is RunPhase.WAITING:
            return self._cannot_begin(seen)
        if self._stands_still(seen):
            return True
        if self.phase is not RunPhase.STOPPING or seen.time is None:
            return False
        return seen.time - self._phase_began > TIME_LIMITS_S[RunPhase.STOPPING]

    def _cannot_begin(self, seen: RunObservation) -> bool:
        self._started = seen.wall if self._started is None else self._started
        if seen.wall - self._started > START_LIMIT_S:
            self._fault(
                f"not up after {START_LIMIT_S:g} s: {', '.join(seen.missing) or 'simulated time'}"
            )
        return bool(self.faults) or seen.stop_requests > 0

    def _stands_still(self, seen: RunObservation) -> bool:
        if self._progress is None or seen.time != self._progress[1]:
            self._progress = (seen.wall, seen.time)
        if seen.wall - self._progress[0] <= STANDSTILL_LIMIT_S:
            return False
        self._fault(f"simulated time stood still for {STANDSTILL_LIMIT_S:g} s")
        return True

    def _must_stop(self, seen: RunObservation, time: float) -> bool:
        if self.phase is RunPhase.WAITING or self.phase is RunPhase.STOPPING:
            return False
        if seen.stop_requests > 0 or seen.dead:
            return True
        went_wrong = bool(self.faults) or seen.fell
        if self._wish.seconds is None and self.phase is RunPhase.MOVING:
            return False  # the user may reset and go on
        return went_wrong or self._is_time_up(time)

    def _is_time_up(self, time: float) -> bool:
        """Tell whether the simulated time that the user wanted has passed since arming."""
        if self._wish.seconds is None or self.began is None:
            return False
        return time - self.began >= self._wish.seconds

    def _wait(self, seen: RunObservation, time: float) -> list[Action]:
        if seen.missing or seen.safety is None or seen.mode is None:
            return []
        self.began = time
        self._asked = seen.wall
        return self._enter(RunPhase.ARMING, time, ServiceCall("safety/arm"))

    def _arm(self, seen: RunObservation, time: float) -> list[Action]:
        self.began = time
        if seen.safety is not None and seen.safety.armed and seen.safety.torque_permitted:
            return self._enter(RunPhase.STANDING_UP, time, ServiceCall("balance/stand"))
        return self._retry("safety/arm", seen, time)

    def _stand_up(self, seen: RunObservation, time: float) -> list[Action]:
        # A cmd_vel of another node may be waiting already.
        is_up = seen.mode in (Mode.STANDING, Mode.WALKING)
        if is_up or _was_asked_for(seen.safety):
            return self._enter(RunPhase.MOVING, time)
        return self._retry("balance/stand", seen, time)

    def _retry(self, service: str, seen: RunObservation, time: float) -> list[Action]:
        reply = seen.reply
        is_refused = reply is not None and reply.service == service and not reply.success
        if not is_refused or time < self._next_call:
            return []
        self._next_call = time + RETRY_PERIOD_S
        return [ServiceCall(service)]

    def _move(self, seen: RunObservation, time: float) -> list[Action]:
        if self._wish.velocity is None:
            return self._look_around(time - self._phase_began)
        if time < self._next_velocity:
            return []
        self._next_velocity = time + VELOCITY_PERIOD_S
        return [self._wish.velocity]

    def _look_around(self, elapsed: float) -> list[Action]:
        if self._looks == len(LOOK_POINTS) or elapsed < self._looks * LOOK_TIME_S:
            return []
        self._looks += 1
        return [Gaze(LOOK_POINTS[self._looks - 1])]

    def _sit(self, seen: RunObservation, time: float) -> list[Action]:
        torque_is_off = seen.gate is not None and seen.gate.phase == GatePhase.OFF
        if self._is_kept(seen) or (
            torque_is_off
            and (seen.safety is None or "safety" in seen.dead or not seen.safety.torque_permitted)
        ):
            self.phase = RunPhase.DONE
            return []
        return self._retry("safety/stop", seen, time)

    def _is_kept(self, seen: RunObservation) -> bool:
        """Tell whether a robot that cannot be cut sits, and is held there."""
        if not self._wish.keeps_torque or seen.gate is None or seen.mode is None:
            return False
        is_down = seen.gate.at_rest and seen.mode <= Mode.SEATED
        return is_down and seen.gate.phase in (GatePhase.RUN, GatePhase.SIT)


def _was_asked_for(safety: HeardSafety | None) -> bool:
    """Tell whether a person stopped the robot, on the page or by a service: that is no fault."""
    return safety is not None and safety.latched and safety.cause.endswith(BY_A_PERSON)


_STEPS = {
    RunPhase.WAITING: RunOperator._wait,
    RunPhase.ARMING: RunOperator._arm,
    RunPhase.STANDING_UP: RunOperator._stand_up,
    RunPhase.MOVING: RunOperator._move,
    RunPhase.STOPPING: RunOperator._sit,
}
