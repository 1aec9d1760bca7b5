# SPDX-License-Identifier: Apache-2.0
"""Keeps a robot that falls without power from falling: supervisor, last gate, standby."""
