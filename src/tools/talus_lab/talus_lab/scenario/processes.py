# SPDX-License-Identifier: Apache-2.0
"""Makes processes of the balance and safety nodes' cores: an inbox, a heartbeat, and ways to die.

Times are s of one virtual wall clock.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import fields

from talus_balance.balance_types import BalanceReport
from talus_balance.controller import BalanceController
from talus_balance.intent import IntentConfig, IntentKeeper
from talus_balance.size.scaling import config_for
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState
from talus_dynamics.support import margin, support_polygon
from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.gate.decision import GateDecision
from talus_safety.kernel.decide.gate.permit import TorquePermit
from talus_safety.kernel.decide.supervisor.facts import GateReport, OperatorWord
from talus_safety.kernel.decide.supervisor.supervisor import (
    Answer,
    Supervisor,
    SupervisorState,
    Wish,
)
from talus_safety.operation.operator_link import LEAST_KEY_BYTES, Hold, OperatorDevice, OperatorLink
from talus_safety.supervision.judgement import Judgement
from talus_safety.supervision.watch import Watch

# The nodes' own, which only a file that imports ROS may import: test_scenario.py holds them equal.
BEAT_PERIOD_S = 0.05  # 1 / rate_hz of talus_ros.heartbeat_node.HeartbeatThread
IDLE_JUDGING_PERIOD_S = 0.05  # IDLE_PERIOD_S of talus_safety.supervisor_node
INBOX_DEPTH = 2  # FAST_QOS.depth of talus_ros.fast_link_node


class NodeProcess:
    """Runs, hangs (its heartbeat goes on), is stopped (nothing goes on), or is dead.

    Attributes:
        name: Name of the node.
        sequence: Sequence number of the newest state it has processed.
        died_of: What killed it, in words; empty while it lives.
    """

    def __init__(self, name: str, phase: float):
        """Start it; `phase`: s of its first heartbeat, since processes do not start together."""
        self.name = name
        self.sequence = 0
        self.died_of = ""
        self._next_beat = phase
        self._works_from = 0.0
        self._beats_from = 0.0

    def kill(self, why: str = "killed") -> None:
        """End the process for good."""
        self.died_of = why
        self._works_from = math.inf
        self._beats_from = math.inf

    def stop(self, until: float) -> None:
        """Stop it as SIGSTOP does, and let it go on at `until`."""
        self._works_from = max(until, self._works_from)
        self._beats_from = self._works_from

    def hang(self, until: float) -> None:
        """Let its main loop wait for something, while the heartbeat's thread lives."""
        self._works_from = max(until, self._works_from)

    def works(self, wall: float) -> bool:
        """Tell whether its main loop runs."""
        return wall >= self._works_from

    def beats(self, wall: float) -> bool:
        """Tell whether a heartbeat is due, and reckon the next from now."""
        if wall < self._next_beat:
            return False
        self._next_beat = wall + BEAT_PERIOD_S
        return wall >= self._beats_from


# What may be done to a process until a time on the wall, by the name of the event.
INTERRUPTIONS: Mapping[str, Callable[[NodeProcess, float], None]] = {
    "stop": NodeProcess.stop,
    "hang": NodeProcess.hang,
}


class BalanceProcess(NodeProcess):
    """Answers every state as balance_node does."""

    def __init__(self, robot: RobotDescription, period: float):
        """Start with the node's own settings; `period`: length of a tick, s."""
        super().__init__("balance", 0.013)
        self.controller = BalanceController(robot, config_for(robot), period)
        self.keeper = IntentKeeper(IntentConfig(), period)
        self.report: BalanceReport | None = None
        self.inbox: deque[tuple[RobotState, bool]] = deque(maxlen=INBOX_DEPTH)
        self.velocity = (0.0, 0.0, 0.0)
        self.now = 0.0
        self._feet = robot.feet

    def capture_margin(self) -> float:
        """Return the capture margin that balance/state tells, m; 0 while nothing balances."""
        report = self.report
        if report is None or report.gait is None:
            return 0.0
        # The estimator has located the base wherever there is a gait.
        assert report.sole_positions is not None and report.sole_yaws is not None
        assert report.capture_point is not None
        hull = support_polygon(
            report.sole_positions, report.sole_yaws, report.gait.in_contact, self._feet
        )
        return margin(report.capture_point, hull)

    def hear_safety(self, state: SupervisorState) -> None:
        """Take the newest safety/state."""
        self.keeper.safety(int(state.level), state.torque_permitted, state.rule)

    def work(self, wall: float) -> list[JointCommand]:
        """Return the answers to all states in the inbox; `report` is then of the newest."""
        answers = []
        while self.inbox and self.works(wall):
            state, standby_active = self.inbox.popleft()
            self.now = state.time
            self.keeper.velocity(*self.velocity, state.time)
            try:
                intent = self.keeper.intent(state.time, standby_active)
                command, self.report = self.controller.step_balance(state, intent)
            except Exception as error:  # a node that raises ends
                self.kill(f"{type(error).__name__}: {error}")
                break
            answers.append(command)
            self.sequence = state.sequence
        return answers


