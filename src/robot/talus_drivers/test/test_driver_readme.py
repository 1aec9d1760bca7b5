# SPDX-License-Identifier: Apache-2.0
"""The tables of the README equal the code."""

import re
from pathlib import Path

import talus_drivers
from readme_tables import assert_files, rows

PACKAGE = Path(__file__).parents[1]
README = (PACKAGE / "README.md").read_text()
SOURCES = Path(talus_drivers.__file__).parent


def names_in(section: str, pattern: str) -> set[str]:
    return {name for row in rows(README, section) for name in re.findall(pattern, row[0])}


def test_every_source_file_has_its_row():
    assert_files(README, SOURCES)


def test_every_topic_and_service_has_its_row():
    used = {"foot/left/wrench", "foot/right/wrench", "heartbeat", "diagnostics"}
    call = re.compile(
        r"(?:create_publisher|serve|subscribe|subscribe_loop|SealedPublisher|TracedPublisher|_add)"
        r'\([^")]*?"([\w/]+)"'
    )
    for path in SOURCES.rglob("*_node.py"):
        used |= set(call.findall(path.read_text()))
    assert names_in("Inputs and outputs", r"`([\w/]+)`") == used
