# SPDX-License-Identifier: Apache-2.0
"""Keeps a humanoid upright: state estimator, footstep planner and whole-body controller."""
