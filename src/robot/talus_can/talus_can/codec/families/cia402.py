# SPDX-License-Identifier: Apache-2.0
"""Speaks to CANopen drives of profile CiA 402 by process data alone: one RPDO, two TPDOs, SYNC.

Modes: cyclic synchronous position, velocity, torque. `process_data` says what must be mapped where;
mapping it, and reading the dictionary, is not done here. Sources: CiA 301, CiA 402.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talus_can.codec.addressing import Addressed, JointLookup
from talus_can.codec.cia402_states import (
    DISABLE_VOLTAGE,
    FAULT_RESET,
    PowerState,
    control_towards_on,
    control_while_on,
    power_states,
)
from talus_can.codec.drives import Drives
from talus_can.codec.family import (
    BareFamily,
    Capabilities,
    ControlMode,
    Family,
    GainSupport,
    Order,
    ReplyKind,
    Reported,
    unsupported,
)
from talus_can.codec.feedback import NOT_HEARD, DecodedFrames, Feedback
from talus_can.codec.impedance import chosen_mode
from talus_can.codec.scaling import SignedFields, columns_of
from talus_can.codec.targets import Quantity, Targets, checked_targets
from talus_can.frames import FrameBatch, joined, make_frames
from talus_can.load import FrameShape

_TOP_ID = 0x7F
# Identifiers of CiA 301's predefined connections, above the node's own bits.
_NMT = 0x000
_SYNC = 0x080
_EMERGENCY = 0x080
_FIRST_TPDO = 0x180
_SECOND_TPDO = 0x280
_FIRST_RPDO = 0x200
_HEARTBEAT = 0x700
_START_NODE = 1
_OPERATIONAL = 5
# Least bytes of payload of what a node sends.
_LEAST_BYTES = {_EMERGENCY: 8, _FIRST_TPDO: 8, _SECOND_TPDO: 6, _HEARTBEAT: 1}
# The same by identifier / 0x80; 0 for what is none, the last for all identifiers of 29 bits.
_LEAST_TABLE = np.array([_LEAST_BYTES.get(place << 7, 0) for place in range(17)], np.uint8)
_NMT_SHIFT = 16  # a state word is the statusword with the NMT state above it
_STATUS_MASK = 0xFFFF
_TURN_RAD = 2.0 * np.pi
_PERMILLE = 1e-3
_BYTES = 8
_STATES = {
    PowerState.NOT_READY: "not ready",
    PowerState.SWITCH_ON_DISABLED: "off",
    PowerState.READY_TO_SWITCH_ON: "ready to switch on",
    PowerState.SWITCHED_ON: "switched on, without torque",
    PowerState.OPERATION_ENABLED: "on",
    PowerState.QUICK_STOP: "quick stop",
    PowerState.FAULT_REACTION: "reacting to a fault",
    PowerState.FAULT: "fault",
}
# Error codes (object 603F), the particular ones and then their classes.
_FAULTS = {
    0x2310: "over-current, continuous",
    0x2320: "short circuit",
    0x3210: "over-voltage",
    0x3220: "under-voltage",
    0x4210: "drive too hot",
    0x4310: "power stage too hot",
    0x5441: "emergency stop",
    0x6320: "parameter",
    0x7121: "motor blocked",
    0x7305: "encoder",
    0x7500: "communication",
    0x8110: "bus overrun",
    0x8120: "bus passive",
    0x8130: "no heartbeat within the watchdog's time",
    0x8140: "back from bus-off",
    0x8210: "process data of wrong length",
    0x8311: "too much torque",
    0x8400: "velocity control",
    0x8500: "position control",
    0x8611: "following error",
}
_FAULT_CLASSES = {
    0x0: "none",
    0x1: "generic",
    0x2: "current",
    0x3: "voltage",
    0x4: "temperature",
    0x5: "hardware",
    0x6: "software",
    0x7: "sensor or module",
    0x8: "monitoring",
    0x9: "external",
    0xF: "of the maker",
}


@dataclass(frozen=True)
class MappedObject:
    """Describes an object that a PDO carries.

    Attributes:
        index: Index in the object dictionary.
        bits: Its size.
        name: What it is.
    """

    index: int
    bits: int
    name: str


_CONTROLWORD = MappedObject(0x6040, 16, "controlword")
_TORQUE_OFFSET = MappedObject(0x60B2, 16, "torque offset")


@dataclass(frozen=True)
class CyclicMode:
    """Describes a cyclic synchronous mode.

    Attributes:
        number: Its number in object 6060.
        quantities: What the RPDO carries behind the controlword, in its order.
        objects: The RPDO's objects.
    """

    number: int
    quantities: tuple[Quantity, ...]
    objects: tuple[MappedObject, ...]


CYCLIC_MODES = {
    ControlMode.POSITION: CyclicMode(
        8,
        (Quantity.POSITION, Quantity.EFFORT),
        (_CONTROLWORD, MappedObject(0x607A, 32, "target position"), _TORQUE_OFFSET),
    ),
    ControlMode.VELOCITY: CyclicMode(
        9,
        (Quantity.VELOCITY, Quantity.EFFORT),
        (_CONTROLWORD, MappedObject(0x60FF, 32, "target velocity"), _TORQUE_OFFSET),
    ),
    ControlMode.EFFORT: CyclicMode(
        10, (Quantity.EFFORT,), (_CONTROLWORD, MappedObject(0x6071, 16, "target torque"))
    ),
}
TRANSMIT_OBJECTS = (
    (
        MappedObject(0x6041, 16, "statusword"),
        MappedObject(0x6064, 32, "actual position"),
        MappedObject(0x6077, 16, "actual torque"),
    ),
    (
        MappedObject(0x606C, 32, "actual velocity"),
        MappedObject(0x603F, 16, "error code"),
    ),
)


class Cia402Family(BareFamily):
    """Speaks to CiA 402 drives in one cyclic synchronous mode; see `Family`."""

    frames_of_a_drive = (FrameShape(_BYTES),) * 3
    shared_frames = (FrameShape(0),)

    def __init__(self, drives: Drives, mode: ControlMode):
        drives.check_classic("CANopen")
        drives.check_ids(1, _TOP_ID)
        self.drives = drives
        self.cyclic_mode = CYCLIC_MODES[mode]
        self.capabilities = Capabilities(
            mode,
            frozenset(self.cyclic_mode.quantities),
            GainSupport.NONE,
            ReplyKind.ON_SYNC,
            frozenset({Reported.EFFORT, Reported.STATE, Reported.FAULT}),
            frozenset({Order.ENABLE, Order.DISABLE, Order.CLEAR_FAULTS, Order.POLL}),
        )
        ids = np.asarray(drives.drive_id, np.uint32)
        self._by_id = JointLookup(drives.bus, ids)
        size = sum(item.bits for item in self.cyclic_mode.objects) // 8
        self._to = Addressed(drives, _FIRST_RPDO | ids, 0, size)
        scale = drives.scales("counts_per_turn", "rated_torque")
        rad_per_count = _TURN_RAD / scale[0]
        steps = {
            Quantity.POSITION: rad_per_count,
            Quantity.VELOCITY: rad_per_count,  # counts a second
            Quantity.EFFORT: _PERMILLE * scale[1],
        }
        quantities = self.cyclic_mode.quantities
        self._scale = SignedFields(
            np.array([steps[quantity] for quantity in quantities]),
            drives.scales(*(quantity.name.lower() for quantity in quantities)),
            [item.bits for item in self.cyclic_mode.objects[1:]],
        )
        self._rad_per_count = rad_per_count
        self._torque_step = steps[Quantity.EFFORT]
        self._empty = np.zeros((len(drives), _BYTES), np.uint8)
        buses = np.unique(np.asarray(drives.bus))
        self._syncs = make_frames(
            buses, np.full(len(buses), _SYNC), 0, 0, np.zeros((len(buses), _BYTES), np.uint8)
        )
        self._tick = joined([self._to.with_data(self._empty), self._syncs])

    @property
    def process_data(self) -> tuple[tuple[int, tuple[MappedObject, ...]], ...]:
        """Return what must be mapped: base identifier of each PDO, and its objects in order."""
        return (
            (_FIRST_RPDO, self.cyclic_mode.objects),
            (_FIRST_TPDO, TRANSMIT_OBJECTS[0]),
            (_SECOND_TPDO, TRANSMIT_OBJECTS[1]),
        )

    def command(self, targets: Targets, feedback: Feedback) -> FrameBatch:
        """Return an RPDO for each drive, and a SYNC for each bus behind them all.

        It keeps on what `feedback` says is on, and switches nothing on.
        """
        states = self._states(feedback)
        tick = self._tick
        data = tick.data.copy()
        data[: len(self.drives)] = self._payloads(targets, control_while_on(states))
        return FrameBatch(tick.bus, tick.can_id, tick.flags, tick.length, data)

    def meaning(self, frames: FrameBatch) -> Targets:
        """Return the targets that RPDOs mean."""
        joints = self._by_id.find(frames.bus, frames.can_id - _FIRST_RPDO)
        is_ours = (joints >= 0) & (frames.can_id >= _FIRST_RPDO)
        joints = joints[is_ours]
        values = np.full((len(Quantity), len(self.drives)), np.nan)
        meant = self._scale.values(self._numbers(frames.data[is_ours]), joints)
        for row, quantity in enumerate(self.cyclic_mode.quantities):
            values[quantity, joints] = meant[row]
        return Targets(values)

    def decode(self, frames: FrameBatch, feedback: Feedback) -> DecodedFrames:
        """Read process data, emergencies and heartbeats."""
        kinds = frames.can_id & ~np.uint32(_TOP_ID)
        joints = self._by_id.find(frames.bus, frames.can_id & _TOP_ID)
        least = _LEAST_TABLE[np.minimum(kinds >> 7, len(_LEAST_TABLE) - 1)]
        known = (joints >= 0) & (least > 0)
        is_whole = known & (frames.flags == 0) & (frames.length >= least)
        for kind, read in (
            (_FIRST_TPDO, self._read_first),
            (_SECOND_TPDO, self._read_second),
            (_EMERGENCY, self._read_emergency),
            (_HEARTBEAT, self._read_heartbeat),
        ):
            rows = np.flatnonzero(is_whole & (kinds == kind))
            if len(rows):
                read(frames.data[rows, :_BYTES], joints[rows], feedback)
        malformed = int(np.count_nonzero(known)) - int(np.count_nonzero(is_whole))
        return DecodedFrames(known, malformed)

    def order(
        self, order: Order, feedback: Feedback, joints: np.ndarray | None = None
    ) -> FrameBatch:
        """Return the next frames towards an order; target is where a drive stands, without torque.

        To enable takes several: node start, and the steps of the power state. A drive whose
        position is unknown gets no further than ready.
        """
        if order is Order.POLL:
            return self._syncs
        states = self._states(feedback)
        if order is Order.ENABLE:
            is_known = np.isfinite(feedback.position)
            control = np.where(is_known, control_towards_on(states), control_while_on(states))
            words = [self._held(feedback, control, joints)]
            return joined([self._starts(feedback, joints), *words, self._syncs])
        if order is Order.DISABLE:
            off = np.full(len(states), DISABLE_VOLTAGE)
            return joined([self._held(feedback, off, joints), self._syncs])
        if order is Order.CLEAR_FAULTS:
            return self._resets(feedback, states, joints)
        raise unsupported("order", order.name, self.capabilities.orders)

    def enabled(self, feedback: Feedback) -> np.ndarray:
        """Return which drives are in "operation enabled"."""
        return self._states(feedback) == PowerState.OPERATION_ENABLED

    def state_name(self, state: int) -> str:
        """Return the name of a statusword's state."""
        return _STATES[PowerState(int(power_states(np.array([state & _STATUS_MASK]))[0]))]

    def fault_names(self, fault: int) -> tuple[str, ...]:
        """Return the fault of an error code, or its class where the code has no name."""
        if not fault:
            return ()
        kind = _FAULT_CLASSES.get(fault >> 12, "of no known class")
        return (_FAULTS.get(fault, f"{kind}, code {fault:#06x}"),)

    @staticmethod
    def _states(feedback: Feedback) -> np.ndarray:
        status = np.where(feedback.state == NOT_HEARD, 0, feedback.state & _STATUS_MASK)
        return power_states(status)

    def _payloads(self, targets: Targets, control: np.ndarray) -> np.ndarray:
        """Return the payloads of RPDOs, (n, 8)."""
        values = checked_targets(targets, self.drives.joints)
        raw = self._scale.raw(values[list(self.cyclic_mode.quantities)])
        data = self._empty.copy()
        start = 0
        for item, row in zip(self.cyclic_mode.objects, (control, *raw), strict=True):
            end = start + item.bits // 8
            data[:, start:end] = _little(row, item.bits)
            start = end
        return data

    def _held(
        self, feedback: Feedback, control: np.ndarray, joints: np.ndarray | None
    ) -> FrameBatch:
        """Return RPDOs whose target is where the drives stand."""
        values = np.zeros((len(Quantity), len(self.drives)))
        values[Quantity.POSITION] = np.nan_to_num(feedback.position)
        frames = self._to.with_data(self._payloads(Targets(values), control))
        return frames if joints is None else frames.rows(joints)

    def _starts(self, feedback: Feedback, joints: np.ndarray | None) -> FrameBatch:
        """Return the start of each node that did not say that it is operational."""
        is_started = (feedback.state >> _NMT_SHIFT == _OPERATIONAL) & (feedback.state >= 0)
        wanted = np.arange(len(self.drives)) if joints is None else np.asarray(joints)
        late = wanted[~is_started[wanted]]
        ids = np.asarray(self.drives.drive_id)[late]
        data = np.stack([np.full(len(late), _START_NODE), ids], axis=1).astype(np.uint8)
        bus = np.asarray(self.drives.bus)[late]
        return make_frames(bus, np.full(len(late), _NMT), 0, 2, data)

    def _resets(
        self, feedback: Feedback, states: np.ndarray, joints: np.ndarray | None
    ) -> FrameBatch:
        """Return the rising edge that resets a fault, for drives that have one."""
        low = np.full(len(states), DISABLE_VOLTAGE)
        high = np.where(states == PowerState.FAULT, FAULT_RESET, DISABLE_VOLTAGE)
        frames = [self._held(feedback, control, joints) for control in (low, high)]
        return joined([frames[0], self._syncs, frames[1], self._syncs])

    def _numbers(self, data: np.ndarray) -> np.ndarray:
        """Return what RPDO payloads hold behind the controlword, (k, m)."""
        rows = []
        start = self.cyclic_mode.objects[0].bits // 8
        for item in self.cyclic_mode.objects[1:]:
            end = start + item.bits // 8
            rows.append(columns_of(data[:, start:end], f"<i{item.bits // 8}")[0])
            start = end
        return np.array(rows)

    def _read_first(self, data: np.ndarray, joints: np.ndarray, feedback: Feedback) -> None:
        status = columns_of(data[:, :2], "<u2")[0].astype(np.int64)
        above = np.maximum(feedback.state[joints], 0) >> _NMT_SHIFT << _NMT_SHIFT
        feedback.state[joints] = above | status
        counts = columns_of(data[:, 2:6], "<i4")[0]
        feedback.position[joints] = counts * self._rad_per_count[joints]
        permille = columns_of(data[:, 6:8], "<i2")[0]
        feedback.effort[joints] = permille * self._torque_step[joints]
        feedback.count_replies(joints)

    def _read_second(self, data: np.ndarray, joints: np.ndarray, feedback: Feedback) -> None:
        counts = columns_of(data[:, :4], "<i4")[0]
        feedback.velocity[joints] = counts * self._rad_per_count[joints]
        feedback.fault[joints] = columns_of(data[:, 4:6], "<u2")[0].astype(np.uint64)

    def _read_emergency(self, data: np.ndarray, joints: np.ndarray, feedback: Feedback) -> None:
        feedback.fault[joints] = columns_of(data[:, :2], "<u2")[0].astype(np.uint64)

    def _read_heartbeat(self, data: np.ndarray, joints: np.ndarray, feedback: Feedback) -> None:
        status = np.maximum(feedback.state[joints], 0) & _STATUS_MASK
        feedback.state[joints] = (data[:, 0].astype(np.int64) & 0x7F) << _NMT_SHIFT | status


def _little(numbers: np.ndarray, bits: int) -> np.ndarray:
    """Return (n, bits / 8) bytes of integers (n,), lowest first."""
    return numbers.astype(f"<i{bits // 8}").view(np.uint8).reshape(-1, bits // 8)


def make(drives: Drives, mode: ControlMode | None) -> Family:
    """Return the codec; raises UnsupportedError for a mode that there is not."""
    return Cia402Family(drives, chosen_mode("cia402", mode, tuple(CYCLIC_MODES)))
