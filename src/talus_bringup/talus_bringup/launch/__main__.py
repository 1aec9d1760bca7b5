# SPDX-License-Identifier: Apache-2.0
"""Entry of `python -m talus_bringup.launch`."""

import sys

from talus_bringup.launch.cli import main

sys.exit(main())
