# SPDX-License-Identifier: Apache-2.0
"""Makes the table of safety rules, and that of the bounds by which the kernel judges."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from types import ModuleType

import talus_safety.kernel
from talus_safety.kernel.decide.supervisor.rules import RULES

from talus_cli.docs.markdown import code, table
from talus_cli.docs.request import TableRequest

# Such a right side numbers the rows of a table, which is no bound.
ROW_NUMBERS = "range"
# What the kernel judges by and others, too.
WORDS_OF_KERNEL = ("talus_core.words.falls", "talus_core.words.rest")


def rule_table(_: TableRequest) -> str:
    """Return a row for each rule of the gate and the supervisor, strictest first."""
    return table(
        ("rule", "cause", "level", "within ms", "faults"),
        (
            (
                code(rule.name),
                rule.cause,
                rule.level.name[:2],
                str(rule.within_ms),
                " ".join(rule.faults),
            )
            for rule in RULES
        ),
    )


def bound_table(_: TableRequest) -> str:
    """Return a row for each file of constant numbers by which the safety kernel judges."""
    folder = Path(talus_safety.kernel.__path__[0])
    dotted = (
        ".".join(("talus_safety.kernel", *path.relative_to(folder).with_suffix("").parts))
        for path in sorted(folder.rglob("*.py"))
    )
    names = (name.removesuffix(".__init__") for name in (*dotted, *WORDS_OF_KERNEL))
    bounds = {name: bounds_of(import_module(name)) for name in names}
    return table(
        ("kernel file", "bounds"),
        ((code(_place(name)), text) for name, text in bounds.items() if text),
    )


def bounds_of(module: ModuleType) -> str:
    """Return names and values of a module's constant numbers."""
    return ", ".join(
        f"{name} {number}"
        for name in _constants(Path(str(module.__file__)))
        if (number := _number_of(module, name)) is not None
    )


def _place(dotted: str) -> str:
    """Return the place of a module, as seen from its own package in the case of safety."""
    return f"{dotted.removeprefix('talus_safety.').replace('.', '/')}.py"


def _constants(path: Path) -> list[str]:
    """Return the upper-case names that a file assigns at its top."""
    names = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and not _numbers_rows(node.value):
            parts = [part for target in node.targets for part in ast.walk(target)]
            names += [part.id for part in parts if isinstance(part, ast.Name)]
    return [name for name in names if name.isupper() and not name.startswith("_")]


def _numbers_rows(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id == ROW_NUMBERS
    )


def _number_of(module: ModuleType, name: str) -> str | None:
    """Return a constant as text: a number or several; None of anything else."""
    value = vars(module)[name]
    parts = value if isinstance(value, tuple) else (value,)
    if not all(type(part) in (int, float) for part in parts):
        return None
    return " and ".join(f"{part:.6g}" for part in parts)
