# SPDX-License-Identifier: Apache-2.0
"""Makes tables of parameters from the dataclass that a node declares."""

from __future__ import annotations

from talus_core.parameters import ParameterInfo, flat_parameters

from talus_cli.docs.markdown import code, shown, table
from talus_cli.docs.request import TableRequest

PARAMETER_COLUMNS = ("parameter", "default", "range", "is")


def parameter_table(request: TableRequest) -> str:
    """Return a row for each parameter of `module:Config`.

    `only=PREFIX` and `except=PREFIX` choose among them by the beginning of their name.
    """
    only = request.option("only")
    without = request.option("except")
    parameters = flat_parameters(request.named_object("configuration"))
    return table(
        PARAMETER_COLUMNS,
        (
            (code(name), shown(default), range_of(info), info.description)
            for name, (default, info) in parameters.items()
            if name.startswith(only) and not (without and name.startswith(without))
        ),
    )


def range_of(info: ParameterInfo) -> str:
    """Say which values a parameter may take; empty where nothing bounds it."""
    if info.choices:
        return ", ".join(info.choices)
    if info.low is None and info.high is None:
        return ""
    if info.high is None:
        return f"at least {shown(info.low)}"
    if info.low is None:
        return f"at most {shown(info.high)}"
    return f"{shown(info.low)} to {shown(info.high)}"
