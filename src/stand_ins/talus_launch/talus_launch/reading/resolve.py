# SPDX-License-Identifier: Apache-2.0
"""Reads a launch file with its includes, top to bottom, into a LaunchPlan."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from talus_core.errors import unknown_name_message

from talus_launch.errors import LaunchError, LaunchFileError
from talus_launch.plan import Argument, LaunchPlan, ProcessSpec
from talus_launch.reading.document import LaunchElement, read_document
from talus_launch.reading.parameters import read_parameters
from talus_launch.reading.processes import read_executable, read_node, read_remappings
from talus_launch.reading.schema import check_document
from talus_launch.reading.scope import Scope

# Deeper than any sensible file; a file that includes itself reaches it at once.
MOST_INCLUDES = 20


def resolve(file: Path, arguments: Mapping[str, str], environment: Mapping[str, str]) -> LaunchPlan:
    """Return the plan of a launch file for some arguments.

    Raises LaunchError, with file and line where there is one.
    """
    file = file.resolve()
    resolver = _Resolver()
    resolver.read_file(file, Scope(file, dict(arguments), dict(environment)))
    for name in arguments:
        if name not in resolver.arguments:
            raise LaunchError(
                unknown_name_message(f"argument of {file.name}", name, resolver.arguments)
            )
    return LaunchPlan(_with_unique_names(resolver.processes), tuple(resolver.arguments.values()))


def _with_unique_names(processes: list[ProcessSpec]) -> tuple[ProcessSpec, ...]:
    seen: Counter[str] = Counter()
    unique = []
    for spec in processes:
        seen[spec.name] += 1
        again = seen[spec.name] > 1
        unique.append(replace(spec, name=f"{spec.name}-{seen[spec.name]}") if again else spec)
    return tuple(unique)


class _Resolver:
    """Walks elements in order and collects what they ask for."""

    def __init__(self) -> None:
        self.processes: list[ProcessSpec] = []
        self.arguments: dict[str, Argument] = {}
        self._depth = 0
        self._actions: dict[str, Callable[[LaunchElement, Scope], None]] = {
            "arg": self._argument,
            "let": lambda e, s: s.variables.update(
                {s.expand(e.require("name")): s.expand(e.require("value"))}
            ),
            "group": self._group,
            "include": self._include,
            "node": lambda e, s: self.processes.append(read_node(e, s)),
            "executable": lambda e, s: self.processes.append(read_executable(e, s)),
            "set_env": lambda e, s: s.environment.update(
                {s.expand(e.require("name")): s.expand(e.require("value"))}
            ),
            "unset_env": _unset_environment,
            "append_env": _append_environment,
            "push_ros_namespace": lambda e, s: s.namespace.append(s.expand(e.require("namespace"))),
            "push-ros-namespace": lambda e, s: s.namespace.append(s.expand(e.require("namespace"))),
            "set_parameter": lambda e, s: s.parameters.extend(read_parameters([e], s)),
            "set_remap": lambda e, s: s.remappings.extend(read_remappings([e], s)),
        }

    def read_file(self, file: Path, scope: Scope) -> None:
        """Collect everything that a file asks for."""
        document = read_document(file)
        check_document(document)
        self._depth += 1
        if self._depth > MOST_INCLUDES:
            raise document.error(
                f"more than {MOST_INCLUDES} files deep: does a file include itself?"
            )
        self._walk(document.children, scope)
        self._depth -= 1

    def _walk(self, elements: list[LaunchElement], scope: Scope) -> None:
        for element in elements:
            try:
                if _applies(element, scope):
                    self._actions[element.tag](element, scope)
            except LaunchFileError:
                raise
            except (LaunchError, ValueError) as error:
                raise element.error(str(error)) from error

    def _argument(self, element: LaunchElement, scope: Scope) -> None:
        name = element.require("name")
        default = element.get("default")
        choices = tuple(choice.require("value") for choice in element.nested("choice"))
        self.arguments.setdefault(
            name, Argument(name, default, element.get("description", ""), choices)
        )
        if name not in scope.variables:
            if default is None:
                description = element.get("description", "")
                raise LaunchError(f"argument '{name}' is required: {name}:=VALUE ({description})")
            scope.variables[name] = scope.expand(default)
        if choices and scope.variables[name] not in choices:
            raise LaunchError(
                unknown_name_message(f"value of argument {name}", scope.variables[name], choices)
            )

    def _group(self, element: LaunchElement, scope: Scope) -> None:
        self._walk(
            element.children,
            scope.copy() if scope.is_true(element.get("scoped", "true")) else scope,
        )

    def _include(self, element: LaunchElement, scope: Scope) -> None:
        file = Path(scope.expand(element.require("file")))
        if not os.path.isfile(file):
            raise LaunchError(f"included file '{file}' is not there")
        given = {
            scope.expand(a.require("name")): scope.expand(a.require("value"))
            for a in element.nested("arg")
        }
        scope.variables.update(given)
        self.read_file(file, scope.within(file))


def _applies(element: LaunchElement, scope: Scope) -> bool:
    if "if" in element.attributes:
        return scope.is_true(element.attributes["if"])
    return "unless" not in element.attributes or not scope.is_true(element.attributes["unless"])


def _unset_environment(element: LaunchElement, scope: Scope) -> None:
    scope.environment.pop(scope.expand(element.require("name")), None)


def _append_environment(element: LaunchElement, scope: Scope) -> None:
    name = scope.expand(element.require("name"))
    value = scope.expand(element.require("value"))
    separator = scope.expand(element.get("separator", ":"))
    old = scope.environment.get(name)
    parts = [value] if old is None else [old, value]
    if scope.is_true(element.get("prepend", "false")):
        parts.reverse()
    scope.environment[name] = separator.join(parts)
