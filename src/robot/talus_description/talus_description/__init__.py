# SPDX-License-Identifier: Apache-2.0
"""Robot descriptions and worlds: URDF to MJCF and SDF, joining a robot and a world, the path to its rest posture."""
