# SPDX-License-Identifier: Apache-2.0
"""What the recorder raises on purpose."""

from talus_core.errors import TalusError


class RecorderError(TalusError):
    """Something that the recorder was given cannot be used."""
