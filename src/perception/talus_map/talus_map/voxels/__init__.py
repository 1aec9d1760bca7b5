# SPDX-License-Identifier: Apache-2.0
"""Holds occupied, free and unknown space as voxels, and carves it with depth images."""
