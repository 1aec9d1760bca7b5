# SPDX-License-Identifier: Apache-2.0
"""Answers what planners ask of the map: distances, surfaces to stand on, costs with reasons."""
