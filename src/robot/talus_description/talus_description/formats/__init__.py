# SPDX-License-Identifier: Apache-2.0
"""Reads a URDF, gives it its cameras, and writes MJCF and SDF from it."""
