# SPDX-License-Identifier: Apache-2.0
"""Simulated and real cameras, depth and image pipelines."""
