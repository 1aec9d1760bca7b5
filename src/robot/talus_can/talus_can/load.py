# SPDX-License-Identifier: Apache-2.0
"""Says how many bits frames have at worst and how busy they keep a bus; refuses a busy plan.

Worst case: after every four equal bits of what may be stuffed comes a stuff bit (ISO 11898-1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from talus_core.errors import TalusError

# Above it, a frame that was lost and sent again delays the others beyond the tick.
MOST_BUS_LOAD = 0.7
# Bits of the parts of a frame, in the order in which they are sent (ISO 11898-1).
_START = 1
_STANDARD_ID = 11 + 1  # with the bit that says that it ends here
_EXTENDED_ID = 11 + 1 + 1 + 18  # with the two bits between its parts
_CLASSIC_CONTROL = 1 + 1 + 4  # remote, reserved, length code
_EXTENDED_RESERVED = 1  # a second reserved bit
_FLEXIBLE_CONTROL = 1 + 1 + 1 + 1  # remote, FD, reserved, rate switch
_FLEXIBLE_LENGTH = 1 + 4  # sender's error state, length code: the first at the faster rate
_CLASSIC_CHECK = 15
_STUFF_COUNT = 4
_DELIMITER = 1
_TAIL = 1 + 1 + 7 + 3  # acknowledge and its delimiter, end of frame, space to the next
_STUFFED_EVERY = 4  # a stuff bit is itself the first of the next five equal bits
# Checksum of an FD frame with the stuff bits at fixed places, by the payload, bytes.
_SHORT_PAYLOAD = 16
_SHORT_CHECK = 17 + 6
_LONG_CHECK = 21 + 7


class OverloadedBusError(TalusError):
    """Says that a bus would be too busy, and which rate or number of drives would work."""


@dataclass(frozen=True)
class FrameShape:
    """Describes frames as far as the time that they take matters.

    Attributes:
        length: Bytes of payload.
        is_extended: Whether the identifier has 29 bits.
        is_flexible: Whether it is a CAN FD frame, whose data goes at the faster rate.
    """

    length: int
    is_extended: bool = False
    is_flexible: bool = False


@dataclass(frozen=True)
class BitRates:
    """Holds the bit rates of a bus, bit/s; both are equal where there is no faster one."""

    nominal: float = 1e6
    data: float = 1e6


@dataclass(frozen=True)
class FrameBits:
    """Holds the bits of a frame at worst.

    Attributes:
        nominal: Bits at the nominal rate, without stuff bits for FD.
        header_stuff: Stuff bits of an FD frame's header, at the nominal rate as well.
        data: Bits at the data rate.
    """

    nominal: int
    header_stuff: int = 0
    data: int = 0

    def seconds(self, rates: BitRates) -> float:
        """Return how long the frame keeps the bus."""
        return (self.nominal + self.header_stuff) / rates.nominal + self.data / rates.data


@dataclass(frozen=True)
class BusPlan:
    """Describes what a bus shall carry in each tick.

    Attributes:
        name: Name of the bus, for messages.
        rates: Bit rates.
        tick_rate_hz: Ticks per s.
        drives: Number of drives.
        frames_of_a_drive: What one drive and its master send in a tick, at most.
        shared_frames: What is sent once a tick for all drives, such as SYNC.
    """

    name: str
    rates: BitRates
    tick_rate_hz: float
    drives: int
    frames_of_a_drive: tuple[FrameShape, ...]
    shared_frames: tuple[FrameShape, ...] = ()


def worst_bits(shape: FrameShape) -> FrameBits:
    """Return the most bits that a frame of this shape can have, the space after it included."""
    identifier = _START + (_EXTENDED_ID if shape.is_extended else _STANDARD_ID)
    payload = 8 * shape.length
    if shape.is_flexible:
        return _flexible_bits(identifier + _FLEXIBLE_CONTROL, payload)
    control = _CLASSIC_CONTROL + (_EXTENDED_RESERVED if shape.is_extended else 0)
    stuffable = identifier + control + payload + _CLASSIC_CHECK
    return FrameBits(stuffable + _stuff_bits(stuffable) + _DELIMITER + _TAIL)


def _flexible_bits(header: int, payload: int) -> FrameBits:
    header_stuff = _stuff_bits(header)
    data = _FLEXIBLE_LENGTH + payload
    data_stuff = _stuff_bits(header + data) - header_stuff
    check = _SHORT_CHECK if payload <= 8 * _SHORT_PAYLOAD else _LONG_CHECK
    return FrameBits(
        header + _TAIL, header_stuff, data + data_stuff + _STUFF_COUNT + check + _DELIMITER
    )


def _stuff_bits(bits: int) -> int:
    return (bits - 1) // _STUFFED_EVERY


def tick_seconds(plan: BusPlan) -> float:
    """Return how long the frames of one tick keep the bus at worst, s."""
    return plan.drives * _seconds(plan.frames_of_a_drive, plan.rates) + _seconds(
        plan.shared_frames, plan.rates
    )


def full_load_rate(plan: BusPlan) -> float:
    """Return the ticks per s at which the bus would never be free, Hz."""
    return 1.0 / tick_seconds(plan)


def bus_load(plan: BusPlan) -> float:
    """Return the share of time in which the bus is busy at worst; above 1 it cannot be done."""
    return tick_seconds(plan) * plan.tick_rate_hz


def check_plan(plan: BusPlan) -> float:
    """Return the load of a bus; raises OverloadedBusError above `MOST_BUS_LOAD`."""
    load = bus_load(plan)
    if load <= MOST_BUS_LOAD:
        return load
    raise OverloadedBusError(
        f"bus {plan.name} would be busy for {load:.0%} of the time with {plan.drives} drives at "
        f"{plan.tick_rate_hz:g} Hz, and {MOST_BUS_LOAD:.0%} is the most; {_what_works(plan)}"
    )


def _what_works(plan: BusPlan) -> str:
    rate = math.floor(MOST_BUS_LOAD * full_load_rate(plan))
    budget = MOST_BUS_LOAD / plan.tick_rate_hz - _seconds(plan.shared_frames, plan.rates)
    drives = math.floor(budget / _seconds(plan.frames_of_a_drive, plan.rates))
    if drives < 1:
        return f"{rate} Hz would work"
    buses = math.ceil(plan.drives / drives)
    return f"{rate} Hz would work, or {drives} drives on each of {buses} buses"


def _seconds(shapes: Sequence[FrameShape], rates: BitRates) -> float:
    return sum(worst_bits(shape).seconds(rates) for shape in shapes)