class SafetyProcess(NodeProcess):
    """Judges as supervisor_node does.

    That is when `gate/state` comes, when an operator asks, and 20 times a second in any case.
    """

    def __init__(self, robot: RobotDescription, config: SupervisorConfig):
        """Start with nothing heard."""
        super().__init__("safety", 0.029)
        self.watch = Watch(robot, config)
        self._judgement = Judgement(
            Supervisor(config, keeps_torque=robot.keeps_torque), self.watch.facts(0.0)
        )
        self._newest: RobotState | None = None
        self._passed = 0.0
        self._judged_at = 0.0
        self._is_due = False

    @property
    def state(self) -> SupervisorState:
        """Return what was judged last."""
        return self._judgement.state

    def hear_state(self, state: RobotState) -> None:
        """Keep the newest robot_state until it is read."""
        self._newest = state

    def hear_gate(self, decision: GateDecision, wall: float) -> None:
        """Take a gate/state, which makes a judgement due."""
        values = {
            item.name: getattr(decision, item.name)
            for item in fields(GateReport)
            if item.name != "bundle"
        }
        self.watch.on_gate(GateReport(**values), wall)
        self._is_due = True

    def ask(self, wish: Wish) -> Answer:
        """Answer an operator's wish, which makes a judgement due."""
        self._is_due = True
        return self._judgement.ask(wish)

    def work(self, wall: float) -> SupervisorState | None:
        """Judge if that is due; return what is published then."""
        is_idle = wall - self._judged_at >= IDLE_JUDGING_PERIOD_S
        if not self.works(wall) or not (self._is_due or is_idle):
            return None
        self._is_due = False
        self._judged_at = wall
        if self._newest is not None:
            self._passed += self.watch.on_state(self._newest, wall)
            self._newest = None
        _, state = self._judgement.step_judgement(self.watch.facts(wall), self._passed)
        self._passed = 0.0
        self.sequence = self.watch.sequence
        return state

    def permit(self) -> TorquePermit:
        """Return what the driver's gate reads from the message just published."""
        state = self.state
        return TorquePermit(
            state.level, state.armed, state.torque_permitted, self.watch.sequence, state.rule
        )


class SimulatedOperator:
    """Holds an operator's device, to which the robot has a link.

    Attributes:
        gone_until: s of the wall until which the device is silent.
    """

    def __init__(self) -> None:
        """Take the device, and hold it."""
        key = bytes(LEAST_KEY_BYTES)
        self.gone_until = 0.0
        self._link = OperatorLink(key)
        self._device = OperatorDevice(key)
        self._answered = b""

    def word(self, wall: float) -> OperatorWord:
        """Return what the supervisor hears of the device."""
        challenge = self._link.challenge(wall)
        if challenge != self._answered and wall >= self.gone_until:
            self._answered = challenge
            answer = self._device.answer(challenge, Hold.ENABLED)
            assert answer is not None  # the challenge is one of the link's own
            self._link.hear(answer, wall)
        return OperatorWord(self._link.age(wall), self._link.is_released)


class PerceptionProcess(NodeProcess):
    """Sends the heartbeat of the camera or map node, with its progress: what safety sees of it."""

    def __init__(self, name: str, phase: float, leash: int):
        """Start it; `leash`: ticks that it is behind while it works."""
        super().__init__(name, phase)
        self._leash = leash

    def hear_state(self, sequence: int, wall: float) -> None:
        """Go on to a state that was published."""
        if self.works(wall):
            self.sequence = max(self.sequence, sequence - self._leash)
