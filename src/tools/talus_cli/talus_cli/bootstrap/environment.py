# SPDX-License-Identifier: Apache-2.0
"""Applies the environment that sourcing the workspace gave once to every later command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from talus_core.machine.places import ROS_LOG_VARIABLE, PlaceError, ros_log_place

from talus_cli.bootstrap.errors import BootstrapError

RMW_VARIABLE = "RMW_IMPLEMENTATION"
WHEELS_RMW = "rmw_fastrtps_cpp"
# Says that the ROS 2 in use are wheels; see `underlay`.
WHEELS_VARIABLE = "_ROS_WHEELS_BOOTSTRAP_COMPLETE"
# What the user may set otherwise.
DEFAULTS = {
    "MUJOCO_GL": "egl",  # draws without a display
    "PYOPENGL_PLATFORM": "egl",
    "OMP_NUM_THREADS": "1",  # the matrices are small: a second thread costs more than it brings
    "OPENBLAS_NUM_THREADS": "1",
    "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
    "PYTHONUTF8": "1",  # files are UTF-8 in every locale, also where none is set
}
# Empty, these mean what they mean where they are not set.
_EMPTY_IS_UNSET = {
    *DEFAULTS,
    *(RMW_VARIABLE, "FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE"),
}
# What shows that an entry of a path list belongs to a ROS 2, which cannot stand beside the wheels.
_SIGNS_OF_ROS = {
    "AMENT_PREFIX_PATH": "share/rclpy",
    "CMAKE_PREFIX_PATH": "share/rclpy",
    "LD_LIBRARY_PATH": "librcl.so",
    "PYTHONPATH": "rclpy",
}


def apply(cached: Mapping[str, Mapping], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a command; applying twice changes nothing more."""
    told = {k: v for k, v in environment.items() if v or k not in _EMPTY_IS_UNSET}
    result = {**DEFAULTS, **told, **cached["fixed"]}
    if WHEELS_VARIABLE in cached["fixed"]:
        result.setdefault(RMW_VARIABLE, WHEELS_RMW)
    for name, ours in cached["prepend"].items():
        second = _of_second_ros(cached, name, result)
        theirs = [
            entry
            for entry in result.get(name, "").split(":")
            if entry and entry not in ours and entry not in second
        ]
        if ours or theirs:
            result[name] = ":".join([*ours, *theirs])
        else:
            result.pop(name, None)
    return result


def check_middleware(cached: Mapping[str, Mapping], prepared: Mapping[str, str]) -> None:
    """Raise BootstrapError where the middleware that the user chose is not there."""
    wanted = prepared.get(RMW_VARIABLE, "")
    if WHEELS_VARIABLE not in cached["fixed"] or wanted == WHEELS_RMW:
        return
    folders = prepared.get("LD_LIBRARY_PATH", "").split(":")
    if not any(Path(folder, f"lib{wanted}.so").exists() for folder in folders if folder):
        raise BootstrapError(
            f"{RMW_VARIABLE} is '{wanted}', but the ROS 2 wheels bring only {WHEELS_RMW}: "
            "unset it, or source a ROS 2 that has it"
        )


def left_out(cached: Mapping[str, Mapping], environment: Mapping[str, str]) -> list[str]:
    """Return a line for each path list of the user's in which a second ROS 2 is left out."""
    return [
        f"{name} names a second ROS 2 ({', '.join(second)}), which is left out beside the wheels: "
        "source it wholly (ROS_DISTRO) to use it"
        for name in cached["prepend"]
        if (second := _of_second_ros(cached, name, environment))
    ]


def with_ros_log(
    prepared: Mapping[str, str], tell: Callable[[str], None] = lambda _: None
) -> dict[str, str]:
    """Return the environment with another place for ROS's own logs, where they need one.

    `tell` hears which. Without any place nothing changes: what starts nodes refuses to.
    """
    try:
        place = ros_log_place(prepared)
    except PlaceError:
        return dict(prepared)
    if not place.reason:
        return dict(prepared)
    tell(f"ROS's own logs go to {place.folder} ({place.reason})")
    return {**prepared, ROS_LOG_VARIABLE: str(place.folder)}


def _of_second_ros(
    cached: Mapping[str, Mapping], name: str, environment: Mapping[str, str]
) -> list[str]:
    sign = _SIGNS_OF_ROS.get(name)
    if sign is None or WHEELS_VARIABLE not in cached["fixed"]:
        return []
    return [
        entry
        for entry in environment.get(name, "").split(":")
        if entry and entry not in cached["prepend"][name] and Path(entry, sign).exists()
    ]
