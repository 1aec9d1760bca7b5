# SPDX-License-Identifier: Apache-2.0
"""Take faults in, let them act and end at their ticks, and remember when each set in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import numpy as np
from talus_core.driver import Battery, Injection
from talus_core.errors import UnknownNameError
from talus_core.graph.channel import Channel, Effect
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState
from talus_safety.kernel.decide.gate.permit import TorquePermit

from talus_simulation.faults import drives as drive_faults
from talus_simulation.faults.catalogue import (
    END_ALL_FAULTS,
    FAULT_CHANNELS,
    FAULT_SENSORS,
    FaultKind,
    FaultRequest,
)
from talus_simulation.faults.channels import make_effect
from talus_simulation.faults.drives import DriveFaults
from talus_simulation.faults.power import BatteryFault, Sag, battery_fault, bus_fault
from talus_simulation.faults.sensors import EncoderFault, SensorFault, foot_fault, imu_fault
from talus_simulation.faults.signals import Bursts
from talus_simulation.faults.spoilers import SPOILERS

FOOT_TARGETS = ("left", "right")
# Of a drive that holds by itself, of its peak: the stiffest that the last gate lets through.
HOLD_STIFFNESS_PER_RAD = 10.0
HOLD_DAMPING_S_PER_RAD = 0.3


@dataclass(frozen=True)
class TorqueLever:
    """Changes the torque of `joints`: `shape` before the drives' limits, `cut` after them."""

    joints: np.ndarray
    shape: drive_faults.Shape | None = None
    cut: drive_faults.Shape | None = None


@dataclass(frozen=True)
class Levers:
    """Holds what one fault does to each part of the body, None where nothing.

    `deaf`: the bus whose joints hear no command.
    """

    sensor: SensorFault | None = None
    torque: TorqueLever | None = None
    locked: np.ndarray | None = None
    deaf: EncoderFault | None = None
    sag: Sag | None = None
    battery: BatteryFault | None = None
    charge: float | None = None
    channel: tuple[str, Effect] | None = None


