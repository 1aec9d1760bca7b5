# SPDX-License-Identifier: Apache-2.0
"""Checks a robot's folder and tries in simulation whether it comes to rest by itself."""
