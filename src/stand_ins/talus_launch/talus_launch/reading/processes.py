# SPDX-License-Identifier: Apache-2.0
"""Turns `<node>` and `<executable>` elements into processes."""

from __future__ import annotations

import shlex
from pathlib import Path

from talus_core.errors import unknown_name_message

from talus_launch.errors import LaunchError
from talus_launch.packages import package_executable
from talus_launch.plan import SIGKILL_AFTER_S, SIGTERM_AFTER_S, ProcessSpec
from talus_launch.reading.document import LaunchElement
from talus_launch.reading.parameters import read_parameters
from talus_launch.reading.scope import Scope
from talus_launch.reading.substitution import parse_template

OUTPUTS = ("screen", "log", "both", "own_log", "full")


def read_node(element: LaunchElement, scope: Scope) -> ProcessSpec:
    """Return the process of a ROS node, with its name, namespace, parameters and remappings."""
    executable = scope.expand(element.require("exec"))
    if "pkg" in element.attributes:
        package = scope.expand(element.require("pkg"))
        program = str(package_executable(package, executable, scope.environment))
    else:
        program = executable
    name = scope.expand(element.get("name", ""))
    return ProcessSpec(
        command=(*_prefix(element, scope), program, *split_command(element.get("args", ""), scope)),
        ros_arguments=(
            *split_command(element.get("ros_args", ""), scope),
            *_names(
                name,
                absolute_namespace([*scope.namespace, scope.expand(element.get("namespace", ""))]),
            ),
            *scope.remappings,
            *read_remappings(element.nested("remap"), scope),
        ),
        parameters=(*scope.parameters, *read_parameters(element.nested("param"), scope)),
        **_common(element, scope, name or executable),
    )


def read_executable(element: LaunchElement, scope: Scope) -> ProcessSpec:
    """Return the process of any program."""
    command = split_command(element.require("cmd"), scope)
    if not command:
        raise LaunchError("'cmd' is empty")
    name = scope.expand(element.get("name", "")) or Path(command[0]).name
    return ProcessSpec(
        command=(*_prefix(element, scope), *command), **_common(element, scope, name)
    )


def split_command(text: str, scope: Scope) -> tuple[str, ...]:
    """Split a command line as a shell does; a substituted value is never split."""
    values: list[str] = []

    def hold(value: str) -> str:
        values.append(value)
        return f"\0{len(values) - 1}\0"

    template = parse_template(text)
    held = "".join(
        piece if isinstance(piece, str) else hold(scope.call(piece)) for piece in template
    )
    return tuple(_restore(word, values) for word in shlex.split(held))


def _restore(word: str, values: list[str]) -> str:
    parts = word.split("\0")
    return "".join(values[int(part)] if place % 2 else part for place, part in enumerate(parts))


def absolute_namespace(parts: list[str]) -> str:
    """Return pushed namespaces and a node's own, joined; a leading slash starts anew."""
    joined = ""
    for part in parts:
        joined = part if part.startswith("/") else f"{joined}/{part}" if part else joined
    return joined.rstrip("/")


def _names(name: str, namespace: str) -> tuple[str, ...]:
    of_node = ("-r", f"__node:={name}") if name else ()
    return (*of_node, "-r", f"__ns:={namespace}") if namespace else of_node


def read_remappings(elements: list[LaunchElement], scope: Scope) -> tuple[str, ...]:
    """Return `-r from:=to` for each element with these attributes."""
    pairs = ((scope.expand(e.require("from")), scope.expand(e.require("to"))) for e in elements)
    return tuple(word for source, target in pairs for word in ("-r", f"{source}:={target}"))


def _prefix(element: LaunchElement, scope: Scope) -> tuple[str, ...]:
    return split_command(element.get("launch-prefix", ""), scope)


def _common(element: LaunchElement, scope: Scope, name: str) -> dict:
    own = {
        scope.expand(e.require("name")): scope.expand(e.require("value"))
        for e in element.nested("env")
    }
    return {
        "name": name,
        "environment": {**scope.environment, **own},
        "folder": Path(scope.expand(element.require("cwd")))
        if "cwd" in element.attributes
        else None,
        "shows_stdout": _choice(element, scope, "output", "log", OUTPUTS)
        in ("screen", "both", "full"),
        "respawns": scope.is_true(element.get("respawn", "false")),
        "respawn_delay": _seconds(element, scope, "respawn_delay", 0.0),
        "respawn_most": int(scope.expand(element.get("respawn_max_retries", "-1"))),
        "required": _choice(element, scope, "on_exit", "", ("shutdown",)) == "shutdown",
        "goes_last": "sigterm_timeout" in element.attributes,
        "sigterm_after": _seconds(element, scope, "sigterm_timeout", SIGTERM_AFTER_S),
        "sigkill_after": _seconds(element, scope, "sigkill_timeout", SIGKILL_AFTER_S),
    }


def _choice(
    element: LaunchElement, scope: Scope, attribute: str, default: str, known: tuple[str, ...]
) -> str:
    value = scope.expand(element.get(attribute, default))
    if value not in (*known, default):
        raise LaunchError(unknown_name_message(attribute, value, known))
    return value


def _seconds(element: LaunchElement, scope: Scope, attribute: str, default: float) -> float:
    text = scope.expand(element.get(attribute, str(default)))
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not value >= 0.0:
        raise LaunchError(f"{attribute} '{text}' is not a number of seconds from 0 up")
    return value
