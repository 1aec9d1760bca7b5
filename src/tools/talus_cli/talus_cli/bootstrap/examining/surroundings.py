# SPDX-License-Identifier: Apache-2.0
"""Looks at what the user brings: places to write, a middleware, a ROS 2 that is sourced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from talus_core.machine.places import (
    LOG_VARIABLE,
    ROS_LOG_VARIABLE,
    TEMPORARY_VARIABLE,
    Place,
    PlaceError,
    black_box_place,
    lock_place,
    log_place,
    ros_log_place,
)

from talus_cli.bootstrap.environment import RMW_VARIABLE, check_middleware, left_out
from talus_cli.bootstrap.errors import BootstrapError
from talus_cli.bootstrap.examining.finding import Finding

# Asked by runs and nodes, too: the report cannot say anything else than they do.
PLACES: tuple[tuple[str, str, Callable[[Mapping[str, str]], Place]], ...] = (
    ("logs", LOG_VARIABLE, log_place),
    ("black box", LOG_VARIABLE, black_box_place),
    ("logs of ROS", ROS_LOG_VARIABLE, ros_log_place),
    ("locks", TEMPORARY_VARIABLE, lock_place),
)


def examine_places(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Return where each kind of file goes, and what to set where that is not as usual."""
    for subject, variable, find in PLACES:
        try:
            place = find(environment)
        except PlaceError as error:
            yield Finding(subject, "nowhere", str(error), is_needed=True)
            continue
        remedy = f"{place.reason}; {variable} names another place" if place.reason else ""
        yield Finding(subject, str(place.folder), remedy)


def examine_choices(
    cached: Mapping[str, Mapping], given: Mapping[str, str], prepared: Mapping[str, str]
) -> Iterator[Finding]:
    """Return what becomes of the user's middleware and of a ROS 2 that is sourced in part.

    `given`: the user's environment; `prepared`: that of a command.
    """
    chosen = prepared.get(RMW_VARIABLE, "that of ROS 2")
    try:
        check_middleware(cached, prepared)
        yield Finding("middleware", chosen)
    except BootstrapError as error:
        yield Finding("middleware", chosen, str(error), is_needed=True)
    for line in left_out(cached, given):
        yield Finding("second ROS 2", line, "unset it where Talus runs")
