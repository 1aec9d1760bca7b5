# SPDX-License-Identifier: Apache-2.0
"""Simulated bodies behind the driver seam: drives, sensors, batteries, faults and cameras."""
