# SPDX-License-Identifier: Apache-2.0
"""Resolves `$(...)` by the variables that hold at a place of a launch file."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from talus_core.errors import unknown_name_message

from talus_launch import packages
from talus_launch.errors import LaunchError
from talus_launch.plan import InlineParameters
from talus_launch.reading import expression
from talus_launch.reading.substitution import (
    SubstitutionCall,
    SubstitutionSyntaxError,
    Template,
    parse_template,
)

TRUE = ("true", "1")
FALSE = ("false", "0")
# A `$(command ...)` that takes longer than this hangs: xacro on a large robot takes about 2 s.
COMMAND_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Scope:
    """Holds variables, environment and what all nodes get while a file is read; `let` changes them.

    As in launch, an included file sees and changes the variables of the file that includes it; only
    a scoped group works on a copy.
    """

    file: Path
    variables: dict[str, str]
    environment: dict[str, str]
    namespace: list[str] = field(default_factory=list)
    parameters: list[Path | InlineParameters] = field(default_factory=list)
    remappings: list[str] = field(default_factory=list)

    def copy(self) -> Scope:
        """Return a copy for a scoped group, so that changes inside stay inside."""
        return replace(
            self,
            variables=dict(self.variables),
            environment=dict(self.environment),
            namespace=list(self.namespace),
            parameters=list(self.parameters),
            remappings=list(self.remappings),
        )

    def within(self, file: Path) -> Scope:
        """Return the scope of an included file, with the very same variables."""
        return replace(self, file=file)

    def expand(self, text: str) -> str:
        """Return text with its substitutions made. Raises LaunchError."""
        try:
            return self.join(parse_template(text))
        except SubstitutionSyntaxError as error:
            raise LaunchError(str(error)) from error

    def join(self, template: Template) -> str:
        """Return a parsed template with its substitutions made."""
        return "".join(piece if isinstance(piece, str) else self.call(piece) for piece in template)

    def call(self, call: SubstitutionCall) -> str:
        """Return the value of one `$(...)`."""
        if call.name not in _CALLS:
            raise LaunchError(
                unknown_name_message("substitution", f"$({call.name})", (f"$({n})" for n in _CALLS))
            )
        function, least, most = _CALLS[call.name]
        if not least <= len(call.arguments) <= most:
            wanted = f"{least}" if least == most else f"{least} or {most}"
            raise LaunchError(f"$({call.name}) takes {wanted} arguments, not {len(call.arguments)}")
        return function(self, *(self.join(argument) for argument in call.arguments))

    def is_true(self, text: str) -> bool:
        """Return text as a condition: true, 1, false or 0."""
        value = self.expand(text).strip().lower()
        if value not in TRUE + FALSE:
            raise LaunchError(f"'{value}' is no condition; true, 1, false and 0 are")
        return value in TRUE


def _var(scope: Scope, name: str) -> str:
    if name not in scope.variables:
        raise LaunchError(unknown_name_message("variable", name, scope.variables))
    return scope.variables[name]


def _env(scope: Scope, name: str, default: str | None = None) -> str:
    value = scope.environment.get(name, default)
    if value is None:
        raise LaunchError(
            f"environment variable '{name}' is not set; $(env {name} DEFAULT) gives it a default"
        )
    return value


def _command(scope: Scope, command: str, on_stderr: str = "fail") -> str:
    try:
        done = subprocess.run(
            shlex.split(command),
            capture_output=True,
            text=True,
            env=scope.environment,
            timeout=COMMAND_TIMEOUT_S,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise LaunchError(f"$(command '{command}') cannot run: {error}") from error
    if done.returncode or (done.stderr and on_stderr == "fail"):
        raise LaunchError(
            f"$(command '{command}') exits with {done.returncode}: {done.stderr.strip()}"
        )
    return done.stdout


def _eval(_scope: Scope, text: str) -> str:
    try:
        return str(expression.evaluate(text))
    except ValueError as error:
        raise LaunchError(f"$(eval): {error}") from error


def _find_exec(scope: Scope, name: str) -> str:
    found = shutil.which(name, path=scope.environment.get("PATH"))
    if found is None:
        raise LaunchError(f"no executable '{name}' on the PATH")
    return found


def _truth(text: str) -> bool:
    if text.strip().lower() not in TRUE + FALSE:
        raise LaunchError(f"'{text}' is neither true nor false")
    return text.strip().lower() in TRUE


def _word(value: bool) -> str:
    return "true" if value else "false"


# name: (function, least arguments, most arguments)
_CALLS: dict[str, tuple[Callable[..., str], int, int]] = {
    "var": (_var, 1, 1),
    "env": (_env, 1, 2),
    "find-pkg-share": (lambda s, name: str(packages.package_share(name, s.environment)), 1, 1),
    "find-pkg-prefix": (lambda s, name: str(packages.package_prefix(name, s.environment)), 1, 1),
    "exec-in-pkg": (
        lambda s, name, package: str(packages.package_executable(package, name, s.environment)),
        2,
        2,
    ),
    "find-exec": (_find_exec, 1, 1),
    "dirname": (lambda s: str(s.file.parent), 0, 0),
    "filename": (lambda s: str(s.file), 0, 0),
    "command": (_command, 1, 2),
    "eval": (_eval, 1, 1),
    "not": (lambda _s, a: _word(not _truth(a)), 1, 1),
    "and": (lambda _s, a, b: _word(_truth(a) and _truth(b)), 2, 2),
    "or": (lambda _s, a, b: _word(_truth(a) or _truth(b)), 2, 2),
    "equals": (lambda _s, a, b: _word(a == b), 2, 2),
    "not-equals": (lambda _s, a, b: _word(a != b), 2, 2),
}
SUBSTITUTIONS = tuple(_CALLS)
