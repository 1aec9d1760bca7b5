# SPDX-License-Identifier: Apache-2.0
"""Runs ROS 2 XML launch files on machines that have no `ros2 launch`."""
