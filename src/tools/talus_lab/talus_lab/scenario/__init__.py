# SPDX-License-Identifier: Apache-2.0
"""Defines scenarios: a posture, what goes wrong when, and what must follow.

They are played in this process or on a graph.
"""
