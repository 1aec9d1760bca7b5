# SPDX-License-Identifier: Apache-2.0
"""Defines the one error of generated tables."""

from talus_core.errors import TalusError


class DocsError(TalusError):
    """A marker that cannot be followed; the message names page and line, and what would work."""
