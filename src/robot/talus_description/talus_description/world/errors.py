# SPDX-License-Identifier: Apache-2.0
"""Defines the error of all that joins a robot and a world."""

from __future__ import annotations

from talus_core.errors import TalusError


class SceneError(TalusError):
    """Raised when a robot or world cannot be loaded; one line names it and what would work."""
