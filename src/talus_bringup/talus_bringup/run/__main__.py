# SPDX-License-Identifier: Apache-2.0
"""Entry of `python -m talus_bringup.run`."""

import sys

from talus_bringup.run.cli import main

sys.exit(main())
