# SPDX-License-Identifier: Apache-2.0
"""Runs `./talus` as a folder by any Python, before anything is installed."""

import sys
from pathlib import Path

_SOURCES = Path(__file__).resolve().parents[4]
# The folders that hold talus_cli and talus_core, instead of this one.
sys.path[:1] = [str(_SOURCES / "tools" / "talus_cli"), str(_SOURCES / "common" / "talus_core")]

from talus_core.machine.program import begin_program  # noqa: E402

begin_program()

from talus_cli.bootstrap.cli import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
