# SPDX-License-Identifier: Apache-2.0
"""Joins worlds of others with a robot: names, options, and where the ground is."""
