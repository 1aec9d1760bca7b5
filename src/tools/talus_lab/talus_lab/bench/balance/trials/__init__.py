# SPDX-License-Identifier: Apache-2.0
"""Plays single trials: a robot on a ground, what disturbs it, and what is seen of it."""
