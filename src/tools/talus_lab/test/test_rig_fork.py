# SPDX-License-Identifier: Apache-2.0
"""Checks work that is done in a forked copy of the process."""

import subprocess
import sys

import pytest
from talus_lab.rig.fork import in_fork

# The copy loses the pipe to its original, as it does when that has ended.
LOSES_ITS_ORIGINAL = """
import os
from talus_lab.rig.fork import in_fork
try:
    in_fork(lambda: os.closerange(3, 64))
except RuntimeError as error:
    print(error)
"""


def test_the_result_comes_back_or_what_was_raised():
    assert in_fork(lambda: {"two": 2}) == {"two": 2}
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        in_fork(lambda: 1 / 0)
    with pytest.raises(RuntimeError, match="pickle"):
        in_fork(lambda: lambda: None)


def test_a_copy_without_its_original_ends_and_does_not_go_on_in_its_place():
    run = subprocess.run(
        [sys.executable, "-c", LOSES_ITS_ORIGINAL], capture_output=True, text=True, check=True
    )
    assert (run.stdout, run.stderr) == ("the forked trial died\n", "")
