# SPDX-License-Identifier: Apache-2.0
"""Golden runs: seeded stories of the true stack, hashed tick by tick."""
