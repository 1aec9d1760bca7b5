# SPDX-License-Identifier: Apache-2.0
"""Turns facts into levels and phases: rules, the supervisor and the gate's phase machine."""
