# SPDX-License-Identifier: Apache-2.0
"""Runs `./talus` as a folder by any Python, before anything is installed."""

import sys
from pathlib import Path

# The folder that holds talus_cli, instead of this one.
sys.path[0] = str(Path(__file__).resolve().parents[2])

from talus_cli.bootstrap.cli import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
