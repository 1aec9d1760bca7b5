# SPDX-License-Identifier: Apache-2.0
"""Loops over pixels, points and voxels, compiled or in NumPy, with the same results."""
