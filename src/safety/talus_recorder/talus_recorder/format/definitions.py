# SPDX-License-Identifier: Apache-2.0
"""Builds `ros2msg` message definitions: the type's own text, then that of every type in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from talus_recorder.errors import RecorderError

SEPARATOR = "=" * 80
FIELD_LINE = re.compile(r"^\s*([A-Za-z][\w/]*)(?:<=\d+)?(?:\[[^\]]*\])?\s+[A-Za-z]\w*\b")
PRIMITIVES = {
    *("bool", "byte", "char", "float32", "float64", "string", "wstring"),
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
}


def definition(kind: str, share: Callable[[str], Path]) -> str:
    """Return the definition of `package/Type`; raises RecorderError.

    `share` gives the shared folder of a package.
    """
    texts: dict[str, str] = {}
    _gather(kind, share, texts)
    own, *others = texts.items()
    return own[1] + "".join(f"\n{SEPARATOR}\nMSG: {name}\n{text}" for name, text in others)


def _gather(kind: str, share: Callable[[str], Path], texts: dict[str, str]) -> None:
    if kind in texts:
        return
    package, name = kind.split("/")
    path = share(package) / "msg" / f"{name}.msg"
    try:
        texts[kind] = path.read_text()
    except OSError as error:
        raise RecorderError(f"no definition of {kind}: {path}: {error.strerror}") from error
    for used in used_types(texts[kind], package):
        _gather(used, share, texts)


def used_types(text: str, package: str) -> list[str]:
    """Return `package/Type` of every field that is itself a message of some `package`."""
    fields = (FIELD_LINE.match(line.split("#")[0]) for line in text.splitlines())
    names = [field[1] for field in fields if field and field[1].split("<=")[0] not in PRIMITIVES]
    return [_full(name, package) for name in dict.fromkeys(names)]


def _full(name: str, package: str) -> str:
    first, *rest = name.split("/")
    return f"{first}/{rest[-1]}" if rest else f"{package}/{name}"
