# SPDX-License-Identifier: Apache-2.0
"""Carries frames over simulated wires, bit by bit of time."""
