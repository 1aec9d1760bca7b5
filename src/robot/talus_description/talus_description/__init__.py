# SPDX-License-Identifier: Apache-2.0
"""Describes robots and worlds: derives formats from each other, joins a robot and a world."""
