# SPDX-License-Identifier: Apache-2.0
"""Turns what arrives at the supervisor into the facts that its rules test."""
