# SPDX-License-Identifier: Apache-2.0
"""Turns `<param>` elements into ROS parameter files, with launch's rules for types."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from talus_core.errors import unknown_name_message

from talus_launch.errors import LaunchError
from talus_launch.plan import InlineParameters
from talus_launch.reading.document import LaunchElement
from talus_launch.reading.scope import FALSE, TRUE, Scope

_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?|[-+]?\.inf|\.nan")
_WORDS = ("true", "false", "True", "False")
PARAMETER_TYPES = (
    "str",
    "int",
    "float",
    "bool",
    "list_of_str",
    "list_of_int",
    "list_of_float",
    "list_of_bool",
    "yaml",
)


def read_parameters(
    elements: list[LaunchElement], scope: Scope
) -> tuple[Path | InlineParameters, ...]:
    """Return every `<param>` of a node, in order; later ones win. Raises LaunchError."""
    return tuple(_read(element, scope) for element in elements)


def _read(element: LaunchElement, scope: Scope) -> Path | InlineParameters:
    if "from" in element.attributes:
        if "name" in element.attributes:
            raise LaunchError("'name' and 'from' exclude each other")
        return _file(element, scope)
    lines = [f"    {json.dumps(name)}: {value}" for name, value in _values(element, scope, "")]
    return InlineParameters("/**:\n  ros__parameters:\n" + "\n".join(lines) + "\n")


def _file(element: LaunchElement, scope: Scope) -> Path | InlineParameters:
    path = Path(scope.expand(element.require("from")))
    if not os.path.isfile(path):
        raise LaunchError(f"parameter file '{path}' is not there")
    if scope.is_true(element.get("allow_substs", "false")):
        return InlineParameters(scope.expand(path.read_text()))
    return path


def _values(element: LaunchElement, scope: Scope, prefix: str) -> Iterator[tuple[str, str]]:
    name = prefix + scope.expand(element.require("name"))
    value = element.get("value")
    if (value is None) is not bool(element.children):
        raise LaunchError(f"parameter '{name}' needs either a value or nested parameters")
    if value is None:
        for child in element.children:
            yield from _values(child, scope, name + ".")
    else:
        if element.get("type", "").startswith("list_of_") and not value.startswith("["):
            raise LaunchError(
                f"a list of a stated type is written out ([a, b]), not '{value}'; "
                "leave the type away"
            )
        yield name, yaml_value(scope.expand(value), element.get("type"), name)


def yaml_value(text: str, kind: str | None, name: str) -> str:
    """Return a parameter's text as YAML of the type that is asked for, or else looks right."""
    if kind is None:
        looks_typed = _NUMBER.fullmatch(text) or text in _WORDS or text.startswith(("[", "'", '"'))
        return text if looks_typed else json.dumps(text, ensure_ascii=False)
    if kind not in PARAMETER_TYPES:
        raise LaunchError(unknown_name_message("parameter type", kind, PARAMETER_TYPES))
    try:
        return _typed(text, kind)
    except ValueError as error:
        raise LaunchError(f"parameter '{name}': '{text}' is not of type {kind}") from error


def _typed(text: str, kind: str) -> str:
    match kind:
        case "str":
            return json.dumps(text, ensure_ascii=False)
        case "int":
            return str(int(text))
        case "float":
            return repr(float(text)).replace("inf", ".inf").replace("nan", ".nan")
        case "bool":
            if text.lower() not in TRUE + FALSE:
                raise ValueError(text)
            return "true" if text.lower() in TRUE else "false"
    return text
