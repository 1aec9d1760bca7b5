# SPDX-License-Identifier: Apache-2.0
"""Shows the robot, its map, its cameras and its safety level in a browser."""
