# SPDX-License-Identifier: Apache-2.0
"""Declares a configuration dataclass as ROS parameters, and refuses unknown ones."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter
from talus_core.parameters import ParameterInfo, build_config, flat_parameters

from talus_ros.parameter_files import check_parameter_files

ConfigT = TypeVar("ConfigT")

OF_EVERY_NODE = ("use_sim_time", "start_type_description_service")
OF_EVERY_NODE_PREFIX = "qos_overrides."


def declare_config(
    node: Node, config_type: type[ConfigT], values: Mapping[str, Any] | None = None
) -> ConfigT:
    """Declare every field of `config_type`; return the given values, `values` for the rest.

    From then on only dynamic parameters can change; not even `use_sim_time`, which rclpy would let
    any client change. Raises ParameterError.
    """
    config = build_config(config_type, given_parameters(node) if values is None else values)
    known = flat_parameters(config_type)
    for name, (default, info) in known.items():
        value = _ros_value(_get(config, name))
        node.declare_parameter(name, value, descriptor(default, info), ignore_override=True)
    dynamic = {name for name, (_, info) in known.items() if info.is_dynamic}
    node.add_on_set_parameters_callback(lambda asked: _answer(asked, dynamic))
    return config


def given_parameters(node: Node) -> dict[str, Any]:
    """Return the parameters that the command line and parameter files give.

    Raises ParameterError for a file without a section for this node.
    """
    check_parameter_files(sys.argv, node.get_fully_qualified_name())
    # `_parameter_overrides` is the same in Jazzy and Kilted; rclpy has no public way to see a
    # parameter that is not declared.
    return {
        name: _python_value(parameter.value)
        for name, parameter in node._parameter_overrides.items()
        if name not in OF_EVERY_NODE and not name.startswith(OF_EVERY_NODE_PREFIX)
    }


def descriptor(default: Any, info: ParameterInfo) -> ParameterDescriptor:
    """Return what `ros2 param describe` shows, with the range that ROS enforces on changes."""
    text = (
        f"{info.description} One of: {', '.join(info.choices)}."
        if info.choices
        else info.description
    )
    result = ParameterDescriptor(description=text, read_only=not info.is_dynamic)
    if info.low is None or info.high is None:
        return result
    if isinstance(default, float):
        result.floating_point_range = [
            FloatingPointRange(from_value=float(info.low), to_value=float(info.high))
        ]
    elif isinstance(default, int) and not isinstance(default, bool):
        result.integer_range = [IntegerRange(from_value=int(info.low), to_value=int(info.high))]
    return result


def _answer(asked: list[Parameter], dynamic: set[str]) -> SetParametersResult:
    """Answer a request to change parameters of a running node."""
    fixed = [parameter.name for parameter in asked if parameter.name not in dynamic]
    if not fixed:
        return SetParametersResult(successful=True)
    return SetParametersResult(
        reason=f"'{fixed[0]}' is fixed while the node runs; start it anew with another value"
    )


def _get(config: Any, dotted_name: str) -> Any:
    for name in dotted_name.split("."):
        config = getattr(config, name)
    return config


def _python_value(value: Any) -> Any:
    """Return arrays, which arrive as array.array, as tuples, and all else unchanged."""
    return value if isinstance(value, (bool, int, float, str)) else tuple(value)


def _ros_value(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
