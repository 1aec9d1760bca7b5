# SPDX-License-Identifier: Apache-2.0
"""Checks that the README's tables equal the code."""

import re
from pathlib import Path

from readme_tables import assert_files
from talus_view.registry import widget_types
from talus_view.widgets.push import PUSH_SERVICE, PUSHES
from view_site import open_site

PACKAGE = Path(__file__).parents[1]
README = (PACKAGE / "README.md").read_text()


def rows(section: str) -> list[list[str]]:
    text = README.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line[:1] == "|"
    ][2:]


def test_topics():
    documented = {topic for row in rows("Inputs") for topic in re.findall(r"`([^`]+)`", row[0])}
    heard = {topic.name for kind in widget_types() for topic in kind.topics}
    assert documented == heard


def test_services():
    documented = {
        button: re.search(r"`([^`]+)`", what).group(1) for button, what in rows("Outputs")
    }
    pushes = ", ".join(name.capitalize() for name in PUSHES) + " (push)"
    with open_site() as (page, _, _):
        services = page.panel.services
    assert documented == {**services, pushes: PUSH_SERVICE, "walk buttons": "cmd_vel"}


def test_files():
    assert_files(README, PACKAGE / "talus_view", untold={"config.py"})
