# SPDX-License-Identifier: Apache-2.0
"""Drives a robot whose joints have drives on CAN buses; see `talus_core.driver.Driver`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from talus_core.driver import Battery, DriverError, DriverSetup, checked_command
from talus_core.state import JointCommand, RobotState

from talus_can.bus.kinds import make_bus
from talus_can.bus.seam import Bus, BusClock
from talus_can.bus.steady_clock import SteadyClock
from talus_can.config import read_config
from talus_can.fleet.ages import ReplyAges
from talus_can.fleet.build import build_groups, check_loads
from talus_can.fleet.condition import Condition
from talus_can.fleet.fleet import Fleet
from talus_can.fleet.group import DriveGroup
from talus_can.fleet.roll_call import RollCall
from talus_can.fleet.ticks import TickCounter
from talus_can.fleet.torque import TorqueSwitch
from talus_can.frames import joined
from talus_can.pack import read_voltage_pack
from talus_can.sensors import AbsentSensors, BodySensors, make_sensors
from talus_can.signs.trial import SignTrial
from talus_can.wires import Wires
from talus_can.wiring import BusRow

MakeBus = Callable[[str, BusRow], Bus]
_VOLTAGE_EVERY_TICKS = 25  # 50 ms at 500 Hz; the gate smooths the voltage over longer times


class CanDriver:
    """Sends each tick's command to all drives, and gathers what they report before the next."""

    def __init__(
        self,
        setup: DriverSetup,
        make_bus: MakeBus = make_bus,
        clock: BusClock | None = None,
        sensors: BodySensors | None = None,
    ):
        """Read the configuration and plan the buses; nothing is opened.

        `make_bus`, `clock` and `sensors` stand in for real wires and time, and for the sensors of
        the configuration. Raises TalusError.
        """
        robot = setup.description
        self._robot = robot
        self._period = setup.period
        self._config = config = read_config(setup.options, robot.joint_names)
        wiring = config.wiring
        groups = build_groups(wiring, robot.joint_names, robot.limits.effort)
        loads = check_loads(wiring, groups, setup.period)
        self._clock = clock or SteadyClock()
        buses = [make_bus(name, row) for name, row in wiring.buses.items()]
        self._wires = Wires(buses, self._clock, config.settings.bus_restarts)
        self._fleet = Fleet(groups, config.settings.watchdog_s, robot.limits.effort)
        self._torque = TorqueSwitch(len(robot.joint_names), config.settings.enable_s)
        self._condition = Condition(robot.joint_names, self._fleet, config.settings, loads)
        self._sensors = sensors or make_sensors(config.settings.sensors, robot)
        self._pack = read_voltage_pack(robot)
        self._ages = ReplyAges(len(robot.joint_names))
        self._ticks = TickCounter(setup.period)
        self._state: RobotState | None = None
        self._is_open = False
        self._untried = ""

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Return the names of the joints in the order of robot.yaml."""
        return self._robot.joint_names

    @property
    def period(self) -> float:
        """Return the control period, s."""
        return self._period

    @property
    def ages(self) -> np.ndarray:
        """Return how long ago each joint's drive reported last, (n,), s."""
        return self._ages.at(self._clock.now_ns)

    @property
    def missed(self) -> np.ndarray:
        """Return the periods in which each joint's drive did not report, (n,)."""
        return self._ages.missed.copy()

    @property
    def torque_left(self) -> np.ndarray:
        """Return the share of its peak torque that each drive can still give, (n,)."""
        lost = self._is_lost(self._clock.now_ns)
        return self._condition.torque_left(lost | (self._torque.dropped & self._torque.is_wanted))

    @property
    def remarks(self) -> Sequence[str]:
        """Return what of the drives and sensors nobody watches, one line each."""
        lines = self._condition.remarks()
        if isinstance(self._sensors, AbsentSensors):
            lines.append(f"can: what IMU and feet report is {self._sensors.what}")
        elif self._untried:
            lines.append(f"can: {self._untried}")
        return lines

    @property
    def diagnostics(self) -> Mapping[str, float | str]:
        """Return the condition of buses and drives, for a reader."""
        return self._condition.values(self._wires, self.ages, self._ages.missed)

    @property
    def complaints(self) -> Sequence[str]:
        """Return what is wrong now, one line each."""
        return self._condition.complaints(
            self._wires, self._is_lost(self._clock.now_ns), self._torque.dropped
        )

    def connect(self) -> None:
        """Open the buses, find and prove every drive; all are without torque afterwards.

        Where `sign_check` asks for it, each joint of the legs gets a small one for a moment, the
        others resting. Raises DriverError, which names bus or joint, what is wrong and what would
        do.
        """
        if self._is_open:
            return
        self._wires.open()
        self._is_open = True
        try:
            self._sensors.open()
            call = RollCall(self._fleet, self._wires, self._clock, self._config)
            call.find(self.joint_names)
            call.prove()
            call.check_positions(self.joint_names, self._robot.limits)
            self._untried = self._tried_signs()
        except BaseException:
            self.close()
            raise
        self._torque.release()
        self._torque.cut((), self._clock.now_ns)
        self._torque.dropped[:] = False
        self._ages = ReplyAges(len(self.joint_names), self._clock.now_ns)
        self._ticks = TickCounter(self._period)
        self._state = None

    def read(self, now: float) -> RobotState:
        """Return the state of this period, the same however often it is read."""
        self._require_open("read")
        now_ns = self._clock.now_ns
        if not self._ticks.step(now_ns) and self._state is not None:
            return self._state
        self._fleet.take(self._wires.receive())
        self._wires.tend()
        self._ages.update(self._fleet.replies, now_ns)
        lost = self._is_lost(now_ns)
        enabled = self._enabled & ~lost
        drops = self._torque.step(enabled, self._fleet.faulty, now_ns)
        if (unsure := drops | lost).any():
            self._fleet.forget(unsure)
        self._condition.note_drops(drops)
        self._state = self._sensed(now, now_ns, lost, enabled)
        self._ask()
        return self._state

    def write(self, command: JointCommand) -> JointCommand:
        """Enable torque and apply `command`; return what the frames mean to the drives.

        A drive that is cut, dropped out or is not proven gets nothing.
        """
        self._require_open("write")
        checked_command(command, len(self.joint_names))
        fleet = self._fleet
        begins = self._torque.want(self._clock.now_ns)
        moved = self._torque.moved & fleet.proven
        frames, sent = fleet.command(command, moved)
        batches = [frames]
        if begins and (faulty := fleet.faulty).any():
            batches.insert(0, fleet.each(DriveGroup.clear, faulty & moved))
        if (due := self._torque.to_enable & moved).any():
            batches.insert(-1, fleet.each(DriveGroup.enable, due))
        self._wires.send(joined(batches))
        return sent

    def stop(self) -> None:
        """Take all torque away; `read` goes on until each drive shows it.

        Called again and again it sends nothing more: the buses have room for one frame and one
        reply of each drive in a period, and those of `read` are in it.
        """
        if self._torque.is_wanted:
            self._rest(self._everybody)
        self._torque.release()

    def cut(self, joints: Sequence[int]) -> None:
        """Take the torque of these joints away until the next call; `write` goes on with it."""
        before = self._torque.is_cut
        self._torque.cut(joints, self._clock.now_ns)
        self._rest(self._torque.is_cut & ~before)

    def close(self) -> None:
        """Take all torque away and let go of buses and sensors."""
        self._torque.release()
        self._rest(self._everybody)
        self._is_open = False
        self._sensors.close()
        self._wires.close()

    def battery(self) -> Battery:
        """Return the pack's state, by the voltage at the drives where one tells it."""
        return self._pack.at(self._fleet.voltage)

    @property
    def _everybody(self) -> np.ndarray:
        return np.ones(len(self.joint_names), bool)

    def _tried_signs(self) -> str:
        """Try the signs of the legs; return why not. Raises DriverError."""
        if not self._config.settings.sign_check:
            return "signs of the legs were not tried: sign_check is false"
        trial = SignTrial(
            robot=self._robot,
            fleet=self._fleet,
            wires=self._wires,
            clock=self._clock,
            sensors=self._sensors,
            config=self._config,
            period=self._period,
        )
        return trial.run()

    def _rest(self, chosen: np.ndarray) -> None:
        """Tell drives (n,) to rest; never raises."""
        if self._is_open and chosen.any():
            with contextlib.suppress(Exception):  # whatever it is, no caller could do more
                self._wires.send(self._fleet.each(DriveGroup.rest, chosen))

    @property
    def _enabled(self) -> np.ndarray:
        return self._fleet.enabled(self._torque.moved)

    def _is_lost(self, now_ns: int) -> np.ndarray:
        return self._ages.at(now_ns) > self._config.settings.silent_s

    def _sensed(self, now: float, now_ns: int, lost: np.ndarray, enabled: np.ndarray) -> RobotState:
        """Return what is known of this period; a lost joint stays where it was, without torque."""
        position, velocity, effort = self._fleet.motion()
        last = self._state
        unknown = ~np.isfinite(position)
        if last is not None and unknown.any():
            position[unknown] = last.position[unknown]
        still = lost | unknown
        sample = self._sensors.read(now_ns)
        return RobotState(
            sequence=self._ticks.count,
            time=now,
            steady_time_ns=now_ns,
            position=position,
            velocity=np.where(still | ~np.isfinite(velocity), 0.0, velocity),
            effort=np.where(still | ~np.isfinite(effort), 0.0, effort),
            angular_velocity=sample.angular_velocity,
            linear_acceleration=sample.linear_acceleration,
            foot_wrenches=sample.foot_wrenches,
            torque_enabled=bool(enabled.any()),
        )

    def _ask(self) -> None:
        """Have drives report that get no command, and prove those anew that dropped out."""
        fleet = self._fleet
        batches = []
        if not self._torque.is_wanted:
            batches.append(fleet.each(DriveGroup.limp, self._everybody))
            batches.append(fleet.questions(self._ticks.count))
        if self._ticks.count % _VOLTAGE_EVERY_TICKS == 0:
            batches.append(fleet.voltage_question())
        if batches:
            self._wires.send(joined(batches))

    def _require_open(self, verb: str) -> None:
        if not self._is_open:
            raise DriverError(f"can: {verb} before connect")