class FaultInjector:
    """Stages the faults of one simulated body; without any it changes and costs nothing.

    Attributes:
        drives: What is wrong with the drives of the body.
        commands, states, permits: The channels between the driver and the nodes around it.
        log: Called with every injection at its onset and again, not active, at its end.
    """

    def __init__(
        self, robot: RobotDescription, period: float, seed: int, set_charge: Callable[[float], None]
    ):
        """Begin without a fault; `set_charge`: of the pack, 0 to 1."""
        self._robot = robot
        self._period = period
        self._seed = seed
        self._set_charge = set_charge
        self._weight = 0.0
        self.drives = DriveFaults(robot.limits.effort, period)
        self.commands: Channel[JointCommand] = Channel()
        self.states: Channel[RobotState] = Channel()
        self.permits: Channel[TorquePermit] = Channel()
        self.log: Callable[[Injection], None] = lambda injection: None
        self._count = 0
        self._tick = 0
        self._faults: list[tuple[Injection, Levers]] = []

    def fit(self, step: float, weight: float) -> None:
        """Take the body's data: `step`, s, of its physics; `weight`, N."""
        self.drives.step = step
        self._weight = weight

    @property
    def active(self) -> tuple[Injection, ...]:
        """Faults that act now, oldest first."""
        return tuple(injection for injection, _ in self._faults)

    @property
    def is_latent(self) -> bool:
        """Whether only drives fail and none has yet done what a sound one would not."""
        return (
            bool(self._faults)
            and not self.drives.shows
            and all(
                levers.sensor is None and (levers.torque is not None or levers.locked is not None)
                for _, levers in self._faults
            )
        )

    def inject(self, request: FaultRequest) -> Injection:
        """Let a fault act from the next read on. Raises UnknownNameError, ValueError."""
        tick = self._tick
        time = tick * self._period
        if request.name == END_ALL_FAULTS:
            self.clear()
            return Injection(
                name=END_ALL_FAULTS,
                target="",
                severity=0.0,
                duration=0.0,
                tick=tick,
                time=time,
                ends=tick,
                active=False,
            )
        kind, severity = request.checked()
        random = np.random.default_rng([self._seed, self._count, crc32(request.name.encode())])
        levers = self._levers(kind, severity, request.target, random)
        if kind.effect == "reboot":
            request = replace(request, duration=min(request.duration or severity, severity))
        ends = tick + max(1, round(request.duration / self._period)) if request.duration else None
        injection = Injection(
            name=kind.name,
            target=request.target,
            severity=severity,
            duration=request.duration,
            tick=tick,
            time=time,
            ends=ends,
        )
        self._count += 1
        if levers.charge is not None:
            self._set_charge(levers.charge)
        self._faults.append((injection, levers))
        self._connect()
        self.log(injection)
        return injection

    def clear(self) -> None:
        """End all faults."""
        ended = self._faults
        self._faults = []
        self._connect()
        for injection, _ in ended:
            self.log(replace(injection, active=False))

    def begin_tick(self, tick: int) -> None:
        """End the faults whose time is over; call it before the read of `tick`."""
        self._tick = tick
        if not self._faults:
            return
        over = [
            injection
            for injection, _ in self._faults
            if injection.ends is not None and injection.ends <= tick
        ]
        if over:
            self._faults = [fault for fault in self._faults if fault[0] not in over]
            self._connect()
            for injection in over:
                self.log(replace(injection, active=False))

    def sense(self, state: RobotState) -> RobotState:
        """Return what the sensors make of the true state; call it once per tick."""
        for _, levers in self._faults:
            if levers.sensor is not None:
                state = levers.sensor(state)
                fault = levers.sensor
                if isinstance(fault, EncoderFault) and not fault.on_bus:
                    self.drives.believe(fault.joints, fault.position, fault.velocity)
        return state

    def hold(self, command: JointCommand, before: JointCommand | None) -> JointCommand:
        """Return what the drives hear of a command; `before`: what they follow now."""
        for _, levers in self._faults:
            if levers.deaf is not None and np.isfinite(levers.deaf.position).all():
                command = _deaf(command, before, levers.deaf, self.drives.peak)
        return command

    def hear(self, joints: Sequence[int]) -> list[int]:
        """Return those of `joints` whose drives are not deaf."""
        deaf = {
            int(joint)
            for _, levers in self._faults
            if levers.deaf is not None
            for joint in levers.deaf.joints
        }
        return [joint for joint in joints if joint not in deaf]

    def sag(self) -> float:
        """Return the share of the open-circuit voltage that reaches the bus; once per tick."""
        left = 1.0
        for _, levers in self._faults:
            if levers.sag is not None:
                left *= levers.sag()
        return left

    def report(self, battery: Battery) -> Battery:
        """Return what the pack says of itself."""
        for _, levers in self._faults:
            if levers.battery is not None:
                battery = levers.battery(battery)
        return battery

    def _connect(self) -> None:
        """Hand the levers to drives and channels."""
        self.drives.clear()
        channels: dict[str, Channel[Any]] = {
            "command": self.commands,
            "state": self.states,
            "permit": self.permits,
        }
        for channel in channels.values():
            channel.effects = []
        for _, levers in self._faults:
            if levers.torque is not None:
                torque = levers.torque
                self.drives.add(torque.joints, torque.shape, torque.cut)
            if levers.locked is not None:
                self.drives.lock(levers.locked)
            if levers.channel is not None:
                channels[levers.channel[0]].effects.append(levers.channel[1])

    def _levers(
        self, kind: FaultKind, severity: float, target: str, random: np.random.Generator
    ) -> Levers:
        component = kind.component
        effect = kind.effect
        period = self._period
        if component in FAULT_CHANNELS:
            _no_target(kind, target)
            spoilt = make_effect(
                effect=effect,
                severity=severity,
                period=period,
                spoilers=SPOILERS[component],
                random=random,
            )
            return Levers(channel=(component, spoilt))
        if component == "drive":
            return self._drive(effect, severity, self._joints(target), random)
        if component == "limb":
            return self._limb(effect, severity, self._joints(target), random)
        if component == "encoder":
            return Levers(
                EncoderFault(
                    effect=effect,
                    severity=severity,
                    joints=self._joints(target),
                    robot=self._robot,
                    period=period,
                    random=random,
                )
            )
        if component == "foot":
            return Levers(
                foot_fault(
                    effect=effect,
                    severity=severity,
                    feet=_feet(target),
                    weight=self._weight,
                    random=random,
                    period=period,
                )
            )
        _no_target(kind, target)
        if component in FAULT_SENSORS:
            return Levers(
                imu_fault(
                    component=component,
                    effect=effect,
                    severity=severity,
                    period=period,
                    random=random,
                )
            )
        if component == "bus":
            return Levers(sag=bus_fault(effect, severity, period, random))
        if effect == "drained":
            return Levers(charge=severity)
        return Levers(battery=battery_fault(effect, severity, random))

    def _drive(
        self, effect: str, severity: float, joints: np.ndarray, random: np.random.Generator
    ) -> Levers:
        peak = self.drives.peak[joints]
        step = self.drives.step
        if effect == "stuck":
            return Levers(locked=joints)
        if effect == "garbage":
            shape = drive_faults.random_torque(joints, severity * peak, random)
            return Levers(torque=TorqueLever(joints, shape=shape))
        if effect == "runaway":
            torque = severity * peak * random.choice((-1.0, 1.0), len(joints))
            shape = drive_faults.constant_torque(joints, torque)
            return Levers(torque=TorqueLever(joints, shape=shape))
        encoder = None
        if effect == "reboot":
            encoder = EncoderFault(
                effect="stuck",
                severity=0.0,
                joints=joints,
                robot=self._robot,
                period=self._period,
                random=random,
            )
        cuts: dict[str, Callable[[], drive_faults.Shape]] = {
            "off": lambda: drive_faults.open_windings(joints),
            "reboot": lambda: drive_faults.open_windings(joints),
            "wrong": lambda: drive_faults.scaled(joints, 1.0 - severity),
            "slow": lambda: drive_faults.lagging(joints, severity, step),
            "delayed": lambda: drive_faults.delayed(joints, max(1, round(severity / step))),
            "intermittent": lambda: drive_faults.in_bursts(joints, Bursts(severity, step, random)),
            "overheat": lambda: drive_faults.fading(joints, peak, severity, self.drives),
        }
        return Levers(encoder, torque=TorqueLever(joints, cut=cuts[effect]()))

    def _limb(
        self, effect: str, severity: float, joints: np.ndarray, random: np.random.Generator
    ) -> Levers:
        of_encoders = {"off": "stuck", "wrong": "swapped"}.get(effect, effect)
        bus = EncoderFault(
            effect=of_encoders,
            severity=severity,
            joints=joints,
            robot=self._robot,
            period=self._period,
            random=random,
            on_bus=True,
        )
        return Levers(sensor=bus, deaf=bus if effect == "off" else None)

    def _joints(self, target: str) -> np.ndarray:
        """Return the places of a joint, of a group of joints, or of all."""
        robot = self._robot
        if not target:
            return np.arange(len(robot.joint_names))
        if target in robot.groups:
            return robot.indices(target)
        if target not in robot.joint_names:
            raise UnknownNameError("joint or group", target, (*robot.joint_names, *robot.groups))
        return np.array([robot.joint_names.index(target)])


def _feet(target: str) -> list[int]:
    if target and target not in FOOT_TARGETS:
        raise UnknownNameError("foot", target, FOOT_TARGETS)
    return [FOOT_TARGETS.index(target)] if target else [0, 1]


def _no_target(kind: FaultKind, target: str) -> None:
    if target:
        raise ValueError(f"target of {kind.name} is '{target}'; it has none, leave it empty")


def _deaf(
    command: JointCommand, before: JointCommand | None, bus: EncoderFault, peak: np.ndarray
) -> JointCommand:
    """Let joints hold where they were by their own encoders, as drives without a bus do.

    None gets torque anew.
    """
    joints = bus.joints
    position, velocity, effort, kp, kd = (
        array.copy()
        for array in (command.position, command.velocity, command.effort, command.kp, command.kd)
    )
    had_torque = before is not None and before.kd[joints].any()
    position[joints] = bus.position
    velocity[joints] = 0.0
    effort[joints] = 0.0
    kp[joints] = had_torque * HOLD_STIFFNESS_PER_RAD * peak[joints]
    kd[joints] = had_torque * HOLD_DAMPING_S_PER_RAD * peak[joints]
    return command.with_(position=position, velocity=velocity, effort=effort, kp=kp, kd=kd)
