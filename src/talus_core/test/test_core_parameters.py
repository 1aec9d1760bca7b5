# SPDX-License-Identifier: Apache-2.0
from dataclasses import dataclass

import pytest
from talus_core.parameters import ParameterError, build_config, flat_parameters, flatten, parameter, section


@dataclass(frozen=True)
class Gains:
    kp: float = parameter(1.0, "Stiffness, N m/rad.", low=0.0, high=10.0)


@dataclass(frozen=True)
class Config:
    name: str = parameter("a", "Which.", choices=("a", "b"))
    count: int = parameter(3, "How many.", low=1)
    limits: tuple[float, float] = parameter((0.0, 1.0), "Of each axis.", low=-2.0, high=2.0)
    gains: Gains = section(Gains)


def test_defaults_stand_where_nothing_is_given():
    assert build_config(Config, {}) == Config()


def test_nested_values_by_dotted_name():
    config = build_config(Config, flatten({"gains": {"kp": 2}, "limits": [0, 2]}))
    assert config.gains.kp == 2.0 and isinstance(config.gains.kp, float)
    assert config.limits == (0.0, 2.0)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"gain.kp": 1.0}, "gains.kp"),
        ({"gains.kp": 11.0}, "0.0 to 10.0"),
        ({"gains.kp": float("nan")}, "nan"),
        ({"count": 0}, "from 1"),
        ({"count": True}, "type int"),
        ({"count": 1.5}, "type int"),
        ({"name": "c"}, "'c'"),
        ({"limits": (0.0, 3.0)}, "3.0"),
        ({"limits": 1.0}, "type tuple"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(values, says):
    with pytest.raises(ParameterError) as caught:
        build_config(Config, values)
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_every_parameter_has_its_description():
    assert {name: info.description for name, (_, info) in flat_parameters(Config).items()} == {
        "name": "Which.",
        "count": "How many.",
        "limits": "Of each axis.",
        "gains.kp": "Stiffness, N m/rad.",
    }
