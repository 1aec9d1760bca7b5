# SPDX-License-Identifier: Apache-2.0
"""Move the joints: the numbers of the drives and the law that each of them follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from talus_core.robot import RobotDescription, RobotDescriptionError, read_robot_file
from talus_core.state import JointCommand

from talus_simulation.faults.drives import DriveFaults


@dataclass(frozen=True)
class DriveTable:
    """Holds the numbers of all drives, each (n,), seen at the joint.

    Attributes:
        effort: N m, peak.
        torque_constant: N m/A; also V s/rad.
        resistance: ohm, of the winding.
        standby_power: W, whenever the robot is switched on.
        rotor_inertia: kg m^2.
        holding_brake: N m of dry friction while the power is cut: brakes that a spring closes.
    """

    effort: np.ndarray
    torque_constant: np.ndarray
    resistance: np.ndarray
    standby_power: np.ndarray
    rotor_inertia: np.ndarray
    holding_brake: np.ndarray | float = 0.0

    @property
    def brake_damping(self) -> np.ndarray:
        """Damping without torque, (n,), N m s/rad.

        Each winding is shorted through a resistor of its own resistance.
        """
        return self.torque_constant**2 / (2.0 * self.resistance)


def read_robot_yaml(description: RobotDescription) -> Mapping[str, Any]:
    """Read the whole robot.yaml, for what only a simulated body needs."""
    return read_robot_file(description.folder)


def read_drives(description: RobotDescription) -> DriveTable:
    """Read the entry `drives` of robot.yaml.

    Raises RobotDescriptionError where a joint has no drive.
    """
    drives = read_robot_yaml(description).get("drives", {})
    of_joint = {joint: drive for drive in drives.values() for joint in drive["joints"]}
    missing = [name for name in description.joint_names if name not in of_joint]
    if missing:
        path = description.folder / "robot.yaml"
        raise RobotDescriptionError(
            f"{path}: entry 'drives' has no drive for: {', '.join(missing)}"
        )

    def column(key: str) -> np.ndarray:
        return np.array([float(of_joint[name][key]) for name in description.joint_names])

    return DriveTable(
        effort=description.limits.effort.copy(),
        torque_constant=column("torque_constant"),
        resistance=column("resistance"),
        standby_power=column("standby"),
        rotor_inertia=column("rotor_inertia"),
        holding_brake=np.array(
            [float(of_joint[name].get("holding_brake", 0.0)) for name in description.joint_names]
        ),
    )


class DriveBank:
    """Gives effort + kp (position - q) + kd (velocity - dq), within torque and bus voltage.

    A winding at voltage v and joint speed dq gives kt (v - kt dq) / R, and |v| is at most the bus
    voltage: that is the speed-torque envelope, the same in all four quadrants.

    Attributes:
        is_cut: (n,) drives that are switched off by themselves.
    """

    def __init__(self, table: DriveTable, faults: DriveFaults | None = None):
        """Begin without torque; `faults`: what is wrong with the drives; None: nothing ever is."""
        self._table = table
        self._faults = faults or DriveFaults(table.effort, 0.0)
        self._low_peak = -table.effort
        self._gain = table.torque_constant / table.resistance  # N m/V
        self._back = table.torque_constant * self._gain  # N m s/rad
        self._heat = table.resistance / table.torque_constant**2  # W/(N m)^2
        self._command: JointCommand | None = None
        self._effort, self._upper, self._lower, self._work = (
            np.zeros(len(table.effort)) for _ in range(4)
        )
        self.cut(())

    @property
    def is_enabled(self) -> bool:
        """Whether torque is on: a command was set since the last `release`."""
        return self._command is not None

    @property
    def command(self) -> JointCommand | None:
        """The command that is followed now; None without torque."""
        return self._command

    def hold(self, command: JointCommand) -> JointCommand:
        """Enable torque and follow `command` until the next.

        Returns it with the feed-forward inside the peak.
        """
        c = command
        effort = np.minimum(np.maximum(c.effort, self._low_peak), self._table.effort)
        self._command = JointCommand(
            sequence=c.sequence,
            position=c.position,
            velocity=c.velocity,
            effort=effort,
            kp=c.kp,
            kd=c.kd,
        )
        return self._command

    def release(self) -> None:
        """Switch torque off."""
        self._command = None

    def cut(self, joints: Sequence[int]) -> None:
        """Keep these without torque, whatever is commanded, until the next call."""
        self.is_cut = np.zeros(
            len(self._effort), dtype=bool
        )  # anew, so that a body sees the change by identity
        self.is_cut[list(joints)] = True
        self._cuts_any = len(joints) > 0

    def effort(self, position: np.ndarray, velocity: np.ndarray, voltage: float) -> np.ndarray:
        """Return the torques now, (n,), N m; the array is reused by the next call."""
        effort = self._effort
        work = self._work
        command = self._command
        if command is None:
            effort[:] = 0.0
            return effort
        faults = self._faults
        seen_position, seen_velocity = (
            (position, velocity) if faults.is_idle else faults.seen(position, velocity)
        )
        np.subtract(command.position, seen_position, out=effort)
        effort *= command.kp
        effort += command.effort
        np.subtract(command.velocity, seen_velocity, out=work)
        work *= command.kd
        effort += work
        if not faults.is_idle:
            faults.shape(effort)
        np.multiply(self._back, velocity, out=work)
        np.multiply(self._gain, voltage, out=self._upper)
        np.negative(self._upper, out=self._lower)
        self._upper -= work
        self._lower -= work
        np.minimum(effort, self._upper, out=effort)
        np.maximum(effort, self._lower, out=effort)
        np.minimum(effort, self._table.effort, out=effort)
        np.maximum(effort, self._low_peak, out=effort)
        if not faults.is_idle:
            faults.cut(effort)
        if self._cuts_any:
            effort[self.is_cut] = 0.0
        return effort

    def power(self, effort: np.ndarray, velocity: np.ndarray) -> float:
        """Return the power that windings take from the bus, W; negative while they brake."""
        np.multiply(self._heat, effort, out=self._work)
        self._work += velocity
        return float(np.dot(self._work, effort))
