# SPDX-License-Identifier: Apache-2.0
"""The tables of the README equal the code."""

from importlib.metadata import entry_points
from pathlib import Path

import talus_gazebo
from readme_tables import assert_files, rows
from talus_gazebo.gz_calls import HOW_TO_INSTALL

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_every_source_file_has_its_row():
    assert_files(README, Path(talus_gazebo.__file__).parent)


def test_the_driver_has_its_row():
    ours = {
        entry.name
        for entry in entry_points(group="talus.drivers")
        if entry.module.startswith(talus_gazebo.__name__)
    }
    assert {row[0].strip("`") for row in rows(README, "Purpose")} == ours == {"gazebo"}


def test_the_page_says_how_to_install_as_the_error_does():
    command = HOW_TO_INSTALL.partition("'")[2].partition("'")[0]
    assert command.startswith("sudo apt install") and f"`{command}`" in README
