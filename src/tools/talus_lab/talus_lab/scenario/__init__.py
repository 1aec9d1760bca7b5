# SPDX-License-Identifier: Apache-2.0
"""Scenarios: a posture, what goes wrong when, and what must follow; in one process or on a running graph."""
