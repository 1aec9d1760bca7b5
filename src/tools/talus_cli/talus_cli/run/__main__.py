# SPDX-License-Identifier: Apache-2.0
"""Runs `python -m talus_cli.run`."""

import sys

from talus_cli.run.cli import main

sys.exit(main())
