# SPDX-License-Identifier: Apache-2.0
"""Log-odds voxel map with free-space carving, occupancy and elevation."""
