# SPDX-License-Identifier: Apache-2.0
"""Moves the robot without its controller: holds it up, sits it down or lets it fall softly."""
