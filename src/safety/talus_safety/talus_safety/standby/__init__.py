# SPDX-License-Identifier: Apache-2.0
"""Moves the robot without its controller: holds it, sits it down, lets it fall softly."""
