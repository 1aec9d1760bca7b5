# SPDX-License-Identifier: Apache-2.0
"""The way of a command from its arrival through the last gate to the drives, and the account of it on `gate/state`."""

from __future__ import annotations

from rclpy.node import Node
from talus_core.driver import Driver
from talus_core.state import JointCommand, RobotState
from talus_safety.gate import GateDecision, LastGate
from talus_safety.permit import TorquePermit

from talus_drivers import conversions
from talus_drivers.coast import Coast
from talus_drivers.mailbox import CommandMailbox
from talus_interfaces import msg

GATE_STATE_EVERY_S = 0.01  # 100 Hz, and at every change


class GatedDrives:
    """Put commands and permits in as they come; `step` once per tick.

    Attributes:
        decision: Of the last tick; None before the first.
        mailbox: What came.
    """

    def __init__(self, node: Node, driver: Driver, gate: LastGate, delay_ticks: int):
        """`delay_ticks`: from a state to the command that answers it."""
        self._driver, self._gate, self._delay = driver, gate, delay_ticks
        self._coast = Coast(driver.period)
        self._permit: TorquePermit | None = None
        self._takes_commands = True
        self._report_every = max(1, round(GATE_STATE_EVERY_S / driver.period))
        self._publisher = node.create_publisher(msg.GateState, "gate/state", 10)
        self.mailbox = CommandMailbox(len(driver.joint_names))
        self.decision: GateDecision | None = None

    @property
    def standby_active(self) -> bool:
        """The gate moves the robot by itself."""
        return self.decision is not None and self.decision.standby_active

    @property
    def is_holding(self) -> bool:
        """The drives produce torque."""
        return self.decision is not None and self.decision.command is not None

    def put_command(self, command: JointCommand) -> None:
        """As it came."""
        self.mailbox.put(command)

    def put_permit(self, permit: TorquePermit) -> None:
        """The newest word of the supervisor."""
        self._permit = permit

    def refuse_commands(self) -> None:
        """From now on, for good: the gate then sits the robot down."""
        self._takes_commands = False

    def relocated(self) -> None:
        """The simulator put the robot somewhere else."""
        self._gate.relocated()

    def step(self, state: RobotState, now: float) -> None:
        """One tick; `now`: s on the clock that counts for watchdogs."""
        command = self.mailbox.take(state.sequence - self._delay, state.sequence)
        if not self._takes_commands:
            command = None
        before, self.decision = self.decision, self._gate.step(now, state, command, self._permit)
        self._drive(self.decision, is_new=command is not None)
        if state.sequence % self._report_every == 0 or _differ(before, self.decision):
            stamp = conversions.time_message(state.time)
            self._publisher.publish(
                conversions.gate_message(self.decision, state.sequence, stamp, self.mailbox.malformed)
            )

    def _drive(self, decision: GateDecision, is_new: bool) -> None:
        if decision.command is None:
            self._driver.stop()
        else:
            self._driver.write(self._coast(decision.command, is_new or decision.standby_active))


def _differ(before: GateDecision | None, after: GateDecision) -> bool:
    return before is None or (before.phase, before.request) != (after.phase, after.request)
