# SPDX-License-Identifier: Apache-2.0
"""Describes motions that packages ask of each other: footsteps, limb targets, key poses, falls."""
