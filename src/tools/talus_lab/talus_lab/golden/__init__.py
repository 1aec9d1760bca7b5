# SPDX-License-Identifier: Apache-2.0
"""Hashes seeded stories of the true stack tick by tick, as golden runs."""
