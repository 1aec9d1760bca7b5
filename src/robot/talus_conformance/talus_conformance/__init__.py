# SPDX-License-Identifier: Apache-2.0
"""Proves that a driver keeps to the contract of `talus_core.driver`, whatever its body."""
