# SPDX-License-Identifier: Apache-2.0
"""Keeps what arrived last from whom, and makes facts of it; knows no clock but the times it is given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from talus_core.modes import Mode
from talus_core.robot import RobotDescription
from talus_core.state import RobotState

from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.facts import Facts, GateReport, OperatorWord
from talus_safety.kernel.judge.heat import HeatModel
from talus_safety.supervision.freshness import Freshness
from talus_safety.supervision.sensors import SensorWatch
from talus_safety.supervision.separation import Separation

NEVER = float("-inf")
FRAMES = ("base", "joints")  # who says them: balance, and robot_state_publisher


@dataclass(frozen=True)
class Beat:
    """A heartbeat as received: steady time, robot_state known then, and how far behind that the sender was, in s."""

    steady: float
    sequence: int
    behind: float


class Watch:
    """`on_*` store what arrived at a steady time in s; `facts` looks at all of it."""

    def __init__(self, robot: RobotDescription, config: SupervisorConfig, bundle: str = ""):
        """`bundle`: SHA-256 of what decides, which must be the gate's too."""
        self._config, self._bundle = config, bundle
        self._sensors = SensorWatch(robot, config.period)
        self._beats: dict[str, Beat] = {}
        self._gate, self._gate_at, self._gate_has_latched = GateReport(), NEVER, False
        self._state_at = NEVER
        self._mode = Mode.LIMP
        self._capture_margin = 0.0
        self._operator = OperatorWord()
        self._separation = Separation(config)
        has_map = "map" in config.expected
        self._frames, self._map = (
            Freshness(FRAMES if has_map else ()),
            Freshness(["map"] if has_map else ()),
        )
        self._robot_time = 0.0
        self._battery = 1.0
        names, effort = robot.joint_names, robot.limits.effort
        self._heat = HeatModel(effort, names, config.continuous_torque, config.heating_s)
        self.sequence = 0  # of the newest RobotState

    def on_state(self, state: RobotState, steady: float) -> float:
        """Robot time in s since the newest state before; one that is not newer says nothing."""
        if state.sequence <= self.sequence and self._state_at > NEVER:
            return 0.0
        dt = (
            (state.sequence - self.sequence) * self._config.period
            if self._state_at > NEVER
            else 0.0
        )
        self.sequence, self._state_at = state.sequence, steady
        self._robot_time = state.time
        self._sensors.step(state)
        self._heat.step(state.effort, dt)
        return dt

    def on_gate(self, report: GateReport, steady: float) -> None:
        """The gate's account of itself."""
        self._gate_has_latched = self._gate_has_latched or (
            report.latched and not self._gate.latched
        )
        self._gate, self._gate_at = report, steady

    def on_beat(self, node: str, sequence: int, steady: float) -> None:
        """A heartbeat and the progress that it shows."""
        behind = (self.sequence - sequence) * self._config.period
        self._beats[node] = Beat(steady, self.sequence, behind)

    def on_balance(self, mode: int, capture_margin: float = 0.0) -> None:
        """What balance says that it does, and m of its margin; an unknown mode is ignored."""
        self._capture_margin = capture_margin
        if mode in Mode.__members__.values():
            self._mode = Mode(mode)

    def on_frame(
        self, source: str, stamp: float, steady: float, place: tuple[float, float] | None = None
    ) -> None:
        """A transform of `base`, at its place in odom, or `joints`, or the `map`'s elevation, stamped in robot time."""
        if source == "base" and place is not None:
            self._separation.stand_at(place, stamp)
        self._frames.hear(source, stamp, steady)
        self._map.hear(source, stamp, steady)

    def on_moving(self, bodies: np.ndarray, stamp: float) -> None:
        """What moves, as the map sees it: see `Separation.hear`."""
        self._separation.hear(bodies, stamp)

    def on_operator(self, word: OperatorWord) -> None:
        """What operators hold and press now."""
        self._operator = word

    def on_battery(self, charge: float) -> None:
        """0 to 1; one that is not finite is ignored."""
        if math.isfinite(charge):
            self._battery = charge

    def facts(self, steady: float) -> Facts:
        """At steady time `steady`; an event is told once."""
        expected = self._config.expected
        beats = {node: self._beats[node] for node in expected if node in self._beats}
        stop_gap, slow_gap = self._separation.gaps(self._mode, self._robot_time)
        has_latched, self._gate_has_latched = self._gate_has_latched, False
        return Facts(
            gate=self._gate,
            gate_has_latched=has_latched,
            gate_age=steady - self._gate_at,
            limits_differ=self._gate_at > NEVER and self._gate.bundle != self._bundle,
            state_age=steady - self._state_at,
            silence={node: steady - beat.steady for node, beat in beats.items()},
            robot_silence={node: self._robot_time_since(beat) for node, beat in beats.items()},
            behind={node: beat.behind for node, beat in beats.items()},
            absent=missing(expected, beats),
            operator=self._operator,
            mode=self._mode,
            capture_margin=self._capture_margin,
            frames_age=self._frames.age(self._robot_time, steady),
            map_age=self._map.age(self._robot_time, steady),
            stop_gap=stop_gap,
            slow_gap=slow_gap,
            tilt=self._sensors.tilt,
            sensor_fault=self._sensors.fault,
            body_fault=self._sensors.consistency.imu,
            foot_fault=self._sensors.consistency.foot,
            rest_fault=self._sensors.consistency.rest,
            warmest=self._heat.warmest,
            hottest=self._heat.predicted,
            hot_joint=self._heat.joint,
            battery=self._battery,
        )

    def _robot_time_since(self, beat: Beat) -> float:
        return (self.sequence - beat.sequence) * self._config.period


def missing(expected: Sequence[str], there: dict[str, Beat]) -> tuple[str, ...]:
    """Names that are expected and not there, in their order."""
    return tuple(node for node in expected if node not in there)
