# SPDX-License-Identifier: Apache-2.0
"""Defines the one exception of the bootstrap."""


class BootstrapError(Exception):
    """Raised when machine or request is unfit; the message is one line that names the remedy."""
