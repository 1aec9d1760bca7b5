# SPDX-License-Identifier: Apache-2.0
"""Serves pages by viser, without what viser lets every browser do to a page that others use too."""

from __future__ import annotations

import logging
from typing import Any

import viser
from talus_core.errors import TalusError
from viser import _messages

VALUE = "value"  # what a browser may change of a control


class LocalServer(viser.ViserServer):
    """Never offers a robot to the internet, and takes only the values of controls from browsers.

    Of viser's own, a browser could take the STOP button away from all others by one message.
    """

    def __init__(self, host: str, port: int):
        """Serve at once; the port may be another one, where this is in use."""
        super().__init__(host=host, port=port, verbose=False)
        logging.getLogger("websockets.server").addFilter(_OneLine())
        handlers = self._websock_server._incoming_handlers
        (update,) = handlers[_messages.GuiUpdateMessage]

        async def update_value(client: Any, message: Any) -> None:
            if set(message.updates) == {VALUE}:
                await update(client, message)  # type: ignore[misc]  # viser's is a coroutine

        handlers[_messages.GuiUpdateMessage] = [update_value]

    def request_share_url(self, verbose: bool = True) -> str | None:
        """Refuse to share the page. Raises TalusError."""
        raise TalusError("sharing through a relay is switched off")


class _OneLine(logging.Filter):
    """Makes one line of what broken frames of a browser raise in the server's library."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without its traceback."""
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            record.msg = f"{record.getMessage()}: {type(error).__name__}: {error}"
            record.args = record.exc_info = None
        return True
