# SPDX-License-Identifier: Apache-2.0
"""Lets time pass for wires, firmwares and body together; knows no socket and no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from talus_core.driver import DriverSetup
from talus_core.errors import UnknownNameError

from talus_drive_simulator.body import STEP_S, BodySenses, DrivenBody
from talus_drive_simulator.drive_node import DriveNode
from talus_drive_simulator.firmware.registry import make_firmware
from talus_drive_simulator.wires.controller import Controller
from talus_drive_simulator.wires.frame import WireFrame
from talus_drive_simulator.wires.wire import HOST, Wire
from talus_drive_simulator.wiring import SimulatedWiring


@dataclass
class SimulatedBus:
    """Holds one wire with its drives.

    Attributes:
        wire: What moves the frames.
        drives: The drives on it; the first is node 1.
        inbox: Frames that reached the host and were not taken yet.
        listeners: Drives by identifier and flags of what they may hear, as far as looked up.
    """

    wire: Wire
    drives: list[DriveNode]
    inbox: list[WireFrame] = field(default_factory=list)
    listeners: dict[tuple[int, int], list[DriveNode]] = field(default_factory=dict)

    def deliver(self, sender: int, frame: WireFrame, now: float) -> None:
        """Hand a frame to all nodes but its sender."""
        if sender != HOST:
            self.inbox.append(frame)
        for drive in self._listeners(frame.can_id, frame.flags):
            if drive.number != sender:
                drive.hear(frame, now)

    def _listeners(self, can_id: int, flags: int) -> list[DriveNode]:
        """Return the drives whose filter may let such frames through."""
        found = self.listeners.get((can_id, flags))
        if found is None:
            found = [drive for drive in self.drives if drive.firmware.listens(can_id, flags)]
            self.listeners[can_id, flags] = found
        return found


class DriveSimulator:
    """Simulates all drives of a robot on their buses, and the body behind them.

    Attributes:
        buses: The buses by name.
        drives: All drives, in the order of the wiring.
        body: What they move.
        ticks: Control periods so far.
    """

    def __init__(self, setup: DriverSetup, wiring: SimulatedWiring):
        """Put the robot down limp. Raises TalusError for what cannot be simulated."""
        self.body = DrivenBody(setup, wiring.drives)
        self.buses: dict[str, SimulatedBus] = {}
        self.drives: list[DriveNode] = []
        self.ticks = 0
        self._period = setup.period
        self._steps = 0
        for number, (name, row) in enumerate(wiring.buses.items()):
            nodes = [Controller(row.queue, restarts_itself=False)]
            wire = Wire(row.rates, nodes, seed=setup.seed + number, restart_s=row.restart_s)
            self.buses[name] = SimulatedBus(wire, [])
        for wired in wiring.drives:
            bus = self.buses[wired.row.bus]
            bus.wire.nodes.append(DriveNode.controller())
            firmware = make_firmware(wired.row.family, wired.spec)
            firmware.when_set = bus.listeners.clear
            node = DriveNode(
                joint=wired.joint,
                bus=wired.row.bus,
                firmware=firmware,
                wire=bus.wire,
                number=len(bus.wire.nodes) - 1,
            )
            bus.drives.append(node)
            self.drives.append(node)

    @property
    def time(self) -> float:
        """Return the simulated time since the start, s; it never jumps back."""
        return self.ticks * self._period

    @property
    def period(self) -> float:
        """Return the control period, s."""
        return self._period

    def bus(self, name: str) -> SimulatedBus:
        """Return a bus. Raises UnknownNameError."""
        if name not in self.buses:
            raise UnknownNameError("bus", name, self.buses)
        return self.buses[name]

    def drive(self, joint: str) -> DriveNode:
        """Return the drive of a joint. Raises UnknownNameError."""
        known = {drive.joint: drive for drive in self.drives}
        if joint not in known:
            raise UnknownNameError("joint with a drive", joint, known)
        return known[joint]

    def send(self, bus: str, frames: Sequence[WireFrame]) -> None:
        """Queue frames of the host; they go over the wire as time passes."""
        wire = self.bus(bus).wire
        now = self.now
        for frame in frames:
            wire.put(HOST, frame, now)

    def take(self, bus: str) -> list[WireFrame]:
        """Return the frames that reached the host since the last call, its error frames last."""
        found = self.bus(bus)
        frames = found.inbox + found.wire.reports
        found.inbox = []
        found.wire.reports = []
        return frames

    def advance(self) -> BodySenses:
        """Let one control period pass; return what no drive reports."""
        voltage = self.body.voltage()
        for _ in range(self.body.steps_per_tick):
            self._step(voltage)
        self.ticks += 1
        return self.body.senses()

    def reset(self) -> None:
        """Put body, drives and wires back as after power-on; time and counts go on."""
        self.body.reset()
        for bus in self.buses.values():
            bus.wire.clear()
            bus.inbox.clear()
        for drive in self.drives:
            drive.reboot(self.now, 0.0)
            drive.is_mute = False

    def counts(self) -> Mapping[str, Mapping[str, float]]:
        """Return by bus what happened so far: frames, their share of time, errors and losses."""
        now = max(self.now, STEP_S)
        return {
            name: {
                "frames": bus.wire.counts.frames,
                "load": bus.wire.counts.busy_s / now,
                "destroyed": bus.wire.counts.destroyed,
                "lost": bus.wire.counts.lost,
                "lost_by_host": bus.wire.nodes[HOST].lost,
                "lost_by_drives": sum(
                    drive.lost + bus.wire.nodes[drive.number].lost for drive in bus.drives
                ),
            }
            for name, bus in self.buses.items()
        }

    @property
    def now(self) -> float:
        """Return the time of wires and firmwares, s."""
        return self._steps * STEP_S

    def _step(self, voltage: float) -> None:
        for drive, motion in zip(self.drives, self.body.motions(voltage), strict=True):
            drive.measure(motion)
        begin = self.now
        self._steps += 1
        end = self.now
        for bus in self.buses.values():
            bus.wire.run(end, bus.deliver)
        for drive in self.drives:
            drive.tick(end)
        self.body.step([drive.firmware.law(begin) for drive in self.drives])
