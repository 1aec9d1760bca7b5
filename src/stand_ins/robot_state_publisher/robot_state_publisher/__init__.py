# SPDX-License-Identifier: Apache-2.0
"""Stand-in for the standard robot_state_publisher: same topics and parameters."""
