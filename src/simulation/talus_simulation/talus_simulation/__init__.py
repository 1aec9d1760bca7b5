# SPDX-License-Identifier: Apache-2.0
"""Simulated bodies, drives, sensors, batteries, faults and cameras."""
