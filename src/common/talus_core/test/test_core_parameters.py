# SPDX-License-Identifier: Apache-2.0
"""Configurations: defaults, nesting, types, ranges, and what is said of a wrong value."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from talus_core.parameters import (
    ParameterError,
    build_config,
    flat_parameters,
    flatten,
    parameter,
    section,
)


@dataclass(frozen=True)
class Noise:
    force: tuple[float, ...] = parameter((1.0, 2.0), "N.", low=0.0, high=10.0)


@dataclass(frozen=True)
class Config:
    rate_hz: float = parameter(50.0, "Hz.", low=1.0, high=500.0)
    count: int = parameter(3, "How many.", low=0)
    pace: str = parameter("slow", "How.", choices=("slow", "fast"))
    is_on: bool = parameter(True, "Whether.")
    noise: Noise = section(Noise)


def test_nothing_given_is_the_default():
    assert build_config(Config, {}) == Config()


def test_values_by_dotted_name_as_yaml_gives_them():
    given = flatten({"rate_hz": 100, "noise": {"force": [3, 4.5]}, "is_on": False})
    assert build_config(Config, given) == Config(
        rate_hz=100.0, is_on=False, noise=Noise(force=(3.0, 4.5))
    )


def test_every_parameter_is_listed_with_its_default():
    listed = {name: default for name, (default, _) in flat_parameters(Config).items()}
    assert listed == {
        "rate_hz": 50.0,
        "count": 3,
        "pace": "slow",
        "is_on": True,
        "noise.force": (1.0, 2.0),
    }


@pytest.mark.parametrize("value", [1.0, 500.0])
def test_both_bounds_are_inside(value):
    assert build_config(Config, {"rate_hz": value}).rate_hz == value


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("rate_hz", 0.999, "must be from 1.0 to 500.0"),
        ("rate_hz", 500.001, "must be from 1.0 to 500.0"),
        ("rate_hz", float("nan"), "must be from 1.0 to 500.0"),
        ("count", -1, "must be from 0 to inf"),
        ("count", 2.5, "must be of type int"),
        ("count", True, "must be of type int"),
        ("is_on", 1, "must be of type bool"),
        ("pace", "fasst", "nearest: fast"),
        ("noise.force", 3.0, "must be of type tuple"),
        ("noise.force", "34", "must be of type tuple"),
        ("noise.force", [1.0, 11.0], "must be from 0.0 to 10.0"),
        ("noise.force", [1.0, "x"], "must be of type float"),
        ("noise.forces", [1.0], "nearest: noise.force"),
    ],
)
def test_wrong_values_are_refused_by_name_with_what_would_work(name, value, message):
    with pytest.raises(ParameterError, match=message) as refused:
        build_config(Config, {name: value})
    assert f"'{name}'" in str(refused.value)
    assert "\n" not in str(refused.value)
