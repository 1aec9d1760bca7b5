# SPDX-License-Identifier: Apache-2.0
import re
from pathlib import Path

from readme_tables import rows
from talus_balance.node_config import BalanceNodeConfig
from talus_core.parameters import flat_parameters

import talus_balance

PACKAGE = Path(__file__).parents[1]
README = (PACKAGE / "README.md").read_text()


def test_the_parameter_table_is_the_code():
    expected = []
    for name, (default, info) in flat_parameters(BalanceNodeConfig).items():
        bounds = "folder" if info.low is None else f"{info.low} to {info.high}"
        expected.append([f"`{name}`", str(default), bounds])
    assert rows(README, "Parameters") == expected


def test_every_source_file_has_its_row():
    named = {name for row in rows(README, "How it works") for name in re.findall(r"`(\w+\.py)`", row[0])}
    files = {path.name for path in Path(talus_balance.__file__).parent.glob("*.py")}
    assert named == files - {"__init__.py", "node_config.py"}


def test_every_topic_of_the_node_has_its_row():
    source = (PACKAGE / "talus_balance" / "balance_node.py").read_text()
    used = set(re.findall(r'(?:create_publisher|create_service|subscribe)\(\w+, "([\w/]+)"', source))
    named = {name for row in rows(README, "Inputs and outputs") for name in re.findall(r"`([\w/]+)`", row[0])}
    assert named - {"heartbeat", "diagnostics"} == used
