# SPDX-License-Identifier: Apache-2.0
"""Holds the drive families, one in each file; whatever lies here can be named."""
