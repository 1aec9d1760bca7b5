# SPDX-License-Identifier: Apache-2.0
"""Defines what two or more Talus packages share.

That is state, driver seam, robot description, rotations, errors and the like.
"""
