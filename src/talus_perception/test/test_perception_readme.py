# SPDX-License-Identifier: Apache-2.0
"""The tables of the README equal the code."""

import re
from pathlib import Path

from readme_tables import rows
from talus_core.parameters import flat_parameters
from talus_perception.config import CameraConfig

import talus_perception

PACKAGE = Path(__file__).parents[1]
README = (PACKAGE / "README.md").read_text()


def test_the_parameter_table_is_the_code():
    expected = {}
    for name, (default, info) in flat_parameters(CameraConfig).items():
        shown = ", ".join(default) if isinstance(default, tuple) else str(default)
        expected[f"`{name}`"] = (shown, None if info.low is None else f"{info.low} to {info.high}")
    table = {name: (default, bounds) for name, default, bounds in rows(README, "Parameters")}
    assert table.keys() == expected.keys()
    for name, (default, bounds) in expected.items():
        assert table[name] == (default, bounds or table[name][1]), name


def test_every_source_file_has_its_row():
    named = {name for row in rows(README, "How it works") for name in re.findall(r"`(\w+\.py)`", row[0])}
    assert named == {path.name for path in Path(talus_perception.__file__).parent.glob("*.py")} - {"__init__.py"}


def test_every_topic_and_service_of_the_node_has_its_row():
    source = (PACKAGE / "talus_perception" / "camera_node.py").read_text()
    used = {name.replace("{base}", "camera/<name>") for name in re.findall(r'f?"((?:\{base\}|sim)/[\w/]+)"', source)}
    named = {name for row in rows(README, "Inputs and outputs") for name in re.findall(r"`([\w/<>]+)`", row[0])}
    assert named - {"heartbeat", "diagnostics"} == used
