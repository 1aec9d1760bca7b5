# SPDX-License-Identifier: Apache-2.0
"""Imitates the firmware of drives, one file for each family."""
