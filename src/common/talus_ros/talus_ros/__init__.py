# SPDX-License-Identifier: Apache-2.0
"""Provides what every node of Talus does the same way on top of rclpy; for nodes only."""
