# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import talus_core
from readme_tables import assert_files

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_every_source_file_has_its_row():
    assert_files(README, Path(talus_core.__file__).parent)
