# SPDX-License-Identifier: Apache-2.0
"""Faults of a simulated body: what can fail, how, and when it began; one implementation for every simulated driver."""
