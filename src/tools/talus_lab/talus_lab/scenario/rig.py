# SPDX-License-Identifier: Apache-2.0
"""Driver, last gate, supervisor and balance in one process, without ROS: tick by tick as their nodes work together.

Everything that decides is the code of the nodes. What is modelled is the transport: a command reaches the gate one tick
after its state, a safety/state the tick after the gate/state that caused it, heartbeats come at 20 Hz of a virtual wall
clock, which keeps real-time pace and stands in for every node's steady clock.
"""

from __future__ import annotations

import numpy as np
from talus_core.driver import DriverSetup
from talus_core.node_table import NODES
from talus_core.robot import RobotDescription
from talus_drivers.driver_config import DriverNodeConfig
from talus_drivers.gated_drives import GatedDrives
from talus_drivers.lockstep import BALANCE, LockStep
from talus_safety.config import SupervisorConfig
from talus_safety.gate import LastGate
from talus_safety.kernel.decide.supervisor import Answer, SupervisorState, Wish
from talus_simulation.mujoco_body.driver import MujocoDriver

from talus_lab.bench.rig import MODEL_ERROR, OPEN
from talus_lab.scenario.processes import Balance, Operator, Perception, Process, Safety
from talus_lab.scenario.visitor import Visitor

WAKE_S = 0.01  # of the virtual wall, while simulated time waits
BALANCE_STATE_EVERY_S, BATTERY_EVERY_S = 0.02, 1.0  # balance/state at 50 Hz, battery_state at 1 Hz


