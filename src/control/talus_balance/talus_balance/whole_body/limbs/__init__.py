# SPDX-License-Identifier: Apache-2.0
"""Turns limb targets, which may jump, into references that a limb can follow."""
