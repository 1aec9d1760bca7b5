# SPDX-License-Identifier: Apache-2.0
"""Writes those tables of the documentation that follow from the code: a number has one home."""
