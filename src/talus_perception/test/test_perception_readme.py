# SPDX-License-Identifier: Apache-2.0
"""The tables of the README equal the code."""

import re
from pathlib import Path

from readme_tables import assert_files, assert_parameters, rows
from talus_perception.config import CameraConfig

import talus_perception

PACKAGE = Path(__file__).parents[1]
README = (PACKAGE / "README.md").read_text()


def test_the_parameter_table_is_the_code():
    assert_parameters(README, CameraConfig)


def test_every_source_file_has_its_row():
    assert_files(README, Path(talus_perception.__file__).parent)


def test_every_topic_and_service_of_the_node_has_its_row():
    source = (PACKAGE / "talus_perception" / "camera_node.py").read_text()
    used = {name.replace("{base}", "camera/<name>") for name in re.findall(r'f?"((?:\{base\}|sim)/[\w/]+)"', source)}
    named = {name for row in rows(README, "Inputs and outputs") for name in re.findall(r"`([\w/<>]+)`", row[0])}
    assert named - {"heartbeat", "diagnostics"} == used
