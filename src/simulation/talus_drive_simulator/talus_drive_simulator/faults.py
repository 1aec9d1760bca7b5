# SPDX-License-Identifier: Apache-2.0
"""Stages what can fail in wires and drives; what fails in the body is staged by the body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from talus_core.driver import Injection
from talus_core.errors import UnknownNameError
from talus_simulation.faults.catalogue import CATALOGUE, END_ALL_FAULTS, FaultRequest

from talus_drive_simulator.drive_node import DriveNode
from talus_drive_simulator.firmware.drive import DriveTrouble
from talus_drive_simulator.simulator import DriveSimulator, SimulatedBus

Undo = Callable[[], None]


@dataclass(frozen=True)
class BusFaultKind:
    """Describes one fault of wires or drives.

    Attributes:
        does: In words.
        unit: Unit of the severity; empty where it has none.
        default: Severity where none is given.
        most: Greatest severity.
    """

    does: str
    unit: str = ""
    default: float = 0.0
    most: float = 0.0


# Target of `wire`: a bus; of `servo`: a joint; empty: all.
BUS_FAULTS: dict[str, BusFaultKind] = {
    "wire.loss": BusFaultKind("frames reach nobody", "of the frames", 0.01, 1.0),
    "wire.noise": BusFaultKind("error frames end frames", "of the frames", 0.01, 1.0),
    "wire.delay": BusFaultKind("every frame is ready later", "s", 0.001, 1.0),
    "wire.cut": BusFaultKind("nothing gets through"),
    "wire.bus_off": BusFaultKind("the host's controller is off until it is restarted"),
    "servo.reboot": BusFaultKind("loses power, and is silent for", "s", 0.5, 60.0),
    "servo.mute": BusFaultKind("neither hears nor says anything"),
    "servo.swap_id": BusFaultKind("has the identifier of the next drive on its bus, which has its"),
    "servo.reverse": BusFaultKind("turns against its joint, as one that is mounted the other way"),
    "servo.scale": BusFaultKind("scales all numbers by so much more", "times", 2.0, 100.0),
    "servo.hot": BusFaultKind("its winding is as hot as", "degrees Celsius", 120.0, 300.0),
    "servo.over_current": BusFaultKind("goes off by over-current"),
    "servo.under_voltage": BusFaultKind("goes off by under-voltage"),
    "servo.encoder": BusFaultKind("goes off by its encoder"),
}
_TROUBLES = {
    "servo.over_current": DriveTrouble.OVER_CURRENT,
    "servo.under_voltage": DriveTrouble.UNDER_VOLTAGE,
    "servo.encoder": DriveTrouble.ENCODER,
}


class FaultStager:
    """Lets faults of wires and drives begin and end; passes others on to the body."""

    def __init__(self, simulator: DriveSimulator):
        """Begin without a fault."""
        self._simulator = simulator
        self._faults: list[tuple[Injection, list[Undo]]] = []

    @property
    def active(self) -> Sequence[Injection]:
        """Return the faults of wires and drives that act now, oldest first."""
        return tuple(injection for injection, _ in self._faults)

    def inject(self, request: FaultRequest) -> Injection:
        """Let a fault act from now on. Raises UnknownNameError, ValueError."""
        if request.name in CATALOGUE:
            return self._simulator.body.inject(request)
        if request.name == END_ALL_FAULTS:
            self.clear()
            return self._simulator.body.inject(request)
        if request.name not in BUS_FAULTS:
            raise UnknownNameError("fault", request.name, (*BUS_FAULTS, *CATALOGUE))
        severity = _checked(request)
        simulator = self._simulator
        if request.name.startswith("wire."):
            names = [request.target] if request.target else list(simulator.buses)
            found = [simulator.bus(name) for name in names]
            undo = [self._spoil_wire(request.name, bus, severity) for bus in found]
        else:
            names = [request.target] if request.target else [d.joint for d in simulator.drives]
            drives = [simulator.drive(name) for name in names]
            undo = [self._spoil_drive(request.name, drive, severity) for drive in drives]
        ticks = max(1, round(request.duration / simulator.period)) if request.duration else 0
        injection = Injection(
            name=request.name,
            target=request.target,
            severity=severity,
            duration=request.duration,
            tick=simulator.ticks,
            time=simulator.time,
            ends=simulator.ticks + ticks if ticks else None,
        )
        self._faults.append((injection, undo))
        return injection

    def begin_tick(self) -> None:
        """End the faults whose time is over; call it before each control period."""
        if not self._faults:
            return
        now = self._simulator.ticks
        for injection, undo in list(self._faults):
            if injection.ends is not None and injection.ends <= now:
                self._faults.remove((injection, undo))
                for end in undo:
                    end()

    def clear(self) -> None:
        """End all faults of wires and drives, the newest first."""
        while self._faults:
            for end in reversed(self._faults.pop()[1]):
                end()

    def _spoil_wire(self, name: str, bus: SimulatedBus, severity: float) -> Undo:
        faults = bus.wire.faults
        now = self._simulator.now
        if name == "wire.bus_off":
            bus.wire.drive_host_off(now)
            return partial(self._restart, bus)
        attribute = {
            "wire.loss": "loss",
            "wire.noise": "noise",
            "wire.delay": "delay",
            "wire.cut": "is_cut",
        }[name]
        setattr(faults, attribute, True if attribute == "is_cut" else severity)
        return partial(setattr, faults, attribute, False if attribute == "is_cut" else 0.0)

    def _restart(self, bus: SimulatedBus) -> None:
        bus.wire.restart_host(self._simulator.now)

    def _spoil_drive(self, name: str, drive: DriveNode, severity: float) -> Undo:
        firmware = drive.firmware
        before = firmware.spec
        if name in _TROUBLES:
            firmware.trip(_TROUBLES[name])
        elif name == "servo.reboot":
            drive.reboot(self._simulator.now, severity)
        elif name == "servo.mute":
            drive.is_mute = True
            return partial(setattr, drive, "is_mute", False)
        elif name == "servo.hot":
            self._simulator.body.warm_up(self._simulator.drives.index(drive), severity)
        elif name == "servo.reverse":
            return self._reverse(drive)
        elif name == "servo.scale":
            model = before.model
            wrong = {key: vars(model)[key] * severity for key in ("velocity", "effort")}
            firmware.rebuild(replace(before, model=replace(model, **wrong)))
            return partial(firmware.rebuild, before)
        else:
            return self._swap(drive)
        return _nothing

    def _reverse(self, drive: DriveNode) -> Undo:
        reverse = partial(self._simulator.body.reverse, self._simulator.drives.index(drive))
        reverse()
        return reverse

    def _swap(self, drive: DriveNode) -> Undo:
        neighbours = self._simulator.bus(drive.bus).drives
        other = neighbours[(neighbours.index(drive) + 1) % len(neighbours)]
        if other is drive:
            raise ValueError(f"bus {drive.bus} has one drive; swap_id needs two")
        specs = (drive.firmware.spec, other.firmware.spec)

        def exchange(first: int, second: int) -> None:
            for node, mine, theirs in (
                (drive, specs[0], specs[first]),
                (other, specs[1], specs[second]),
            ):
                ids = {"drive_id": theirs.drive_id, "reply_id": theirs.reply_id}
                node.firmware.rebuild(replace(mine, **ids))  # type: ignore[arg-type]

        exchange(1, 0)
        return partial(exchange, 0, 1)


def _checked(request: FaultRequest) -> float:
    """Return the severity that holds. Raises ValueError."""
    kind = BUS_FAULTS[request.name]
    severity = request.severity or kind.default
    if not 0.0 <= severity <= kind.most:
        allowed = f"from 0 to {kind.most:g} {kind.unit}" if kind.unit else "0: it has none"
        raise ValueError(f"severity of {request.name} is {severity:g}; it must be {allowed}")
    if not 0.0 <= request.duration < float("inf"):
        raise ValueError(f"duration of {request.name} is {request.duration}; it must be 0 or more")
    return severity


def _nothing() -> None:
    """Leave as it is what mends itself, or what the host must mend."""
