# SPDX-License-Identifier: Apache-2.0
"""The one exception of the bootstrap."""


class BootstrapError(Exception):
    """The machine or the request is unfit; the message is one line that names the remedy."""
