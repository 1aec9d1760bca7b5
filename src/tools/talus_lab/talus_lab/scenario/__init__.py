# SPDX-License-Identifier: Apache-2.0
"""Scenarios: a posture, what goes wrong when, and what must follow; here or on a graph."""
