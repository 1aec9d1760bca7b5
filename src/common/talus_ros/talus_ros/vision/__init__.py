# SPDX-License-Identifier: Apache-2.0
"""Reads what cameras and tf say, for all nodes that look at depth images."""
