# SPDX-License-Identifier: Apache-2.0
"""Keeps what arrived last from each source, and makes facts of it.

Knows no clock but the times it is given.
"""

from __future__ import annotations

import math

import numpy as np
from talus_core.errors import RefusedInputError
from talus_core.graph.headers import check_finite
from talus_core.graph.node_table import NODES, NodeTable
from talus_core.robot import RobotDescription
from talus_core.state import RobotState
from talus_core.words.modes import Mode

from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.supervisor.facts import (
    Facts,
    GapFacts,
    GateReport,
    HeatFacts,
    OperatorWord,
    SensorFaults,
)
from talus_safety.kernel.judge.heat import HeatModel
from talus_safety.monitors import Monitor, not_applied
from talus_safety.supervision.freshness import NEVER, Freshness
from talus_safety.supervision.node_watch import NodeWatch
from talus_safety.supervision.sensors import SensorWatch
from talus_safety.supervision.separation import Separation

# A stamp may be ahead of the newest robot_state, which waits for one judgement, 50 ms; clocks of a
# robot's computers differ by less than the age at which a command is stale.
MOST_AHEAD_S = 0.5
FRAME_SOURCES = ("base", "joints")  # from balance, and from robot_state_publisher


class _GateInbox:
    """Keeps the gate's newest report, and whether it latched since that was told."""

    def __init__(self) -> None:
        self.report = GateReport()
        self.heard_at = NEVER
        self._has_latched = False

    def hear(self, report: GateReport, steady: float) -> None:
        """Take in a report that came at steady time `steady` s."""
        self._has_latched = self._has_latched or (report.latched and not self.report.latched)
        self.report = report
        self.heard_at = steady

    def tell_latch(self) -> bool:
        """Return whether commands were locked out since this was asked last."""
        told = self._has_latched
        self._has_latched = False
        return told


