# SPDX-License-Identifier: Apache-2.0
"""Steps processes, operator, judge and status line of a run together."""

from __future__ import annotations

from talus_core.errors import TalusError
from talus_core.graph.contract import IN_EVERY_RUN, PERCEPTION, SIMULATION, Topic, topics_of
from talus_core.robot import load_robot, read_robot_file
from talus_launch.cli import report_exit
from talus_launch.running.interrupts import Interrupts
from talus_launch.running.supervisor import ProcessSupervisor

from talus_cli.run.judging.judge import Judge
from talus_cli.run.judging.legs import SoleHeights
from talus_cli.run.judging.pace import PaceMeter
from talus_cli.run.judging.summary import UNKNOWN_LEVEL_WORD, RunSummary
from talus_cli.run.operating.observation import RunObservation
from talus_cli.run.operating.operator import RunOperator, RunPhase, RunWish
from talus_cli.run.operating.operator_node import OperatorNode
from talus_cli.run.options import RunOptions
from talus_cli.run.status import Status, StatusScreen

# Wall time between two looks: a velocity is due every 50 ms of simulated time, which may run at 2.5
# times real time.
LOOK_PERIOD_S = 0.02
# Simulated time between two looks for a fall: a fall from standing takes 0.8 s.
JUDGE_PERIOD_S = 0.1
JOULE_PER_KWH = 3.6e6


def counted_topics(perception: bool, cameras: dict) -> list[Topic]:
    """Return the topics that a run waits for and counts: those with a rate.

    Colour pictures are left out: they are rendered only while a page is open.
    """
    groups = {IN_EVERY_RUN, SIMULATION} | ({PERCEPTION} if perception else set())
    with_depth = tuple(name for name, camera in cameras.items() if camera.get("depth"))
    topics = topics_of(groups, tuple(cameras), with_depth)
    return [
        t
        for t in topics
        if t.rate_hz and ("/depth/" in t.name or not t.name.endswith("/image_raw"))
    ]


class NodeRefusedError(TalusError):
    """Raised when a node refuses its input; the message is its name and its own words."""


class Operation:
    """Steps until the operator is done; then `summary` tells."""

    def __init__(
        self,
        options: RunOptions,
        supervisor: ProcessSupervisor,
        interrupts: Interrupts,
        screen: StatusScreen,
    ) -> None:
        robot = load_robot(options.robot)
        raw = read_robot_file(options.robot)
        self._energy = JOULE_PER_KWH * float(raw.get("battery", {}).get("energy", 0.0))
        soles = SoleHeights(
            robot.urdf, robot.frames["base"], tuple(foot.frame for foot in robot.feet)
        )
        seat = dict(zip(robot.joint_names, robot.poses["sit"], strict=True))
        self._judge = Judge(soles, seat)
        self._operator = RunOperator(RunWish(options.seconds, options.velocity, robot.keeps_torque))
        self._keeps_torque = robot.keeps_torque
        topics = counted_topics(options.perception, raw.get("cameras", {}))
        self._node = OperatorNode(
            topics, robot.joint_names, lambda text: screen.note(f"run: {text}")
        )
        self._supervisor = supervisor
        self._interrupts = interrupts
        self._screen = screen
        self._dead: list[str] = []
        self._stop_requests = 0
        self._judged = 0.0
        self._pace = PaceMeter()
        self._first_charge: float | None = None

    @property
    def is_done(self) -> bool:
        """Tell whether the operator has nothing more to do."""
        return self._operator.phase is RunPhase.DONE

    def step(self, now: float) -> None:
        """Look once and do what follows from it; `now`: steady clock, s."""
        self._stop_requests += self._interrupts.take()
        for ended in self._supervisor.poll(LOOK_PERIOD_S):
            report_exit(ended, self._screen)
            if ended.refusal is not None and self._operator.phase is RunPhase.WAITING:
                raise NodeRefusedError(f"{ended.spec.name}: {ended.refusal}")
            if ended.is_fatal:
                self._dead.append(ended.spec.name)
        self._node.hear()
        seen = self._observe(now)
        began = self._operator.began
        actions = self._operator.step(seen)
        if seen.time is None:
            return  # nothing can be asked of a robot whose clock is not there
        for action in actions:
            self._node.perform(action, seen.time)
        if began is None and self._operator.began is not None:
            self._begin(now, seen.time)
        self._pace.see(now, seen.time)
        self._show(seen, seen.time, now)

    def _observe(self, now: float) -> RunObservation:
        time = self._node.heard.clock.get()
        if time is not None and time >= self._judged + JUDGE_PERIOD_S:
            self._judged = time
            self._judge_now()
        return RunObservation(
            wall=now,
            time=time,
            missing=self._node.missing() if self._operator.phase is RunPhase.WAITING else (),
            safety=self._node.heard.safety.get(),
            gate=self._node.gate(),
            mode=self._node.heard.mode.get(),
            reply=self._node.reply(),
            dead=tuple(self._dead),
            fell=self._judge.fell,
            stop_requests=self._stop_requests,
        )

    def _judge_now(self) -> None:
        truth = self._node.heard.truth.get()
        odometry = self._node.heard.odometry.get()
        joints = self._node.heard.joints.get()
        if truth is None:
            return
        self._judge.see_truth(truth)
        if odometry is not None:
            self._judge.see_odometry(odometry)
        if joints is not None:
            self._judge.see_joints(joints)

    def _begin(self, now: float, time: float) -> None:
        self._judge_now()
        self._judge.begin()
        self._node.inbox.begin()
        self._pace.begin(now, time)
        self._first_charge = self._node.heard.battery.get()
        self._screen.shows_warnings = True

    def _show(self, seen: RunObservation, time: float, now: float) -> None:
        if not self._screen.is_due(now):
            return
        phase = self._operator.phase.value
        safety = seen.safety
        self._screen.show(
            Status(
                phase=f"{phase}: {', '.join(seen.missing[:2])}" if seen.missing else phase,
                mode=None if self._operator.phase is RunPhase.WAITING else seen.mode,
                level=safety.level if safety else 0,
                cause=safety.cause if safety else "",
                time=time,
                speed=self._judge.speed(time),
                distance=self._judge.distance,
                battery=self._node.heard.battery.get(),
                real_time_factor=self._pace.lately,
            ),
            now,
        )

    def summary(self) -> RunSummary:
        """Return the outcome of the run."""
        safety = self._node.heard.safety.get()
        charge = self._node.heard.battery.get()
        first_charge = self._first_charge
        used = 0.0 if charge is None or first_charge is None else first_charge - charge
        return RunSummary(
            fell=self._judge.fell,
            faults=tuple(self._operator.faults),
            distance_m=self._judge.distance,
            odom_error_m=self._judge.odometry_error,
            real_time_factor=self._pace.overall,
            energy_j=used * self._energy,
            final_level=UNKNOWN_LEVEL_WORD if safety is None else f"R{safety.level}",
            rates_hz=self._node.inbox.rates(self._pace.simulated),
            sim_seconds=self._pace.simulated,
            torque_kept=self._keeps_torque,
        )

    def close(self) -> None:
        """Leave the ROS graph."""
        self._node.close()
