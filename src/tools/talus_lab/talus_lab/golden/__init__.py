# SPDX-License-Identifier: Apache-2.0
"""Golden runs: seeded stories of the true stack whose states and commands are hashed, tick by tick."""
