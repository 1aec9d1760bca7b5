# SPDX-License-Identifier: Apache-2.0
"""A small runner for ROS 2 XML launch files, for machines that have no `ros2 launch`."""
