# SPDX-License-Identifier: Apache-2.0
"""Tells what the cameras of a robot are, for all that place, render, fuse or show them."""
