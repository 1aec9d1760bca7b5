# SPDX-License-Identifier: Apache-2.0
"""Carries frames between this computer and the drives: one seam, several kinds of wire."""
