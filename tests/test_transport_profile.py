# SPDX-License-Identifier: Apache-2.0
"""The profile of the transport is one that Fast DDS accepts: else it would only say so and go on without."""

from __future__ import annotations

import os
import subprocess
import sys

from sources import ROOT

JOIN = "import rclpy; rclpy.init(); rclpy.create_node('joining'); rclpy.shutdown()"
VARIABLES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")  # from version 3 on, and before


def test_fast_dds_accepts_the_profile():
    file = str(ROOT / "config" / "fastdds.xml")
    environment = {**os.environ, **dict.fromkeys(VARIABLES, file)}
    done = subprocess.run([sys.executable, "-c", JOIN], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "XMLPARSER" not in done.stdout + done.stderr
