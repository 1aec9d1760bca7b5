# SPDX-License-Identifier: Apache-2.0
"""Runs public controllers of others on a robot of others, and ours under the same shoves."""
