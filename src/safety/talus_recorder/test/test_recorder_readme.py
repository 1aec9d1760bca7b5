# SPDX-License-Identifier: Apache-2.0
"""The tables of the README equal the code, and so does the file of shipped parameters."""

import re
from pathlib import Path

import talus_recorder
import yaml
from readme_tables import rows
from talus_core.parameters import build_config, flat_parameters
from talus_recorder.config import RecorderConfig
from talus_recorder.happenings import events
from talus_recorder.listening.topics import RECORDED_TOPICS

PACKAGE = Path(__file__).parents[1]
README = (PACKAGE / "README.md").read_text()


def test_the_parameter_table_is_the_code():
    table = {
        name.strip("`"): (default, bounds) for name, default, bounds in rows(README, "Parameters")
    }
    parameters = flat_parameters(RecorderConfig)
    assert table.keys() == parameters.keys()
    for name, (default, info) in parameters.items():
        assert table[name][0].startswith(str(default) if default != "" else "empty"), name
        assert table[name][1] == ("path" if info.low is None else f"{info.low} to {info.high}"), (
            name
        )


def test_the_shipped_parameters_are_the_defaults():
    file = PACKAGE.parents[2] / "config" / "recorder.yaml"
    [shipped] = yaml.safe_load(file.read_text()).values()
    assert build_config(RecorderConfig, shipped["ros__parameters"]) == RecorderConfig()


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
