# SPDX-License-Identifier: Apache-2.0
"""Finds where a robot is in the map that it makes, against the drift of its odometry."""
