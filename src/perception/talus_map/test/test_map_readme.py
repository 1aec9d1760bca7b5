# SPDX-License-Identifier: Apache-2.0
"""Checks that the tables of the README equal the code."""

import re
from pathlib import Path

import talus_map
from readme_tables import assert_files, rows

PACKAGE = Path(__file__).parents[1]
README = (PACKAGE / "README.md").read_text()


def test_every_source_file_has_its_row():
    assert_files(README, Path(talus_map.__file__).parent)


def test_every_topic_and_service_of_the_node_has_its_row():
    shell = sorted((PACKAGE / "talus_map").glob("*_node.py"))
    source = "".join(path.read_text() for path in shell)
    called = r'(?:create|serve|subscribe)\(\s*\w+,\s*f?"([\w/{}]+)"'
    used = {name.replace("{name}", "<name>") for name in re.findall(called, source)}
    named = {
        name
        for row in rows(README, "Inputs and outputs")
        for name in re.findall(r"`([\w/<>]+)`", row[0])
    }
    assert named - {"heartbeat", "diagnostics"} == used
