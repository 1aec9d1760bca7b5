# SPDX-License-Identifier: Apache-2.0
"""Stands in for the standard robot_state_publisher, with its topics and parameters."""
