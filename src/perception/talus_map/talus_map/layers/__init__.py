# SPDX-License-Identifier: Apache-2.0
"""Derives from voxels and points what others use: ground, occupancy, moving bodies, colours."""
