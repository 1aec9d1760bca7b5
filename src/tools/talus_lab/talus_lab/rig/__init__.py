# SPDX-License-Identifier: Apache-2.0
"""Runs simulated robot and controller in one process: all of the lab stands on it."""
