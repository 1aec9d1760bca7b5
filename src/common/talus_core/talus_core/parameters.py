# SPDX-License-Identifier: Apache-2.0
"""Defines configurations: frozen dataclasses whose fields carry their description and range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass
from typing import Any, TypeVar

from talus_core.errors import TalusError, unknown_name_message

ConfigT = TypeVar("ConfigT")


class ParameterError(TalusError):
    """Says that a parameter is unknown, of the wrong type or out of range, and what would work."""


@dataclass(frozen=True)
class ParameterInfo:
    """Holds what a reader, a ROS descriptor and the check of a value must know of a parameter."""

    description: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    is_dynamic: bool = False


def parameter(
    default: Any,
    description: str,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    is_dynamic: bool = False,
) -> Any:
    """Return a dataclass field that is a parameter: bool, int, float, str or a tuple of one.

    Args:
        default: Default value; its type is the parameter's type.
        description: One sentence with the unit and the reason of the default.
        low, high: Inclusive bounds of a number, or of each number of a tuple.
        choices: The only values allowed; empty for any.
        is_dynamic: Whether it may change while the node runs.
    """
    return field(
        default=default,
        metadata={"parameter": ParameterInfo(description, low, high, choices, is_dynamic)},
    )


def section(config_type: type) -> Any:
    """Return a dataclass field that is a configuration; its parameters are `section.name`."""
    return field(default_factory=config_type)


def flat_parameters(config_type: type, prefix: str = "") -> dict[str, tuple[Any, ParameterInfo]]:
    """Return every parameter of a configuration by its dotted name, as (default, info)."""
    result = {}
    for item in _fields_of(config_type):
        if "parameter" in item.metadata:
            result[prefix + item.name] = (item.default, item.metadata["parameter"])
        elif is_dataclass(item.default_factory):
            result.update(flat_parameters(item.default_factory, f"{prefix}{item.name}."))
    return result


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Turn a nested mapping, as YAML gives it, into one by dotted names."""
    result = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            result.update(flatten(value, f"{prefix}{name}."))
        else:
            result[f"{prefix}{name}"] = value
    return result


def build_config(
    config_type: type[ConfigT], values: Mapping[str, Any], prefix: str = ""
) -> ConfigT:
    """Build a configuration from values by dotted name, with defaults for the rest.

    Raises ParameterError for a name or value that does not fit.
    """
    if not prefix:
        _refuse_unknown(config_type, values)
    arguments = {}
    for item in _fields_of(config_type):
        name = prefix + item.name
        if "parameter" in item.metadata and name in values:
            arguments[item.name] = checked(
                name, values[name], item.default, item.metadata["parameter"]
            )
        elif is_dataclass(item.default_factory):
            arguments[item.name] = build_config(item.default_factory, values, f"{name}.")
    return config_type(**arguments)


def checked(name: str, value: Any, default: Any, info: ParameterInfo) -> Any:
    """Return `value` as the type of `default`, inside its range; raises ParameterError."""
    value = _as_type_of(name, value, default)
    for item in value if isinstance(value, tuple) else (value,):
        if info.choices and item not in info.choices:
            raise ParameterError(
                f"parameter '{name}': {unknown_name_message('value', str(item), info.choices)}"
            )
        if isinstance(item, (int, float)) and not isinstance(item, bool):
            _check_range(name, item, info)
    return value


def _fields_of(config_type: type) -> tuple[Field[Any], ...]:
    return fields(config_type)


def _refuse_unknown(config_type: type, values: Mapping[str, Any]) -> None:
    known = flat_parameters(config_type)
    for name in values:
        if name not in known:
            raise ParameterError(unknown_name_message("parameter", name, known))


def _as_type_of(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, tuple) and not isinstance(value, str):
        try:
            return tuple(_as_type_of(name, item, default[0]) if default else item for item in value)
        except TypeError:
            pass
    elif isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    elif type(value) is type(default):
        return value
    raise ParameterError(
        f"parameter '{name}' is {value!r}; "
        f"it must be of type {type(default).__name__}, like {default!r}"
    )


def _check_range(name: str, value: float, info: ParameterInfo) -> None:
    low = float("-inf") if info.low is None else info.low
    high = float("inf") if info.high is None else info.high
    if not low <= value <= high:
        raise ParameterError(f"parameter '{name}' is {value}; it must be from {low} to {high}")
