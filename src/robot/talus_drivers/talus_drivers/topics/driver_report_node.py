# SPDX-License-Identifier: Apache-2.0
"""Publish the driver's diagnostics: pace of time, nodes waited for, refused commands, energy."""

from __future__ import annotations

import math
import time

from rclpy.node import Node
from talus_core.driver import Diagnosed, Driver, EnergyMetered, FaultStage, Remarked
from talus_core.state import RobotState
from talus_ros.diagnostics_node import ERROR, OK, WARN, DiagnosticsPublisher
from talus_safety.kernel.decide.gate.decision import GateDecision
from talus_safety.monitors import not_applied

from talus_drivers.commands.mailbox import CommandMailbox
from talus_drivers.conversions import time_message
from talus_drivers.lockstep.lockstep import LockStep

DRIVER_REPORT_PERIOD_S = 1.0  # of the body's time


class DriverReport:
    """Publishes diagnostics and logs losses; call `tick` at the end of every tick."""

    def __init__(self, node: Node, driver: Driver):
        """Log at once what the body took otherwise than it was given."""
        self._publisher = DiagnosticsPublisher(node, hardware_id=type(driver).__name__)
        self._driver = driver
        self._every = max(1, round(DRIVER_REPORT_PERIOD_S / driver.period))
        self._cpu = time.thread_time()
        self._wall = time.monotonic()
        self._refused = 0
        self._lost: dict[str, str] = {}
        self._logger = node.get_logger()
        for remark in driver.remarks if isinstance(driver, Remarked) else ():
            self._logger.warning(remark)

    def tick(
        self, state: RobotState, decision: GateDecision, mailbox: CommandMailbox, lockstep: LockStep
    ) -> None:
        """Log at once which node is lost or back; publish once per s."""
        self._tell_losses(lockstep.lost(), state.torque_enabled)
        if state.sequence % self._every != self._every - 1:
            return
        cpu = time.thread_time()
        wall = time.monotonic()
        counters = decision.counters
        refused = counters.rejected + mailbox.malformed
        values = {
            "sequence": state.sequence,
            "real_time_factor": self._every * self._driver.period / max(wall - self._wall, 1e-9),
            "tick_cpu_ms_mean": 1e3 * (cpu - self._cpu) / self._every,
            "waits_for": ", ".join(lockstep.present()),
            "energy_j": self._driver.energy_used
            if isinstance(self._driver, EnergyMetered)
            else math.nan,
            "gate_phase": decision.phase.name,
            "commands_accepted": counters.accepted,
            "commands_rejected": refused,
            "commands_clamped": counters.clamped,
            "commands_superseded": mailbox.superseded,
            "faults": self._faults(),
            "not_judged": "; ".join(sorted(not_applied(decision.unfelt))),
            **(self._driver.diagnostics if isinstance(self._driver, Diagnosed) else {}),
        }
        level, message = self._judge(decision, lockstep, refused > self._refused)
        self._publisher.publish(time_message(state.time), level, message, values)
        self._cpu = cpu
        self._wall = wall
        self._refused = refused

    def _tell_losses(self, lost: dict[str, str], matters: bool) -> None:
        if lost == self._lost:
            return
        for name in lost.keys() - self._lost.keys():
            words = f"simulated time no longer waits for {name}: {lost[name]}"
            # Two lines: rclpy refuses one line of code that logs at two levels.
            if matters:
                self._logger.warning(words)
            else:
                self._logger.info(words)
        for name in self._lost.keys() - lost.keys():
            self._logger.info(f"simulated time waits for {name} again")
        self._lost = lost

    def _faults(self) -> str:
        """Return the faults that act now on a simulated body, with their onset in simulated s."""
        if not isinstance(self._driver, FaultStage):
            return ""
        return ", ".join(
            f"{fault.name} since {fault.time:.3f}" for fault in self._driver.faults.active
        )

    def _judge(
        self, decision: GateDecision, lockstep: LockStep, is_refusing: bool
    ) -> tuple[bytes, str]:
        if decision.latched:
            return ERROR, decision.reason
        lost = "; ".join(f"{name} {why}" for name, why in lockstep.lost().items())
        if lost:
            return WARN, f"not waiting for: {lost}"
        if is_refusing:
            return WARN, f"commands refused: {decision.reason or 'malformed'}"
        complaints = self._driver.complaints if isinstance(self._driver, Diagnosed) else ()
        if complaints:
            return WARN, "; ".join(complaints)
        return OK, decision.reason
