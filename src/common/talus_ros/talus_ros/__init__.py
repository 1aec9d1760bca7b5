# SPDX-License-Identifier: Apache-2.0
"""What every node of Talus does the same way, on top of rclpy; imported by nodes only."""
