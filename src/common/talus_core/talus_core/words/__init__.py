# SPDX-License-Identifier: Apache-2.0
"""Defines words that mean the same everywhere: modes, stop levels, gate phases, fallen, at rest."""
