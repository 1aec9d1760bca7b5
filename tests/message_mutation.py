# SPDX-License-Identifier: Apache-2.0
"""Makes messages of any type that are almost right: the structure is known, the values are evil.

A message is changed leaf by leaf: numbers at and beyond their bounds, arrays of other lengths,
texts that are huge or mean something elsewhere, then the bytes themselves. `minimised` takes back
every change that a failure does not need.
"""

from __future__ import annotations

import copy
import math
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from rclpy.serialization import serialize_message

FLOATS = (math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1e308, -1e308, 1e-3, 1.0, -1.0, 1e6)
TEXTS = ("", "x", "odom", "base_link", "map", "32FC1", "rgb8", "<robot/>", "é\u202e", "x" * 10_000)
LENGTHS = (0, 1, 2, 3, 29, 39, 40, 41, 1000)
BOUNDS = {
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
}
_ARRAY = re.compile(r"^(?:sequence<(?P<of>.+?)(?:, \d+)?>|(?P<fixed>.+)\[(?P<size>\d+)\])$")

Place = tuple[str | int, ...]


def leaves(message: Any, above: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield where each field of a message is, those of messages within too, and its type."""
    for name, kind in message.get_fields_and_field_types().items():
        value = getattr(message, name)
        here = (*above, name)
        yield here, kind
        if "/" in kind and not _ARRAY.match(kind):
            yield from leaves(value, here)
        elif "/" in kind:
            for number in range(min(len(value), 3)):
                yield from leaves(value[number], (*here, number))


def get(message: Any, place: Place) -> Any:
    for step in place:
        message = message[step] if isinstance(step, int) else getattr(message, step)
    return message


def put(message: Any, place: Place, value: Any) -> None:
    setattr(get(message, place[:-1]), str(place[-1]), value)


def evil(chance: random.Random, kind: str, old: Any) -> Any:
    """Return another value of a field's type; the old one where nothing else is known of it."""
    array = _ARRAY.match(kind)
    if array:
        return _evil_array(chance, array, old)
    if kind in BOUNDS:
        low, high = BOUNDS[kind]
        return chance.choice((low, high, 0, 1, 7, 99, min(high, old + 1), max(low, old - 1)))
    if kind in ("double", "float"):
        value = chance.choice(FLOATS)
        return value if kind == "double" or abs(value) < 1e38 or not math.isfinite(value) else 3e38
    if kind.startswith("string"):
        return chance.choice((*TEXTS, old[: len(old) // 2], old * 2))
    if kind == "boolean":
        return not old
    if kind == "octet":
        return bytes([chance.randrange(256)])
    return old


def _evil_array(chance: random.Random, array: re.Match, old: Any) -> Any:
    kind = array["of"] or array["fixed"]
    values = list(old)
    if array["of"] and chance.random() < 0.6:
        size = chance.choice((*LENGTHS, len(values) + 1, max(len(values) - 1, 0)))
        filler = values or [_default(kind)]
        values = [
            copy.copy(filler[i % len(filler)]) for i in range(size if filler[0] is not None else 0)
        ]
    elif values and "/" not in kind:
        for _ in range(chance.randrange(1, 4)):
            place = chance.randrange(len(values))
            values[place] = evil(chance, kind, values[place])
    return values


def _default(kind: str) -> Any:
    if kind in BOUNDS:
        return 0
    return {"double": 0.0, "float": 0.0, "boolean": False, "octet": b"\0"}.get(
        kind, "" if kind.startswith("string") else None
    )


def mutated(chance: random.Random, sample: Any) -> Any:
    """Return a copy of a message with a few fields changed."""
    message = copy.deepcopy(sample)
    for _ in range(chance.randrange(1, 4)):
        places = list(leaves(message))
        if not places:
            break
        place, kind = chance.choice(places)
        put(message, place, evil(chance, kind, get(message, place)))
    return message


def spoilt(chance: random.Random, data: bytes) -> bytes:
    """Return the bytes of a message cut off, changed in places, prolonged, or noise."""
    kind = chance.randrange(4)
    if kind == 0:
        return data[: chance.randrange(len(data) + 1)]
    if kind == 1:
        return chance.randbytes(chance.randrange(200))
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 8)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
    return bytes(changed) + (chance.randbytes(chance.randrange(200)) if kind == 2 else b"")


def evil_bytes(chance: random.Random, sample: Any) -> bytes:
    """Return the bytes of a mutated message, one in four spoilt."""
    data = bytes(serialize_message(mutated(chance, sample)))
    return spoilt(chance, data) if chance.random() < 0.25 else data


def minimised(message: Any, sample: Any, fails: Callable[[Any], bool]) -> Any:
    """Return the message with every field taken back to the sample's that the failure spares."""
    smallest = copy.deepcopy(message)
    for place, _ in list(leaves(sample)):
        trial = copy.deepcopy(smallest)
        try:
            put(trial, place, copy.deepcopy(get(sample, place)))
        except (AttributeError, IndexError):
            continue
        if fails(trial):
            smallest = trial
    return smallest


def minimised_bytes(data: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Return the shortest beginning that still fails, with zeros wherever they do as well."""
    shortest = data
    step = len(data) // 2
    while step:
        while len(shortest) > step and fails(shortest[:-step]):
            shortest = shortest[:-step]
        step //= 2
    for place in range(len(shortest)):
        trial = shortest[:place] + b"\0" + shortest[place + 1 :]
        if trial != shortest and fails(trial):
            shortest = trial
    return shortest
