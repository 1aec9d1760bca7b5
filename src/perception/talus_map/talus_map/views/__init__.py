# SPDX-License-Identifier: Apache-2.0
"""Prepares depth images: joins them with frames, and removes the robot's own body."""
