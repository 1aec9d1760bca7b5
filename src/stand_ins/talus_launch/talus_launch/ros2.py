# SPDX-License-Identifier: Apache-2.0
"""Finds the real `ros2 launch`, where this machine has it."""

from __future__ import annotations

import importlib.util
import shutil


def real_launch() -> str | None:
    """Return the path of `ros2` if it can launch XML files of ROS nodes, else None."""
    modules = ("launch", "launch_ros", "launch_xml", "ros2launch")
    has_all = all(importlib.util.find_spec(module) for module in modules)
    return shutil.which("ros2") if has_all else None
