# SPDX-License-Identifier: Apache-2.0
"""Web view of the robot, its map, its cameras and its safety level."""
