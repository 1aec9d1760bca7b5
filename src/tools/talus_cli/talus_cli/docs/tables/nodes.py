# SPDX-License-Identifier: Apache-2.0
"""Makes the tables of nodes: what each does, and how long each may be silent or behind."""

from __future__ import annotations

import os

from talus_core.graph.node_table import NODES, NodeRow, Silence

from talus_cli.bootstrap.preparing.fingerprint import package_folders
from talus_cli.docs.markdown import code, shown, table
from talus_cli.docs.request import TableRequest


def node_table(request: TableRequest) -> str:
    """Return a row for each node with a link to its package and what it does."""
    folders = package_folders(request.root / "src")
    return table(
        ("node", "package", "does"),
        (
            (
                code(row.name),
                f"[{row.package}]({os.path.relpath(folders[row.package], request.page.parent)})",
                row.purpose,
            )
            for row in NODES.rows
        ),
    )


def watched_node_table(_: TableRequest) -> str:
    """Return a row for each node: when time waits for it, and what its silence leads to."""
    return table(
        ("node", "time waits", "silence", "needed to arm", "scenarios may kill it"),
        (
            (
                code(row.name),
                _leash(row),
                "; ".join(_silence(level, silence) for level, silence in row.silence.items()),
                row.required,
                "yes" if row.is_killable else "no",
            )
            for row in NODES.rows
        ),
    )


def _leash(row: NodeRow) -> str:
    if row.leash_s is None:
        return "no"
    return f"when {shown(row.leash_s)} s behind" if row.leash_s else "for each answer"


def _silence(level: str, silence: Silence) -> str:
    return (
        f"{level}: {shown(silence.wall_s)} s of wall and {shown(silence.robot_s)} s of robot time"
    )
