# SPDX-License-Identifier: Apache-2.0
"""Runs driver, last gate, supervisor and balance in one process, tick by tick as their nodes do.

Everything that decides is the code of the nodes. What is modelled is the transport: a command
reaches the gate one tick after its state, a safety/state the tick after the gate/state that caused
it, heartbeats come at 20 Hz of a virtual wall clock, which keeps real-time pace and stands in for
every node's steady clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from talus_core.driver import DriverSetup
from talus_core.errors import RefusedInputError
from talus_core.graph.node_table import NODES
from talus_core.robot import RobotDescription
from talus_core.state import RobotState
from talus_core.words.stop_levels import StopLevel
from talus_drivers.commands.gated_drives import GatedDrives
from talus_drivers.driver_config import DriverNodeConfig
from talus_drivers.lockstep.lockstep import BALANCE_NODE, LockStep
from talus_estimation.estimator import BaseEstimate
from talus_safety.config import SupervisorConfig
from talus_safety.gate import LastGate
from talus_safety.kernel.decide.gate.decision import GateDecision
from talus_safety.kernel.decide.supervisor.supervisor import Answer, SupervisorState, Wish
from talus_simulation.faults.injector import FaultInjector
from talus_simulation.mujoco_body.driver import MujocoDriver

from talus_lab.rig.bounds import OPEN_WORLD, TICK_S
from talus_lab.rig.rig import MODEL_ERROR, RigBody
from talus_lab.scenario.processes import (
    BalanceProcess,
    NodeProcess,
    PerceptionProcess,
    SafetyProcess,
    SimulatedOperator,
)
from talus_lab.scenario.visitor import Visitor

WALL_STEP_S = 0.01  # of the virtual wall, while simulated time waits
BALANCE_STATE_PERIOD_S = 0.02  # balance/state at 50 Hz
BATTERY_STATE_PERIOD_S = 1.0  # battery_state at 1 Hz
CAMERA_PERIOD_S = 0.1  # the contract's 10 Hz
MAP_PERIOD_S = 0.2  # the contract's 5 Hz of map/elevation


class _Nodes:
    """Holds the processes of the stack, besides the driver's loop, which is the rig's own."""

    def __init__(self, robot: RobotDescription, period: float):
        config = SupervisorConfig(perception=True, control_rate_hz=1.0 / period)
        self.driver = NodeProcess("driver", 0.002)
        self.balance = BalanceProcess(robot, period)
        self.safety = SafetyProcess(robot, config)
        self.camera = PerceptionProcess("camera", 0.007, round(CAMERA_PERIOD_S / period))
        self.map = PerceptionProcess("map", 0.041, round(MAP_PERIOD_S / period))

    def by_name(self) -> dict[str, NodeProcess]:
        all_ = (self.driver, self.balance, self.safety, self.camera, self.map)
        return {process.name: process for process in all_}


@dataclass
class Silences:
    """Holds until when something cannot be heard, s of the wall.

    Attributes:
        network_until: Nothing crosses between the driver and the others.
        frames_until: No node publishes tf.
    """

    network_until: float = 0.0
    frames_until: float = 0.0


class StagedBody(RigBody, Protocol):
    """Is a simulated body in which faults are staged, and which tells what touches the ground."""

    @property
    def faults(self) -> FaultInjector:
        """Return the faults of the body and of the channels to it."""

    @property
    def qpos(self) -> np.ndarray:
        """Return the generalised positions of the scene, (nq,), rad and m."""

    def touching(self) -> Mapping[str, float]:
        """Return the links, but the feet, that touch the ground, with N each."""


class SafetyRig:
    """Holds one robot from its limp start; drive it with `tick`.

    Attributes:
        lockstep: Simulated time waits for the nodes; false: it runs on, as on hardware.
        level: Level of the stop ladder that balance acts on, or the driver where balance is dead.
        wall: The virtual wall clock, s.
        visitor: A person who comes near, if there is one.
    """

    def __init__(
        self,
        robot: RobotDescription,
        seed: int = 0,
        period: float = TICK_S,
        model_error: bool = True,
        body: StagedBody | None = None,
    ):
        """Put the robot down, limp.

        Args:
            robot: The robot.
            seed: Seed of noise and model error.
            period: Length of a tick, s.
            model_error: Masses and friction differ from the model as in `bench balance`.
            body: Another body than that of the driver `mujoco`, of this period; it comes with seed
                and errors of its own.

        Raises:
            TalusError: For a world that cannot be used, or a body that cannot be connected.
        """
        self.period = period
        options = MODEL_ERROR if model_error else {}
        self.driver: StagedBody = body or MujocoDriver(
            DriverSetup(robot, period, OPEN_WORLD, seed, options)
        )
        self.driver.connect()
        config = DriverNodeConfig()
        self.lockstep = True
        self._lockstep = LockStep(
            config.step.leashes(NODES, period),
            config.step.silent_after_s,
            config.step.stuck_after_s,
        )
        gate = LastGate(robot, period, config.gate)
        self.drives = GatedDrives(self.driver, gate, config.step.delay_ticks)
        self._nodes = _Nodes(robot, period)
        self.operator = SimulatedOperator()
        self.silences = Silences()
        self.visitor: Visitor | None = None
        self.wall = 0.0
        self._sent = 0
        self._word: SupervisorState | None = None  # on its way to driver and balance
        self.level: StopLevel = SupervisorState().level
        self._heard = self.level

    @property
    def sequence(self) -> int:
        """Return the number of the next tick."""
        return round(self.driver.time / self.period)

    @property
    def faults(self) -> FaultInjector:
        """Return the faults of the body and of the channels to it."""
        return self.driver.faults

    @property
    def balance(self) -> BalanceProcess:
        """Return the process that answers states."""
        return self._nodes.balance

    @property
    def safety(self) -> SafetyProcess:
        """Return the process that judges."""
        return self._nodes.safety

    @property
    def processes(self) -> dict[str, NodeProcess]:
        """Return all processes by the names of their nodes."""
        return self._nodes.by_name()

    @property
    def decision(self) -> GateDecision:
        """Return what the last gate did in the tick before; asked for after the first tick."""
        decision = self.drives.decision
        assert decision is not None  # every tick makes one
        return decision

    @property
    def is_cut(self) -> bool:
        """Whether the network is parted now."""
        return self.wall < self.silences.network_until

    def ask(self, wish: Wish) -> Answer:
        """Answer an operator's service call between two ticks."""
        answer = self.safety.ask(wish)
        self._publish_safety()
        return answer

    def tick(self) -> None:
        """Run one control period."""
        driver = self.driver
        self.level = self._heard
        state = driver.read(driver.time)
        self._nodes.driver.sequence = state.sequence
        self._answer(state.sequence)
        self._send(state)
        self._hear_safety()
        self._work(state.sequence)
        while self.lockstep and self._lockstep.waits_for(state.sequence, self.wall):
            self.wall += WALL_STEP_S
            self._answer(state.sequence)
            self._work(state.sequence)
        if self.drives.step_drives(state, driver.time) and not self.is_cut:
            self.safety.hear_gate(self.decision, self.wall)
        self._publish_safety()
        driver.advance()
        self.wall += self.period

    def _send(self, state: RobotState) -> None:
        if not self.is_cut:
            self.faults.states.put(state)
        for sent in self.faults.states.take(state.sequence):
            self.balance.inbox.append((sent, self.drives.standby_active))
            self.safety.hear_state(sent)
            self._sent = max(self._sent, sent.sequence)
        self._lockstep.sent(BALANCE_NODE, self._sent)
        self._lockstep.sent("safety", self._sent)
        if self._is_every(BATTERY_STATE_PERIOD_S, state.sequence) and not self.is_cut:
            charge = np.float32(self.driver.battery().charge_fraction)
            self.safety.watch.on_battery(float(charge))

    def _hear_safety(self) -> None:
        """Let the driver hear it before its gate steps, and balance before its next state."""
        if self._word is None or self.is_cut:
            return
        permit = self.safety.permit()
        self.drives.put_permit(permit)
        if not self.balance.works(self.wall):
            self._heard = permit.level
        driver_sequence = self._nodes.driver.sequence
        self._lockstep.heard("safety", permit.sequence, driver_sequence, self.wall)

    def _answer(self, tick: int) -> None:
        """Let balance compute while the physics runs: it answers in the tick after a state."""
        for command in self.balance.work(self.wall):
            if not self.is_cut:
                self.drives.put_command(command)
                self._lockstep.heard(BALANCE_NODE, command.sequence, tick, self.wall)
            if self._is_every(BALANCE_STATE_PERIOD_S, command.sequence):
                report = self.balance.report
                assert report is not None  # every answer brings one
                margin = self.balance.capture_margin()
                self.safety.watch.on_balance(int(report.mode), margin)
                self._say_frames("base", command.sequence, report.base)

    def _work(self, tick: int) -> None:
        """Let the other processes do what they do while the driver listens."""
        if self._word is not None and self.balance.works(self.wall):
            self.balance.hear_safety(self._word)
            self._heard = self._word.level
            self._word = None
        if self._is_every(BALANCE_STATE_PERIOD_S, tick):
            self._say_frames("joints", tick)
        if self._nodes.map.works(self.wall):
            self._say_frames("map", self._nodes.map.sequence)
            self._say_moving()
        for process in self.processes.values():
            if isinstance(process, PerceptionProcess):
                process.hear_state(tick, self.wall)
            is_unheard = self.is_cut and process is self._nodes.driver
            if process.beats(self.wall) and not is_unheard:
                self.safety.watch.on_beat(process.name, process.sequence, self.wall)
                if not self.is_cut:
                    self._lockstep.heard(process.name, process.sequence, tick, self.wall)

    def _say_moving(self) -> None:
        """Tell what the map sees of a visitor; of an image the tick after."""
        if self.visitor is None:
            return
        bodies = self.visitor.look(self.balance.report)
        if bodies is not None:
            with suppress(RefusedInputError):
                self.safety.watch.on_moving(bodies, self.driver.time)

    def _say_frames(self, source: str, sequence: int, base: BaseEstimate | None = None) -> None:
        """Speak to tf at 50 Hz, and to the map, which knows nothing new where tf is silent."""
        if self.wall >= self.silences.frames_until:
            place = None if base is None else (float(base.position[0]), float(base.position[1]))
            with suppress(RefusedInputError):  # as the node's intake does
                self.safety.watch.on_frame(source, sequence * self.period, self.wall, place)

    def _publish_safety(self) -> None:
        self.safety.watch.on_operator(self.operator.word(self.wall))
        word = self.safety.work(self.wall)
        self._word = word or self._word

    def _is_every(self, seconds: float, sequence: int) -> bool:
        return sequence % round(seconds / self.period) == 0
