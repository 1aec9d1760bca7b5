# SPDX-License-Identifier: Apache-2.0
"""Checks a robot's folder before it runs: what is odd or missing, and what to write."""
