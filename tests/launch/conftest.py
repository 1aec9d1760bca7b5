# SPDX-License-Identifier: Apache-2.0
"""Runs the same assertions through the real launch where it is installed, else the runner."""

from __future__ import annotations

import importlib.util

HAS_ROS2_LAUNCH = all(
    importlib.util.find_spec(name) for name in ("launch_pytest", "launch_ros", "launch_xml")
)

collect_ignore = ["test_sim_with_runner.py" if HAS_ROS2_LAUNCH else "test_sim_with_ros2_launch.py"]