class SafetyRig:
    """One robot from its limp start; drive it with `tick`."""

    def __init__(self, robot: RobotDescription, seed: int = 0, period: float = 0.002, model_error: bool = True):
        """`model_error`: masses and friction differ from the model as in `bench balance`. Raises TalusError."""
        self.robot, self.period = robot, period
        self.driver = MujocoDriver(DriverSetup(robot, period, OPEN, seed, MODEL_ERROR if model_error else {}))
        self.driver.connect()
        self.faults = self.driver.faults
        config = DriverNodeConfig()
        self.lockstep = True
        self._lockstep = LockStep(
            config.step.leashes(NODES, period), config.step.silent_after_s, config.step.stuck_after_s
        )
        gate = LastGate(robot, period, config.gate)
        self.drives = GatedDrives(self.driver, gate, config.step.delay_ticks)
        self.balance = Balance(robot, period)
        self.safety = Safety(
            robot, SupervisorConfig(expected=NODES.required(with_perception=True), control_rate_hz=1.0 / period)
        )
        self.camera = Perception("camera", 0.007, round(0.1 / period))  # 10 Hz
        self.map = Perception("map", 0.041, round(0.2 / period))  # 5 Hz
        self.operator = Operator()
        self.frames_gone_until = 0.0  # s of the wall: tf is silent
        self.visitor: Visitor | None = None
        self._driver_process = Process("driver", 0.002)
        self.wall = 0.0
        self._sent = 0
        self.cut_until = 0.0  # s of the wall: nothing crosses between the driver and the others
        self._word: SupervisorState | None = None  # on its way to driver and balance
        self.level = self._heard = SupervisorState().level  # that balance acts on, or the driver where it is dead

    @property
    def sequence(self) -> int:
        """Of the tick that comes next."""
        return round(self.driver.time / self.period)

    @property
    def processes(self) -> dict[str, Process]:
        """By the name of the node."""
        all_ = (self._driver_process, self.balance, self.safety, self.camera, self.map)
        return {process.name: process for process in all_}

    @property
    def is_cut(self) -> bool:
        """The network is parted."""
        return self.wall < self.cut_until

    def ask(self, wish: Wish) -> Answer:
        """An operator's service call, answered between two ticks."""
        answer = self.safety.ask(wish)
        self._publish_safety()
        return answer

    def tick(self) -> None:
        """One control period."""
        driver, self.level = self.driver, self._heard
        state = driver.read(driver.time)
        self._driver_process.sequence = state.sequence
        self._answer(state.sequence)
        self._send(state)
        self._hear_safety()
        self._work(state.sequence)
        while self.lockstep and self._lockstep.waits_for(state.sequence, self.wall):
            self.wall += WAKE_S
            self._answer(state.sequence)
            self._work(state.sequence)
        if self.drives.step(state, driver.time) and not self.is_cut:
            self.safety.hear_gate(self.drives.decision, self.wall)
        self._publish_safety()
        driver.advance()
        self.wall += self.period

    def _send(self, state) -> None:
        if not self.is_cut:
            self.faults.states.put(state)
        for sent in self.faults.states.take(state.sequence):
            self.balance.inbox.append((sent, self.drives.standby_active))
            self.safety.hear_state(sent)
            self._sent = max(self._sent, sent.sequence)
        self._lockstep.sent(BALANCE, self._sent)
        self._lockstep.sent("safety", self._sent)
        if self._is_every(BATTERY_EVERY_S, state.sequence) and not self.is_cut:
            self.safety.watch.on_battery(float(np.float32(self.driver.battery().charge_fraction)))

    def _hear_safety(self) -> None:
        """The driver hears it before its gate steps, balance before its next state."""
        if self._word is None or self.is_cut:
            return
        permit = self.safety.permit()
        self.drives.put_permit(permit)
        if not self.balance.works(self.wall):
            self._heard = permit.level
        self._lockstep.heard("safety", permit.sequence, self._driver_process.sequence, self.wall)

    def _answer(self, tick: int) -> None:
        """Balance computes while the physics runs: its answer to a state comes in the tick after."""
        for command in self.balance.work(self.wall):
            if not self.is_cut:
                self.drives.put_command(command)
                self._lockstep.heard(BALANCE, command.sequence, tick, self.wall)
            if self._is_every(BALANCE_STATE_EVERY_S, command.sequence):
                self.safety.watch.on_balance(int(self.balance.report.mode), self.balance.capture_margin())
                self._say_frames("base", command.sequence)

    def _work(self, tick: int) -> None:
        """What the other processes do while the driver listens."""
        if self._word is not None and self.balance.works(self.wall):
            self.balance.hear_safety(self._word)
            self._heard = self._word.level
            self._word = None
        if self._is_every(BALANCE_STATE_EVERY_S, tick):
            self._say_frames("joints", tick)
        if self.map.works(self.wall):
            self._say_frames("map", self.map.sequence)
            self._say_moving()
        for process in self.processes.values():
            if isinstance(process, Perception):
                process.see(tick, self.wall)
            if process.beats(self.wall) and not (self.is_cut and process is self._driver_process):
                self.safety.watch.on_beat(process.name, process.sequence, self.wall)
                if not self.is_cut:
                    self._lockstep.heard(process.name, process.sequence, tick, self.wall)

    def _say_moving(self) -> None:
        """What the map sees of who comes; of an image the tick after."""
        bodies = self.visitor.look(self.balance.report) if self.visitor is not None else None
        if bodies is not None:
            self.safety.watch.on_moving(bodies, self.driver.time)

    def _say_frames(self, source: str, sequence: int) -> None:
        """To tf at 50 Hz, and to the map, which knows nothing new where tf is silent."""
        if self.wall >= self.frames_gone_until:
            base = self.balance.report.base if source == "base" else None
            place = None if base is None else (float(base.position[0]), float(base.position[1]))
            self.safety.watch.on_frame(source, sequence * self.period, self.wall, place)

    def _publish_safety(self) -> None:
        self.safety.watch.on_operator(self.operator.word(self.wall))
        word = self.safety.work(self.wall)
        self._word = word or self._word

    def _is_every(self, seconds: float, sequence: int) -> bool:
        return sequence % round(seconds / self.period) == 0
