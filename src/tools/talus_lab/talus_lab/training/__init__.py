# SPDX-License-Identifier: Apache-2.0
"""Trains learned parts in simulation; nothing here runs on the robot."""
