# SPDX-License-Identifier: Apache-2.0
"""Finds, copies and converts the mesh files that a robot's description names."""
