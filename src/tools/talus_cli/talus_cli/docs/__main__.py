# SPDX-License-Identifier: Apache-2.0
"""Entry of `python -m talus_cli.docs`."""

import sys

from talus_core.machine.program import begin_program, run_program

begin_program()

from talus_cli.docs.cli import main  # noqa: E402

sys.exit(run_program(main))
