# SPDX-License-Identifier: Apache-2.0
"""Entry of `python -m talus_cli.docs`."""

import sys

from talus_cli.docs.cli import main

sys.exit(main())
