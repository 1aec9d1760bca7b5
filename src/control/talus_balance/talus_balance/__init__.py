# SPDX-License-Identifier: Apache-2.0
"""State estimator, footstep planner and whole-body controller that keep a humanoid upright."""
