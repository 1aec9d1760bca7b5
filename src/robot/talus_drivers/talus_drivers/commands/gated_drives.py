# SPDX-License-Identifier: Apache-2.0
"""Lead commands from their arrival through the last gate to the drives."""

from __future__ import annotations

from talus_core.driver import Derating, Driver, FaultStage, PartlyFelt, Simulated, SingleCut
from talus_core.graph.channel import Channel
from talus_core.state import JointCommand, RobotState
from talus_safety.gate import LastGate
from talus_safety.kernel.decide.gate.decision import GateDecision
from talus_safety.kernel.decide.gate.permit import TorquePermit
from talus_safety.kernel.judge.power import PowerReport

from talus_drivers.commands.coast import Coast
from talus_drivers.commands.mailbox import CommandMailbox

GATE_STATE_PERIOD_S = 0.01  # 100 Hz, and at every change


class GatedDrives:
    """Lets commands through the last gate; call `step_drives` every tick.

    Commands and permits are put in as they come.

    Attributes:
        decision: What the gate decided in the last tick; None before the first.
        mailbox: Commands that came and were not used yet.
    """

    def __init__(self, driver: Driver, gate: LastGate, delay_ticks: int):
        """Join `driver` and `gate`; `delay_ticks`: from a state to the command that answers it."""
        staged = driver.faults if isinstance(driver, FaultStage) else None
        self._commands: Channel[JointCommand] = staged.commands if staged else Channel()
        self._permits: Channel[TorquePermit] = staged.permits if staged else Channel()
        self._derating = driver if isinstance(driver, Derating) else None
        self._single_cut = driver if isinstance(driver, SingleCut) else None
        self._driver = driver
        self._gate = gate
        self._delay = delay_ticks
        if isinstance(driver, Simulated) and isinstance(driver, PartlyFelt):
            gate.leave_out(driver.unfelt)
        self._coast = Coast(driver.period)
        self._permit: TorquePermit | None = None
        self._takes_commands = True
        self._cuts = False
        self._report_every = max(1, round(GATE_STATE_PERIOD_S / driver.period))
        self.mailbox = CommandMailbox(len(driver.joint_names))
        self.decision: GateDecision | None = None

    @property
    def standby_active(self) -> bool:
        """Whether the gate moves the robot by itself."""
        return self.decision is not None and self.decision.standby_active

    @property
    def is_holding(self) -> bool:
        """Whether the drives hold up a robot that is not down yet."""
        decision = self.decision
        return decision is not None and not (decision.cuts_torque or decision.is_kept)

    def put_command(self, command: JointCommand) -> None:
        """Keep a command as it came, until its tick."""
        if self._commands.is_sound:
            self.mailbox.put(command)
        else:
            self._commands.put(command)

    def put_permit(self, permit: TorquePermit) -> None:
        """Take the newest word of the supervisor."""
        if self._permits.is_sound:
            self._permit = permit
        else:
            self._permits.put(permit)

    def refuse_commands(self) -> None:
        """Take no command from now on, for good: the gate then sits the robot down."""
        self._takes_commands = False

    def relocated(self) -> None:
        """Tell the gate that the simulator put the robot somewhere else."""
        self._gate.relocated()

    def step_drives(self, state: RobotState, now: float) -> bool:
        """Do one tick; return whether `gate/state` is due: 100 Hz, and at every change.

        `now`: s on the watchdogs' clock.
        """
        for arrived in self._commands.take(state.sequence):
            self.mailbox.put(arrived)
        for permit in self._permits.take(state.sequence):
            self._permit = permit
        taken = self.mailbox.take(state.sequence - self._delay, state.sequence)
        command = taken if self._takes_commands else None
        left = self._derating.torque_left if self._derating is not None else None
        power = PowerReport(self._driver.battery().voltage, left)
        before = self.decision
        decision = self._gate.step_gate(now, state, command, self._permit, power)
        self.decision = decision
        self._drive(decision, is_new=command is not None)
        return state.sequence % self._report_every == 0 or _differ(before, decision)

    def _drive(self, decision: GateDecision, is_new: bool) -> None:
        if (decision.cut or self._cuts) and self._single_cut is not None:
            self._single_cut.cut(decision.cut)
            self._cuts = bool(decision.cut)
        command = decision.command
        if decision.cuts_torque:
            self._driver.stop()
            return
        assert command is not None  # cuts_torque says so
        self._driver.write(self._coast(command, is_new or decision.standby_active))


def _differ(before: GateDecision | None, after: GateDecision) -> bool:
    return before is None or (before.phase, before.request) != (after.phase, after.request)
