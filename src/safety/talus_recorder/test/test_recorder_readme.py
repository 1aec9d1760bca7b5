# SPDX-License-Identifier: Apache-2.0
"""The tables of the README equal the code."""

import re
from pathlib import Path

import talus_recorder
from readme_tables import rows
from talus_recorder.happenings import events
from talus_recorder.listening.topics import RECORDED_TOPICS

PACKAGE = Path(__file__).parents[1]
README = (PACKAGE / "README.md").read_text()


def test_the_topic_table_is_the_code():
    table = [(row[0].strip("`"), row[1]) for row in rows(README, "Inputs and outputs")]
    assert table == [(topic.name, topic.kind) for topic in RECORDED_TOPICS]


def test_every_kind_of_event_has_its_row():
    named = {name for row in rows(README, "Purpose") for name in re.findall(r"`(\w+)`", row[0])}
    kinds = (
        "EVENT_START",
        "EVENT_END",
        "EVENT_LOWERED",
        "EVENT_LEVEL",
        "EVENT_LATCH",
        "EVENT_FALL",
        "EVENT_FAULT",
        "EVENT_INTERRUPTED",
    )
    assert named == {getattr(events, kind) for kind in kinds}


def test_every_source_file_has_its_row():
    named = {
        name for row in rows(README, "How it works") for name in re.findall(r"`(\w+\.py)`", row[0])
    }
    assert named == {path.name for path in Path(talus_recorder.__file__).parent.rglob("*.py")} - {
        "__init__.py"
    }
