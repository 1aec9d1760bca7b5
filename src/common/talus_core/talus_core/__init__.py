# SPDX-License-Identifier: Apache-2.0
"""What two or more Talus packages share.

State, driver seam, robot description, rotations, errors.
"""
