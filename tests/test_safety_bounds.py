# SPDX-License-Identifier: Apache-2.0
"""The bounds by which the safety kernel judges are those that docs/bounds.md states.

Nobody moves one unseen.
"""

import re
from importlib import import_module

from readme_tables import rows
from test_safety_kernel import KERNEL, PACKAGE

ASSIGNED = re.compile(
    r"^([A-Z][A-Z_, ]+) = (?!range\()", re.MULTILINE
)  # ranges number the rows of a table


def bounds(file: str) -> str:
    """Names and values of a file's constant numbers."""
    module = import_module(f"talus_safety.{file.replace('/', '.')}")
    source = (PACKAGE / "talus_safety" / f"{file}.py").read_text()
    values = {
        name: getattr(module, name)
        for names in ASSIGNED.findall(source)
        for name in names.split(", ")
    }
    return ", ".join(f"{name} {shown(value)}" for name, value in values.items() if shown(value))


def shown(value) -> str:
    """Of a number or several; empty of anything else."""
    parts = value if isinstance(value, tuple) else (value,)
    return (
        " and ".join(f"{part:.6g}" for part in parts)
        if all(type(part) in (int, float) for part in parts)
        else ""
    )


def test_bounds():
    expected = [[f"`{file}.py`", bounds(file)] for file in KERNEL if bounds(file)]
    assert rows((PACKAGE / "docs" / "bounds.md").read_text(), "Bounds") == expected


def test_rows_of_a_table_are_not_bounds():
    of_limiter = bounds("kernel/judge/limiter")
    assert (
        bounds("kernel/decide/ladder") == ""
        and "POSITION" not in of_limiter
        and "JUMP_TICKS 10" in of_limiter
    )
