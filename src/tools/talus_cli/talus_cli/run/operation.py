# SPDX-License-Identifier: Apache-2.0
"""One run in progress: processes, operator, judge and status line, stepped together."""

from __future__ import annotations

import yaml
from talus_core.errors import TalusError
from talus_core.robot import load_robot
from talus_launch.cli import report_exit
from talus_launch.interrupts import Interrupts
from talus_launch.supervisor import Supervisor

from talus_cli.run.contract import ALWAYS, PERCEPTION, SIMULATION, Topic, topics_of
from talus_cli.run.judge import Judge
from talus_cli.run.legs import SoleHeights
from talus_cli.run.observation import Observation
from talus_cli.run.operator import Operator, Phase, Wish
from talus_cli.run.operator_node import OperatorNode
from talus_cli.run.options import RunOptions
from talus_cli.run.pace import PaceMeter
from talus_cli.run.status import Status, StatusScreen
from talus_cli.run.summary import UNKNOWN_LEVEL, Summary

# Wall time between two looks: a velocity is due every 50 ms of simulated time, which may run at 2.5 times real time.
POLL_PERIOD_S = 0.02
# Simulated time between two looks for a fall: a fall from standing takes 0.8 s.
JUDGE_PERIOD_S = 0.1
JOULE_PER_KWH = 3.6e6


def counted_topics(perception: bool, cameras: dict) -> list[Topic]:
    """What a run waits for and counts: all that has a rate, but no colour pictures (rendered only for who watches)."""
    groups = {ALWAYS, SIMULATION} | ({PERCEPTION} if perception else set())
    with_depth = tuple(name for name, camera in cameras.items() if camera.get("depth"))
    topics = topics_of(groups, tuple(cameras), with_depth)
    return [t for t in topics if t.rate_hz and ("/depth/" in t.name or not t.name.endswith("/image_raw"))]


class NodeRefusedError(TalusError):
    """A node refused what it was given; the message is its name and its own words."""


class Operation:
    """Steps until the operator is done; then `summary` tells."""

    def __init__(
        self, options: RunOptions, supervisor: Supervisor, interrupts: Interrupts, screen: StatusScreen
    ) -> None:
        robot = load_robot(options.robot)
        raw = yaml.safe_load((options.robot / "robot.yaml").read_text())
        self._energy = JOULE_PER_KWH * float(raw.get("battery", {}).get("energy", 0.0))
        soles = SoleHeights(robot.urdf, robot.frames["base"], tuple(foot.frame for foot in robot.feet))
        seat = dict(zip(robot.joint_names, robot.poses["sit"], strict=True))
        self._judge = Judge(soles, seat)
        self._operator = Operator(Wish(options.seconds, options.velocity))
        self._node = OperatorNode(counted_topics(options.perception, raw.get("cameras", {})))
        self._supervisor, self._interrupts, self._screen = supervisor, interrupts, screen
        self._dead: list[str] = []
        self._stop_requests = 0
        self._judged = 0.0
        self._pace = PaceMeter()
        self._first_charge: float | None = None

    @property
    def is_done(self) -> bool:
        """Whether the operator has nothing more to do."""
        return self._operator.phase is Phase.DONE

    def step(self, now: float) -> None:
        """One look and what follows from it; `now`: steady clock, s."""
        self._stop_requests += self._interrupts.take()
        for ended in self._supervisor.poll(POLL_PERIOD_S):
            report_exit(ended, self._screen)
            if ended.refusal is not None and self._operator.phase is Phase.WAITING:
                raise NodeRefusedError(f"{ended.spec.name}: {ended.refusal}")
            if ended.is_fatal:
                self._dead.append(ended.spec.name)
        self._node.hear()
        seen = self._observe(now)
        began = self._operator.began
        for action in self._operator.step(seen):
            self._node.perform(action, seen.time)
        if began is None and self._operator.began is not None:
            self._begin(now, seen.time)
        if seen.time is not None:
            self._pace.see(now, seen.time)
            self._show(seen, now)

    def _observe(self, now: float) -> Observation:
        time = self._node.clock.get()
        if time is not None and time >= self._judged + JUDGE_PERIOD_S:
            self._judged = time
            self._judge_now()
        return Observation(
            wall=now,
            time=time,
            missing=self._node.missing() if self._operator.phase is Phase.WAITING else (),
            safety=self._node.safety.get(),
            gate=self._node.gate(),
            mode=self._node.mode.get(),
            reply=self._node.reply(),
            dead=tuple(self._dead),
            fell=self._judge.fell,
            stop_requests=self._stop_requests,
        )

    def _judge_now(self) -> None:
        if self._node.truth.get() is None:
            return
        self._judge.see_truth(self._node.truth.get())
        if self._node.odometry.get() is not None:
            self._judge.see_odometry(self._node.odometry.get())
        if self._node.joints.get() is not None:
            self._judge.see_joints(self._node.joints.get())

    def _begin(self, now: float, time: float) -> None:
        self._judge_now()
        self._judge.begin()
        self._node.inbox.begin()
        self._pace.begin(now, time)
        self._first_charge = self._node.battery.get()
        self._screen.shows_warnings = True

    def _show(self, seen: Observation, now: float) -> None:
        if not self._screen.is_due(now):
            return
        phase = self._operator.phase.value
        safety = seen.safety
        self._screen.show(
            Status(
                phase=f"{phase}: {', '.join(seen.missing[:2])}" if seen.missing else phase,
                mode=None if self._operator.phase is Phase.WAITING else seen.mode,
                level=safety.level if safety else 0,
                cause=safety.cause if safety else "",
                time=seen.time,
                speed=self._judge.speed(seen.time),
                distance=self._judge.distance,
                battery=self._node.battery.get(),
                real_time_factor=self._pace.lately,
            ),
            now,
        )

    def summary(self) -> Summary:
        """What came out."""
        safety = self._node.safety.get()
        charge = self._node.battery.get()
        used = 0.0 if None in (charge, self._first_charge) else self._first_charge - charge
        return Summary(
            fell=self._judge.fell,
            faults=tuple(self._operator.faults),
            distance_m=self._judge.distance,
            odom_error_m=self._judge.odometry_error,
            real_time_factor=self._pace.overall,
            energy_j=used * self._energy,
            final_level=UNKNOWN_LEVEL if safety is None else f"R{safety.level}",
            rates_hz=self._node.inbox.rates(self._pace.simulated),
            sim_seconds=self._pace.simulated,
        )

    def close(self) -> None:
        """Leave ROS."""
        self._node.close()
