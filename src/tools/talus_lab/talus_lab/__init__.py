# SPDX-License-Identifier: Apache-2.0
"""Rigs, scenarios, benchmarks, golden runs and training."""
