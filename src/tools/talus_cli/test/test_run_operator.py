# SPDX-License-Identifier: Apache-2.0
"""Checks the operator's state machine, as stories on a time line."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from talus_cli.run.operating import operator as rules
from talus_cli.run.operating.observation import (
    Action,
    Gaze,
    HeardGate,
    HeardSafety,
    Reply,
    RunObservation,
    ServiceCall,
    WalkingVelocity,
)
from talus_cli.run.operating.operator import RunOperator, RunPhase, RunWish
from talus_core.words.modes import Mode

WALK = WalkingVelocity(0.4, 0.0, 0.0)
BOOT = HeardSafety(3, "not armed yet", False, False, False)
ARMED = HeardSafety(0, "", False, True, True)
STOPPED = HeardSafety(3, "stopped by the operator", True, False, False)
OFF, RUN, HOLD = HeardGate(0, ""), HeardGate(1, ""), HeardGate(2, "no fresh safety/state")
SEATED = 1


@dataclass
class Robot:
    """Obeys at once what it is told, unless a test says otherwise."""

    seen: RunObservation = field(default_factory=lambda: RunObservation(0.0, 0.0, (), BOOT, OFF, 0))
    stands_after: float = 2.5
    stands_up_to: int = Mode.STANDING
    sits_after: float = 3.0
    done: list[tuple[float, Action]] = field(default_factory=list)
    obeys: bool = True
    _then: list[tuple[float, dict]] = field(default_factory=list)

    def live(self, operator: RunOperator, until: float, step: float = 0.02) -> None:
        """Let time pass until the operator is done or `until`, s."""
        while self.seen.time < until and operator.phase is not RunPhase.DONE:
            for action in operator.step(self.seen):
                self.done.append((self.seen.time, action))
                if isinstance(action, ServiceCall) and self.obeys:
                    self._obey(action.service)
            time = self.seen.time + step
            due = [change for at, change in self._then if at <= time]
            self._then = [(at, change) for at, change in self._then if at > time]
            self.seen = replace(self.seen, time=time, wall=self.seen.wall + step)
            for change in due:
                self.seen = replace(self.seen, **change)

    def _obey(self, service: str) -> None:
        now = self.seen.time
        self.seen = replace(self.seen, reply=Reply(service, True, ""))
        if service == "safety/arm":
            self.seen = replace(self.seen, safety=ARMED, gate=RUN)
        elif service == "balance/stand":
            self._then.append((now + self.stands_after, {"mode": self.stands_up_to}))
        else:
            self.seen = replace(self.seen, safety=replace(STOPPED, torque_permitted=True))
            self._then.append(
                (now + self.sits_after, {"mode": SEATED, "safety": STOPPED, "gate": OFF})
            )

    def calls(self) -> list[str]:
        return [action.service for _, action in self.done if isinstance(action, ServiceCall)]


def at(robot: Robot, kind: type) -> list[float]:
    """Return when actions of a kind were done."""
    return [time for time, action in robot.done if isinstance(action, kind)]


def test_walk_as_asked():
    robot, operator = Robot(), RunOperator(RunWish(20.0, WALK))
    robot.live(operator, 60.0)
    assert robot.calls() == ["safety/arm", "balance/stand", "safety/stop"]
    assert operator.phase is RunPhase.DONE
    assert operator.faults == []
    times = at(robot, WalkingVelocity)
    assert times[0] == pytest.approx(2.5, abs=0.1)
    assert times[-1] == pytest.approx(20.0, abs=0.1)
    # Often enough never to go stale, and not more: 20 Hz.
    assert max(b - a for a, b in pairwise(times)) < 0.1
    assert at(robot, Gaze) == []
    # 17.4 s at 0.4 m/s: enough for 5 m even with a slow start.
    assert (times[-1] - times[0]) * WALK.forward > 6.5


def test_look_around_when_not_walking():
    robot, operator = Robot(), RunOperator(RunWish(10.0))
    robot.live(operator, 60.0)
    points = [action.point for _, action in robot.done if isinstance(action, Gaze)]
    assert points == list(rules.LOOK_POINTS)
    assert at(robot, WalkingVelocity) == []


def test_waits_for_what_is_missing():
    robot, operator = Robot(), RunOperator(RunWish())
    robot.seen = replace(robot.seen, missing=("odom",))
    robot.live(operator, 30.0)
    assert operator.phase is RunPhase.WAITING
    robot.seen = replace(robot.seen, missing=())
    robot.live(operator, 31.0)
    assert operator.phase is RunPhase.STANDING_UP
    assert operator.began == pytest.approx(30.0, abs=0.1)


def test_gives_up_when_nodes_never_come():
    robot, operator = Robot(), RunOperator(RunWish())
    robot.seen = replace(robot.seen, missing=("odom", "map/points"))
    robot.live(operator, 200.0)
    assert operator.phase is RunPhase.DONE
    assert operator.faults == ["not up after 90 s: odom, map/points"]
    assert robot.calls() == []


def test_no_simulated_time_at_all_is_given_up_too():
    operator = RunOperator(RunWish())
    for wall in (0.0, 50.0, 100.0):
        assert operator.step(RunObservation(wall, missing=("clock",))) == []
    assert operator.phase is RunPhase.DONE


def test_refused_arm_is_tried_again_then_reported():
    robot, operator = Robot(obeys=False), RunOperator(RunWish())
    robot.seen = replace(robot.seen, reply=Reply("safety/arm", False, "the camera is silent"))
    robot.live(operator, 60.0)
    assert robot.calls().count("safety/arm") == pytest.approx(40, abs=1)
    assert operator.faults[0] == "arming took more than 20 s: the camera is silent"
    assert operator.phase is RunPhase.DONE


def test_nodes_that_find_each_other_late_cost_no_time_of_the_run():
    robot, operator = Robot(obeys=False), RunOperator(RunWish(20.0, WALK))
    robot.seen = replace(robot.seen, reply=Reply("safety/arm", False, "not there: balance"))
    robot.live(operator, 8.0)  # of simulated time, which may go faster than the nodes' own
    robot.obeys = True
    robot.live(operator, 60.0)
    assert operator.faults == []
    times = at(robot, WalkingVelocity)
    assert times[-1] == pytest.approx(8.0 + 20.0, abs=rules.RETRY_PERIOD_S + 0.1)


def test_robot_that_does_not_stand_up_is_stopped():
    robot, operator = Robot(stands_after=1e9), RunOperator(RunWish(20.0))
    robot.live(operator, 60.0)
    assert operator.faults == ["standing up took more than 10 s"]
    assert robot.calls()[-1] == "safety/stop"
    assert operator.phase is RunPhase.DONE


def test_robot_that_walks_off_at_once_is_up():
    robot, operator = Robot(stands_up_to=Mode.WALKING), RunOperator(RunWish(20.0))
    robot.live(operator, 15.0)
    assert (operator.phase, operator.faults) == (RunPhase.MOVING, [])


def test_robot_that_does_not_sit_down_ends_the_run_with_a_fault():
    robot, operator = Robot(sits_after=1e9), RunOperator(RunWish(5.0))
    robot.live(operator, 60.0)
    assert operator.phase is RunPhase.DONE
    assert operator.faults == ["sitting down took more than 20 s"]


def test_stop_by_a_person_is_no_fault_and_the_run_goes_on():
    robot, operator = Robot(), RunOperator(RunWish())
    robot.live(operator, 1.0)
    assert operator.phase is RunPhase.STANDING_UP
    robot.seen = replace(robot.seen, safety=STOPPED)
    robot.live(operator, 30.0)
    assert operator.phase is RunPhase.MOVING
    assert operator.faults == []


def test_without_a_time_limit_a_fault_is_remembered_and_the_run_goes_on():
    robot, operator = Robot(), RunOperator(RunWish())
    robot.live(operator, 5.0)
    robot.seen = replace(
        robot.seen, safety=HeardSafety(3, "balance is silent", True, False, True), fell=True
    )
    robot.live(operator, 30.0)
    assert operator.phase is RunPhase.MOVING
    assert operator.faults == ["balance is silent"]


def test_latched_level_is_a_fault_and_ends_a_timed_run():
    robot, operator = Robot(), RunOperator(RunWish(50.0))
    robot.live(operator, 5.0)
    robot.seen = replace(robot.seen, safety=HeardSafety(3, "balance is silent", True, False, True))
    robot.live(operator, 60.0)
    assert operator.faults == ["balance is silent"]
    assert robot.calls()[-1] == "safety/stop"
    assert operator.phase is RunPhase.DONE


def test_passing_degradation_is_no_fault():
    robot, operator = Robot(), RunOperator(RunWish(10.0))
    robot.live(operator, 5.0)
    robot.seen = replace(robot.seen, safety=replace(ARMED, level=1, cause="camera is late"))
    robot.live(operator, 6.0)
    robot.seen = replace(robot.seen, safety=ARMED)
    robot.live(operator, 60.0)
    assert operator.faults == []


def test_standby_of_the_driver_is_a_fault_even_while_stopping():
    robot, operator = Robot(), RunOperator(RunWish(5.0))
    robot.live(operator, 6.0)
    robot.seen = replace(robot.seen, gate=HOLD)
    robot.live(operator, 60.0)
    assert operator.faults == ["the driver had to act by itself: no fresh safety/state"]


@pytest.mark.parametrize("name", ["balance", "safety"])
def test_after_a_death_the_driver_is_given_time_to_let_the_robot_down(name: str):
    robot, operator = Robot(), RunOperator(RunWish())
    robot.live(operator, 5.0)
    robot.obeys = False
    robot.seen = replace(robot.seen, dead=(name,), gate=HOLD)
    robot.live(operator, 9.0)
    assert operator.phase is RunPhase.STOPPING
    robot.seen = replace(
        robot.seen, gate=OFF, safety=replace(ARMED, torque_permitted=name == "safety")
    )
    robot.live(operator, 10.0)
    assert operator.phase is RunPhase.DONE
    assert operator.faults[0] == f"process '{name}' ended"


def test_death_of_the_driver_ends_the_run_at_once():
    robot, operator = Robot(), RunOperator(RunWish())
    robot.live(operator, 5.0)
    robot.seen = replace(robot.seen, dead=("driver",))
    robot.live(operator, 5.1)
    assert operator.phase is RunPhase.DONE
    assert operator.faults == ["process 'driver' ended"]


def test_time_that_stands_still_is_noticed_by_the_wall_clock():
    robot, operator = Robot(), RunOperator(RunWish())
    robot.live(operator, 5.0)
    for wall in (0.0, 10.0, 20.0):
        operator.step(replace(robot.seen, wall=robot.seen.wall + wall))
    assert operator.phase is RunPhase.DONE
    assert operator.faults == ["simulated time stood still for 15 s"]


def test_first_ctrl_c_sits_down_second_does_not_wait():
    robot, operator = Robot(), RunOperator(RunWish())
    robot.live(operator, 5.0)
    robot.seen = replace(robot.seen, stop_requests=1)
    robot.live(operator, 6.0)
    assert operator.phase is RunPhase.STOPPING
    assert robot.calls()[-1] == "safety/stop"
    robot.seen = replace(robot.seen, stop_requests=2)
    robot.live(operator, 6.1)
    assert operator.phase is RunPhase.DONE
    assert operator.faults == []


def test_fall_ends_a_timed_run():
    robot, operator = Robot(), RunOperator(RunWish(50.0))
    robot.live(operator, 5.0)
    robot.seen = replace(robot.seen, fell=True)
    robot.live(operator, 5.1)
    assert operator.phase is RunPhase.STOPPING


@pytest.mark.parametrize("phase", [1, 3])
def test_a_robot_that_cannot_be_cut_ends_seated_and_held(phase):
    stopped = replace(STOPPED, torque_permitted=True)
    waits = RunObservation(0.0, 0.0, (), ARMED, RUN, Mode.STANDING)
    held = replace(waits, safety=stopped, gate=HeardGate(phase, "kept", True), mode=Mode.SEATED)
    for keeps, end in ((True, RunPhase.DONE), (False, RunPhase.STOPPING)):
        operator = RunOperator(RunWish(seconds=0.0, keeps_torque=keeps))
        operator.step(replace(waits, safety=BOOT))
        operator.step(waits)
        assert operator.phase is RunPhase.STOPPING
        for early in (replace(held, mode=Mode.SITTING_DOWN), replace(held, gate=RUN)):
            operator.step(early)
            assert operator.phase is RunPhase.STOPPING
        operator.step(held)
        assert operator.phase is end
