# SPDX-License-Identifier: Apache-2.0
"""Checks that the tables of the README equal the code."""

from pathlib import Path

import talus_localisation
from readme_tables import assert_files

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_every_source_file_has_its_row():
    assert_files(README, Path(talus_localisation.__file__).parent)
