# SPDX-License-Identifier: Apache-2.0
"""Decides in every tick, before the drives, which phase the last gate is in."""
