# SPDX-License-Identifier: Apache-2.0
"""Makes the table of a command's options from its argparse parser."""

from __future__ import annotations

import argparse

from talus_cli.docs.markdown import code, table
from talus_cli.docs.request import TableRequest


def option_table(request: TableRequest) -> str:
    """Return a row for each option of the parser that `module:function` makes."""
    parser: argparse.ArgumentParser = request.named_object("function that makes a parser")()
    # argparse offers no public list of its options.
    options = [action for action in parser._actions if action.dest != "help"]
    return table(
        ("option", "value", "does"),
        (
            (
                ", ".join(map(code, action.option_strings)),
                _value_of(action),
                (action.help or "").replace("%%", "%"),
            )
            for action in options
        ),
    )


def _value_of(action: argparse.Action) -> str:
    """Return the name of an option's value as its help shows it; empty for a switch."""
    if action.nargs == 0:
        return ""
    name = action.metavar or action.dest.upper()
    return " ".join(name) if isinstance(name, tuple) else name
