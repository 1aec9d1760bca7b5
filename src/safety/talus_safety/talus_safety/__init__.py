# SPDX-License-Identifier: Apache-2.0
"""Keeps the robot safe: the supervisor, the last gate before the drives, and the standby."""
