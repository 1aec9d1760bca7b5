# SPDX-License-Identifier: Apache-2.0
"""The cores of the balance and safety nodes with what makes a process of them: an inbox, a heartbeat, and ways to die.

Times are s of one virtual wall clock.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import fields

from talus_balance.controller import BalanceController, BalanceReport
from talus_balance.intent import IntentConfig, IntentKeeper
from talus_balance.model.support import margin, support_polygon
from talus_balance.scaling import config_for
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState
from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.decision import GateDecision
from talus_safety.kernel.decide.facts import GateReport, OperatorWord
from talus_safety.kernel.decide.permit import TorquePermit
from talus_safety.kernel.decide.supervisor import Answer, Supervisor, SupervisorState, Wish
from talus_safety.operation.operator_link import KEY_AT_LEAST, Hold, OperatorDevice, OperatorLink
from talus_safety.supervision.watch import Watch

HEARTBEAT_S = 0.05  # talus_ros.heartbeat_node
IDLE_S = 0.05  # talus_safety.supervisor_node: how often it judges while the driver is silent
FAST_DEPTH = 2  # talus_ros.fast_link_node


class Process:
    """Runs, hangs (its heartbeat goes on), is stopped (nothing goes on), or is dead. `sequence`: its progress."""

    def __init__(self, name: str, phase: float):
        """`phase`: s of its first heartbeat: processes do not start together."""
        self.name, self.sequence = name, 0
        self._next_beat = phase
        self._works_from = self._beats_from = 0.0
        self.died_of = ""

    def kill(self, why: str = "killed") -> None:
        """For good."""
        self.died_of, self._works_from, self._beats_from = why, math.inf, math.inf

    def stop(self, until: float) -> None:
        """SIGSTOP, until SIGCONT."""
        self._works_from = self._beats_from = max(until, self._works_from)

    def hang(self, until: float) -> None:
        """The main loop waits for something; the heartbeat's thread lives."""
        self._works_from = max(until, self._works_from)

    def works(self, wall: float) -> bool:
        """Its main loop runs."""
        return wall >= self._works_from

    def beats(self, wall: float) -> bool:
        """Whether a heartbeat is due."""
        if wall < self._next_beat:
            return False
        self._next_beat = wall + HEARTBEAT_S
        return wall >= self._beats_from


class Balance(Process):
    """As balance_node: answers every state."""

    def __init__(self, robot: RobotDescription, period: float):
        super().__init__("balance", 0.013)
        self.controller = BalanceController(robot, config_for(robot), period)
        self.keeper = IntentKeeper(IntentConfig(), period)
        self.report: BalanceReport | None = None
        self.inbox: deque[tuple[RobotState, bool]] = deque(maxlen=FAST_DEPTH)
        self.velocity = (0.0, 0.0, 0.0)
        self.now = 0.0
        self._feet = robot.feet

    def capture_margin(self) -> float:
        """m, as balance/state says it."""
        report = self.report
        if report.gait is None:
            return 0.0
        hull = support_polygon(report.sole_positions, report.sole_yaws, report.gait.in_contact, self._feet)
        return margin(report.capture_point, hull)

    def hear_safety(self, state: SupervisorState) -> None:
        """A safety/state."""
        self.keeper.safety(int(state.level), state.torque_permitted, state.rule)

    def work(self, wall: float) -> list[JointCommand]:
        """Answers to all that is in the inbox."""
        answers = []
        while self.inbox and self.works(wall):
            state, standby_active = self.inbox.popleft()
            self.now = state.time
            self.keeper.velocity(*self.velocity, state.time)
            try:
                command, self.report = self.controller.step(state, self.keeper.intent(state.time, standby_active))
            except Exception as error:  # a node that raises ends
                self.kill(f"{type(error).__name__}: {error}")
                break
            answers.append(command)
            self.sequence = state.sequence
        return answers


class Safety(Process):
    """As supervisor_node: judges when `gate/state` comes, when an operator asks, and 20 times a second in any case."""

    def __init__(self, robot: RobotDescription, config: SupervisorConfig):
        super().__init__("safety", 0.029)
        self.watch, self._supervisor = Watch(robot, config), Supervisor(config)
        self.state, self._facts = SupervisorState(), self.watch.facts(0.0)
        self._newest: RobotState | None = None
        self._passed, self._judged_at = 0.0, 0.0
        self._is_due = False

    def hear_state(self, state: RobotState) -> None:
        """The newest robot_state waits to be read."""
        self._newest = state

    def hear_gate(self, decision: GateDecision, wall: float) -> None:
        """A gate/state."""
        values = {item.name: getattr(decision, item.name) for item in fields(GateReport) if item.name != "bundle"}
        self.watch.on_gate(GateReport(**values), wall)
        self._is_due = True

    def ask(self, wish: Wish) -> Answer:
        """An operator's wish."""
        self.state, answer = self._supervisor.ask(self.state, self._facts, wish)
        self._is_due = True
        return answer

    def work(self, wall: float) -> SupervisorState | None:
        """What it publishes, if it judged."""
        if not self.works(wall) or not (self._is_due or wall - self._judged_at >= IDLE_S):
            return None
        self._is_due, self._judged_at = False, wall
        if self._newest is not None:
            self._passed += self.watch.on_state(self._newest, wall)
            self._newest = None
        self._facts = self.watch.facts(wall)
        self.state = self._supervisor.step(self.state, self._facts, self._passed)
        self._passed = 0.0
        self.sequence = self.watch.sequence
        return self.state

    def permit(self) -> TorquePermit:
        """What the driver's gate reads from the message just published."""
        state = self.state
        return TorquePermit(state.level, state.armed, state.torque_permitted, self.watch.sequence, state.rule)


class Operator:
    """An operator's device that is held, and the robot's link to it."""

    def __init__(self):
        key = bytes(KEY_AT_LEAST)
        self._link, self._device = OperatorLink(key), OperatorDevice(key)
        self._answered = b""
        self.gone_until = 0.0  # s of the wall: the device is silent

    def word(self, wall: float) -> OperatorWord:
        """What the supervisor hears of it."""
        challenge = self._link.challenge(wall)
        if challenge != self._answered and wall >= self.gone_until:
            self._answered = challenge
            self._link.hear(self._device.answer(challenge, Hold.ENABLED), wall)
        return OperatorWord(self._link.age(wall), self._link.is_released)


class Perception(Process):
    """Only the heartbeat of the camera or map node, with its progress: what safety sees of it."""

    def __init__(self, name: str, phase: float, leash: int):
        """`leash`: ticks that it is behind while it works."""
        super().__init__(name, phase)
        self._leash = leash

    def see(self, sequence: int, wall: float) -> None:
        """A state was published."""
        if self.works(wall):
            self.sequence = max(self.sequence, sequence - self._leash)