class Watch:
    """Stores what arrived at a steady time in s; `facts` looks at all of it."""

    def __init__(
        self,
        robot: RobotDescription,
        config: SupervisorConfig,
        bundle: str = "",
        nodes: NodeTable = NODES,
    ):
        """Begin with nothing heard.

        Args:
            robot: The robot.
            config: How patient the supervisor is.
            bundle: SHA-256 of what decides, the gate's too.
            nodes: The node table: whom it waits for and watches.
        """
        self._config = config
        self._bundle = bundle
        self._sensors = SensorWatch(robot, config.period)
        self._nodes = NodeWatch(nodes, config)
        self._gate = _GateInbox()
        self._state_at = NEVER
        self._mode = Mode.LIMP
        self._capture_margin = 0.0
        self._operator = OperatorWord()
        self._separation = Separation(config)
        has_map = "map" in self._nodes.required
        self._frames = Freshness(FRAME_SOURCES if has_map else ())
        self._map = Freshness(["map"] if has_map else ())
        self._robot_time = 0.0
        self._battery = 1.0
        names = robot.joint_names
        effort = robot.limits.effort
        self._heat = HeatModel(effort, names, config.continuous_torque, config.heating_s)
        self.sequence = 0  # of the newest RobotState

    def on_state(self, state: RobotState, steady: float) -> float:
        """Return the robot time since the newest state before, s; an older one says nothing."""
        if state.sequence <= self.sequence and self._state_at > NEVER:
            return 0.0
        dt = (
            (state.sequence - self.sequence) * self._config.period
            if self._state_at > NEVER
            else 0.0
        )
        self.sequence = state.sequence
        self._state_at = steady
        self._robot_time = state.time
        self._sensors.step(state)
        self._heat.step(state.effort, dt)
        return dt

    def on_gate(self, report: GateReport, steady: float) -> None:
        """Take in the gate's account of itself."""
        self._gate.hear(report, steady)

    def on_beat(self, node: str, sequence: int, steady: float, strangers: int = 0) -> None:
        """Take in a heartbeat: the progress of its node, and how many strangers that has heard."""
        self._nodes.hear(node, sequence, self.sequence, steady)
        self._nodes.count_strangers(node, strangers)

    def on_balance(self, mode: int, capture_margin: float = 0.0) -> None:
        """Take in what balance does, and its margin in m; an unknown mode is ignored."""
        self._capture_margin = capture_margin
        if mode in Mode.__members__.values():
            self._mode = Mode(mode)

    def on_frame(
        self, source: str, stamp: float, steady: float, place: tuple[float, float] | None = None
    ) -> None:
        """Take in a transform of `base` or `joints`, or the `map`'s elevation, in robot time.

        Raises RefusedInputError for a stamp of the future, after which nothing would count as
        newer, and for a place that is no number.
        """
        if self._state_at == NEVER:
            return  # the robot's time is not known yet
        self._check_stamp(stamp)
        if source == "base" and place is not None:
            check_finite(place)
            self._separation.stand_at(place, stamp)
        self._frames.hear(source, stamp, steady)
        self._map.hear(source, stamp, steady)

    def on_moving(self, bodies: np.ndarray, stamp: float) -> None:
        """Take in what moves, as the map sees it: see `Separation.hear`.

        Raises RefusedInputError for a stamp of the future, by which it would move for ever.
        """
        if self._state_at == NEVER:
            return  # the robot's time is not known yet
        self._check_stamp(stamp)
        self._separation.hear(bodies, stamp)

    def on_people(self, people: np.ndarray, stamp: float) -> None:
        """Take in whom trusted eyes follow: see `Separation.hear_people`.

        Raises RefusedInputError for a stamp of the future, by which the map's word would count no
        more.
        """
        if self._state_at == NEVER:
            return  # the robot's time is not known yet
        self._check_stamp(stamp)
        self._separation.hear_people(people, stamp)

    def on_operator(self, word: OperatorWord) -> None:
        """Take in what operators hold and press now."""
        self._operator = word

    def on_battery(self, charge: float) -> None:
        """Take in the charge, 0 to 1; one that is not finite is ignored."""
        if math.isfinite(charge):
            self._battery = charge

    def _check_stamp(self, stamp: float) -> None:
        if stamp > self._robot_time + MOST_AHEAD_S:
            raise RefusedInputError(
                f"stamped {stamp:.3f} s, the robot's time is {self._robot_time:.3f} s; a stamp up "
                f"to {MOST_AHEAD_S:g} s ahead works"
            )

    def facts(self, steady: float) -> Facts:
        """Return the facts at steady time `steady`, s; an event is told once."""
        stop_gap, slow_gap = self._separation.gaps(self._mode, self._robot_time)
        consistency = self._sensors.consistency
        left_out = not_applied(self._gate.report.unfelt)
        return Facts(
            gate=self._gate.report,
            gate_has_latched=self._gate.tell_latch(),
            gate_age=steady - self._gate.heard_at,
            limits_differ=self._gate.heard_at > NEVER and self._gate.report.bundle != self._bundle,
            state_age=steady - self._state_at,
            nodes=self._nodes.facts(self.sequence, steady),
            operator=self._operator,
            mode=self._mode,
            capture_margin=self._capture_margin,
            frames_age=self._frames.age(self._robot_time, steady),
            map_age=self._map.age(self._robot_time, steady),
            gaps=GapFacts(stop=stop_gap, slow=slow_gap),
            tilt=self._sensors.tilt,
            faults=SensorFaults(
                sensor=self._sensors.fault,
                body="" if Monitor.IMU_AND_LEGS in left_out else consistency.imu,
                foot="" if Monitor.FEET_AND_LEGS in left_out else consistency.foot,
                rest=consistency.rest,
            ),
            heat=HeatFacts(
                warmest=self._heat.warmest, hottest=self._heat.predicted, joint=self._heat.joint
            ),
            battery=self._battery,
        )
