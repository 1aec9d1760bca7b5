# SPDX-License-Identifier: Apache-2.0
"""Builds the driver `can`: on real buses, or on those of a stage that stands in for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import entry_points

from talus_core.driver import Driver, DriverError, DriverSetup
from talus_core.errors import UnknownNameError

from talus_can.driver import CanDriver

STAGES_GROUP = "talus.can_stages"
_STAGE = "stage"


def create_driver(setup: DriverSetup) -> Driver:
    """Return the driver of the buses of `setup.options`, on the stage that `stage` names.

    A stage is a plug-in of the group `talus.can_stages`, called with the other options: it puts
    simulated wires and drives in the place of real ones. Without one, the buses are real. Raises
    TalusError.
    """
    options = dict(setup.options)
    name = options.pop(_STAGE, "")
    rest = replace(setup, options=options)
    return _stage(name)(rest) if name else CanDriver(rest)


def _stage(name: object) -> Callable[[DriverSetup], Driver]:
    found = {entry.name: entry for entry in entry_points(group=STAGES_GROUP)}
    if name not in found:
        raise UnknownNameError("stage", str(name), found)
    try:
        made: Callable[[DriverSetup], Driver] = found[str(name)].load()
    except Exception as error:
        raise DriverError(
            f"can: stage '{name}' cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    return made
