# SPDX-License-Identifier: Apache-2.0
import re
from pathlib import Path

import talus_balance
from readme_tables import assert_files, rows

PACKAGE = Path(__file__).parents[1]
README = (PACKAGE / "README.md").read_text()


def test_every_source_file_has_its_row():
    assert_files(README, Path(talus_balance.__file__).parent, untold={"node_config.py"})


def test_every_topic_of_the_node_has_its_row():
    source = "".join(path.read_text() for path in (PACKAGE / "talus_balance").rglob("*_node.py"))
    used = set(
        re.findall(
            r"(?:create_publisher|serve|subscribe|subscribe_loop|TracedPublisher|SealedPublisher)"
            r'\((?:node, )?\w+, "([\w/]+)"',
            source,
        )
    )
    named = {
        name
        for row in rows(README, "Inputs and outputs")
        for name in re.findall(r"`([\w/]+)`", row[0])
    }
    assert named - {"heartbeat", "diagnostics"} == used
