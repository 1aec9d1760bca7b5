# SPDX-License-Identifier: Apache-2.0
"""Scores a network on pictures that training never saw; no PyTorch."""
