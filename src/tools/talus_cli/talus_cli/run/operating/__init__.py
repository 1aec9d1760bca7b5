# SPDX-License-Identifier: Apache-2.0
"""Operates the robot of a run as a person would: sees its topics, stands it up, walks it."""
