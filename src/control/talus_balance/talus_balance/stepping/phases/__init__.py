# SPDX-License-Identifier: Apache-2.0
"""Defines the phases of the gait, one object each that holds only what is valid in it."""
