# SPDX-License-Identifier: Apache-2.0
"""Runs `python -m talus_cli.run`."""

import sys

from talus_core.machine.program import begin_program

begin_program()

from talus_cli.run.cli import main  # noqa: E402

sys.exit(main())
