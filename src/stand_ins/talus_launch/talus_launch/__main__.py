# SPDX-License-Identifier: Apache-2.0
"""Runs `python -m talus_launch`."""

import sys

from talus_launch.cli import main

sys.exit(main())
