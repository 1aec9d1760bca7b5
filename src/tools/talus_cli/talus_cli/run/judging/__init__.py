# SPDX-License-Identifier: Apache-2.0
"""Judges a run: falls, faults, distance, pace, and what remains of it as figures."""
