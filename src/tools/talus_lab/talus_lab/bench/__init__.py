# SPDX-License-Identifier: Apache-2.0
"""Benchmarks: our figures beside those of peers, in one run."""
