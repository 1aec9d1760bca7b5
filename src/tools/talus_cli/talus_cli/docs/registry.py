# SPDX-License-Identifier: Apache-2.0
"""Lists the kinds of generated tables: one more is one function and one entry here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from talus_cli.docs.request import TableRequest
from talus_cli.docs.tables.contract import service_table, topic_table
from talus_cli.docs.tables.launch import launch_argument_table, launch_file_table
from talus_cli.docs.tables.nodes import node_table, watched_node_table
from talus_cli.docs.tables.options import option_table
from talus_cli.docs.tables.parameters import parameter_table
from talus_cli.docs.tables.rules import bound_table, rule_table

TABLES: Mapping[str, Callable[[TableRequest], str]] = {
    "parameters": parameter_table,
    "options": option_table,
    "rules": rule_table,
    "bounds": bound_table,
    "topics": topic_table,
    "services": service_table,
    "launch_files": launch_file_table,
    "launch_arguments": launch_argument_table,
    "nodes": node_table,
    "watched_nodes": watched_node_table,
}
