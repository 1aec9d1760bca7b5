# SPDX-License-Identifier: Apache-2.0
"""Measures the body from its own sensors: links, vertical, stance, soles and rest."""
