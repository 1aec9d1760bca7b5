# SPDX-License-Identifier: Apache-2.0
"""Gives one joint of the legs after the other a small torque, and reads what the feet feel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand

from talus_can.bus.seam import BusClock
from talus_can.config import CanConfig
from talus_can.fleet.fleet import Fleet
from talus_can.fleet.group import DriveGroup
from talus_can.fleet.roll_call import DriveSetupMismatchError, joined_lines, listen
from talus_can.frames import joined
from talus_can.sensors import BodySensors
from talus_can.signs.judge import judge_shares, share_at_foot
from talus_can.signs.leg_lines import LegLine, leg_lines, weight_n
from talus_can.wires import Wires

# Of the peak: ten times the noise of the feet, a sixth of what a holding brake holds.
_TORQUE_OF_PEAK = 0.05
# By which the joint is held where it stands, of its peak: as stiff as a robot stands.
_STIFFNESS_PER_RAD = 1.0
_DAMPING_S_PER_RAD = 0.02
_RISING_TICKS = 3  # until a new torque shows: command and report take one each
_MEASURED_TICKS = 4
# Senses of the torque, one after the other: a load that grows evenly meanwhile has no part in it.
_SENSES = (1.0, -1.0, -1.0, 1.0)
_REST_TICKS = 10  # for a drive to show that it gives no torque any more
# A held joint gives way by a hundredth; one that turns further is pushed by its own drive.
_RUNS_AWAY_RAD = 0.05
_LEAST_LOAD = 0.2  # of the weight on each foot: then the ground holds it
# Of a robot at rest: five steps of 12 bits of a fast joint, ten times a gyroscope's noise.
_STILL_JOINT_RADPS = 0.1
_STILL_BASE_RADPS = 0.05
_STILL_S = 0.05
_SETTLING_S = 1.0  # a limp robot sinks into its seat meanwhile


class SignTrial:
    """Tries all joints of both legs; every other drive rests."""

    def __init__(
        self,
        *,
        robot: RobotDescription,
        fleet: Fleet,
        wires: Wires,
        clock: BusClock,
        sensors: BodySensors,
        config: CanConfig,
        period: float,
    ):
        """Take a robot whose drives are found and proven; `period`: between two commands, s."""
        self._robot = robot
        self._fleet = fleet
        self._wires = wires
        self._clock = clock
        self._sensors = sensors
        self._config = config
        self._period = period

    def run(self) -> str:
        """Try the legs; return why they were not tried, or nothing.

        Raises DriveSetupMismatchError, which names the joints that are wired or scaled otherwise.
        """
        wrenches = self._tick(None, 0.0)
        still = self._settles()
        load = np.linalg.norm(wrenches[:, :3], axis=1) / weight_n(self._robot)
        if not np.isfinite(load).all():
            return "signs of the legs were not tried: the feet feel nothing"
        if not (load >= _LEAST_LOAD).all():
            return (
                f"signs of the legs were not tried: the feet bear {load[0]:.0%} and {load[1]:.0%} "
                f"of the weight, and {_LEAST_LOAD:.0%} each would do"
            )
        if not still:
            return "signs of the legs were not tried: the robot does not lie still"
        legs = leg_lines(self._robot, self._fleet.motion()[0])
        shares = {line.joint: self._share(line) for leg in legs for line in leg}
        if wrong := judge_shares(legs, shares, self._names):
            raise DriveSetupMismatchError(joined_lines(wrong))
        return ""

    @property
    def _names(self) -> Sequence[str]:
        rows = self._config.wiring.drives
        return [
            f"joint '{joint}' (id {rows[joint].id} on bus {rows[joint].bus})"
            for joint in self._robot.joint_names
        ]

    def _share(self, line: LegLine) -> float:
        """Push a joint to and fro; return what its foot shows of it."""
        torque = _TORQUE_OF_PEAK * float(self._robot.limits.effort[line.joint])
        try:
            held = self._hold(line.joint)
            felt = [sense * self._felt(held, line, sense * torque) for sense in _SENSES]
        finally:
            self._let_go(line.joint)
        return share_at_foot(line, np.mean(felt, axis=0), torque)

    def _settles(self) -> bool:
        """Wait until nothing moves; return whether that comes."""
        still_ticks = 0
        for _ in range(round(_SETTLING_S / self._period)):
            self._tick(None, 0.0)
            turns = self._sensors.read(self._clock.now_ns).angular_velocity
            fastest = np.abs(self._fleet.motion()[1]).max()
            is_still = fastest < _STILL_JOINT_RADPS and np.abs(turns).max() < _STILL_BASE_RADPS
            still_ticks = still_ticks + 1 if is_still else 0
            if still_ticks >= _STILL_S / self._period:
                return True
        return False

    def _hold(self, joint: int) -> JointCommand:
        """Have a joint held where it stands, and return how. Raises DriveSetupMismatchError."""
        zero = np.zeros(len(self._fleet))
        peak = self._robot.limits.effort
        held = JointCommand(
            0,
            position=self._fleet.motion()[0],
            velocity=zero,
            effort=zero,
            kp=self._one(joint, _STIFFNESS_PER_RAD * float(peak[joint])),
            kd=self._one(joint, _DAMPING_S_PER_RAD * float(peak[joint])),
        )
        for _ in range(max(1, round(self._config.settings.enable_s / self._period))):
            self._tick(held, 0.0, joint, enables=True)
            if self._is_on(joint):
                return held
        raise DriveSetupMismatchError(f"can: {self._names[joint]} does not switch its torque on")

    def _felt(self, held: JointCommand, line: LegLine, torque: float) -> np.ndarray:
        """Return what the foot of a joint feels under a torque, (6,)."""
        felt = []
        for tick in range(_RISING_TICKS + _MEASURED_TICKS):
            wrenches = self._tick(held, torque, line.joint)
            gone = abs(self._fleet.motion()[0][line.joint] - held.position[line.joint])
            if not gone <= _RUNS_AWAY_RAD:
                raise DriveSetupMismatchError(
                    f"can: {self._names[line.joint]} runs away by {gone:.2f} rad when it shall "
                    "hold: its motor turns against its encoder, or its id is another's"
                )
            if tick >= _RISING_TICKS:
                felt.append(wrenches[line.foot])
        return np.mean(felt, axis=0)

    def _let_go(self, joint: int) -> None:
        for _ in range(_REST_TICKS):
            self._tick(None, 0.0)
            if not self._is_on(joint):
                return

    def _tick(
        self, held: JointCommand | None, torque: float, joint: int = 0, enables: bool = False
    ) -> np.ndarray:
        """Command one joint, or none, for a period; return what the feet feel, (2, 6)."""
        fleet = self._fleet
        every = np.ones(len(fleet), bool)
        if held is None:
            frames = fleet.each(DriveGroup.limp, every)
        else:
            moved = self._one(joint, 1.0) > 0.0
            command = held.with_(effort=self._one(joint, torque))
            frames = fleet.command(command, moved)[0]
            if enables:
                frames = joined([fleet.each(DriveGroup.enable, moved), frames])
        self._wires.send(frames)
        listen(fleet, self._wires, self._clock, self._period)
        return self._sensors.read(self._clock.now_ns).foot_wrenches

    def _is_on(self, joint: int) -> bool:
        return bool(self._fleet.enabled(np.ones(len(self._fleet), bool))[joint])

    def _one(self, joint: int, value: float) -> np.ndarray:
        values = np.zeros(len(self._fleet))
        values[joint] = value
        return values
