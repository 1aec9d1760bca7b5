# SPDX-License-Identifier: Apache-2.0
"""Faults of a simulated body, one implementation for every simulated driver."""
