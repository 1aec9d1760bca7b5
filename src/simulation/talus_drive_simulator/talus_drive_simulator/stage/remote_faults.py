# SPDX-License-Identifier: Apache-2.0
"""Stages faults from the driver's process: those of messages here, all others in the simulator."""

from __future__ import annotations

from dataclasses import replace

from talus_core.driver import Injection
from talus_core.robot import RobotDescription
from talus_simulation.faults.catalogue import END_ALL_FAULTS, FAULT_CHANNELS, FaultRequest
from talus_simulation.faults.injector import FaultInjector

from talus_drive_simulator.stage.client import StageClient


class RemoteFaults(FaultInjector):
    """Is the faults of a body that another process simulates; see `StagedFaults`.

    Attributes:
        early: Periods that the simulator has counted before the driver began to count.
    """

    def __init__(self, robot: RobotDescription, period: float, stage: StageClient):
        """Take the robot, the control period, s, and the simulator."""
        super().__init__(robot, period, seed=0, set_charge=lambda fraction: None)
        self._stage = stage
        self.early = 0
        self._remote: tuple[Injection, ...] = ()

    @property
    def active(self) -> tuple[Injection, ...]:
        """Return the faults that act now, those of messages first."""
        return (*super().active, *map(self._counted, self._remote))

    def inject(self, request: FaultRequest) -> Injection:
        """Let a fault act from now on. Raises UnknownNameError, ValueError."""
        if request.name.partition(".")[0] in FAULT_CHANNELS:
            return super().inject(request)
        if request.name == END_ALL_FAULTS:
            super().clear()
        injection = self._stage.inject_fault(
            request.name, request.target, request.severity, request.duration
        )
        if injection.active:
            self._remote = (*self._remote, injection)
            self.log(self._counted(injection))
        else:
            self._forget(())
        return self._counted(injection)

    def clear(self) -> None:
        """End all faults."""
        super().clear()
        if self._remote:
            self._stage.inject_fault(END_ALL_FAULTS)
            self._forget(())

    def begin_tick(self, tick: int) -> None:
        """Tell which faults have ended; call it after each control period."""
        super().begin_tick(tick)
        self._forget(self._stage.faults)

    def _forget(self, now: tuple[Injection, ...]) -> None:
        """Keep the faults that act now, and tell the end of the others."""
        ended = [injection for injection in self._remote if injection not in now]
        self._remote = tuple(now)
        for injection in ended:
            self.log(replace(self._counted(injection), active=False))

    def _counted(self, injection: Injection) -> Injection:
        """Return what the simulator tells, by the driver's own count of periods."""
        return replace(
            injection,
            tick=injection.tick - self.early,
            time=injection.time - self.early * self._period,
            ends=None if injection.ends is None else injection.ends - self.early,
        )
