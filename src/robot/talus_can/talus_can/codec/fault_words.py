# SPDX-License-Identifier: Apache-2.0
"""Says fault words in plain English, those with a bit for each fault and those with a code."""

from __future__ import annotations

from collections.abc import Mapping

_WORD_BITS = 64


def names_of_bits(word: int, names: Mapping[int, str]) -> tuple[str, ...]:
    """Return names of the bits that are set, lowest first; numbers of those without a name."""
    bits = (bit for bit in range(_WORD_BITS) if word >> bit & 1)
    return tuple(names.get(bit, f"unknown fault, bit {bit}") for bit in bits)


def names_of_code(code: int, names: Mapping[int, str]) -> tuple[str, ...]:
    """Return the name of a code in a tuple; empty for 0, its number where it has no name."""
    return (names.get(code, f"unknown fault, code {code}"),) if code else ()
