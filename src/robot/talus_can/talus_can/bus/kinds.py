# SPDX-License-Identifier: Apache-2.0
"""Makes buses by the names of their kinds."""

from __future__ import annotations

from talus_can.bus.python_can import PythonCanBus
from talus_can.bus.seam import Bus
from talus_can.bus.socketcan import SocketCanBus
from talus_can.bus.unix_socket import UnixSocketBus
from talus_can.wiring import BusRow


def make_bus(name: str, row: BusRow) -> Bus:
    """Return the bus of a row of the configuration, not open yet. Raises BusError."""
    address = row.address or name
    if row.kind == "unix":
        return UnixSocketBus(name, address)
    if row.kind == "python_can":
        return PythonCanBus(name, row.adapter, address, row.rates, row.is_flexible)
    return SocketCanBus(name, address, row.rates, row.is_flexible)
