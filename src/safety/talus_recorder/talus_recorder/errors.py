# SPDX-License-Identifier: Apache-2.0
"""Defines the error that the recorder raises on purpose."""

from talus_core.errors import TalusError


class RecorderError(TalusError):
    """Raised for input that the recorder cannot use."""
