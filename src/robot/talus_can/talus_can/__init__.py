# SPDX-License-Identifier: Apache-2.0
"""Speaks to the drives of a robot over CAN; this part is pure: bytes, SI units and bus load."""
