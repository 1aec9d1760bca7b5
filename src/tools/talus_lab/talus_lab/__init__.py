# SPDX-License-Identifier: Apache-2.0
"""Holds rigs, scenarios, benchmarks, golden runs and training."""
