# SPDX-License-Identifier: Apache-2.0
"""Makes a robot's folder from what others wrote: source, base, parts, drives, URDF."""
