# SPDX-License-Identifier: Apache-2.0
"""A parameter file of which a node would read nothing is an error, not a default."""

from __future__ import annotations

import pytest
from talus_core.parameters import ParameterError
from talus_ros.parameter_files import check_parameter_files

FILE = "{section}:\n  ros__parameters:\n    rate_hz: 5.0\n"


def words(tmp_path, text: str) -> list[str]:
    file = tmp_path / "given.yaml"
    file.write_text(text)
    return ["node", "--ros-args", "-r", "__node:=map", "--params-file", str(file)]


@pytest.mark.parametrize("section", ["/**", "/**/map", "map", "/map", "'*'"])
def test_sections_that_fit(tmp_path, section):
    check_parameter_files(words(tmp_path, FILE.format(section=section)), "/map")


@pytest.mark.parametrize(
    "section", ["/**", "/**/map", "robot1/map", "/robot1/map", "/*/map", "'/robot1/*'"]
)
def test_sections_that_fit_in_a_namespace(tmp_path, section):
    check_parameter_files(words(tmp_path, FILE.format(section=section)), "/robot1/map")


def test_nested_names(tmp_path):
    text = "robot1:\n  map:\n    ros__parameters:\n      a: 1\n"
    check_parameter_files(words(tmp_path, text), "/robot1/map")


@pytest.mark.parametrize("section", ["mapp", "/**/mapp", "/robot1/map", "/*/map", "m.p"])
def test_a_file_without_a_section_is_named(tmp_path, section):
    with pytest.raises(
        ParameterError, match=r"given\.yaml has no section for node '/map'; its sections: /"
    ):
        check_parameter_files(words(tmp_path, FILE.format(section=section)), "/map")


def test_one_section_of_several_is_enough(tmp_path):
    text = FILE.format(section="/**/driver") + FILE.format(section="/**/map")
    check_parameter_files(words(tmp_path, text), "/map")


def test_an_empty_file_is_named(tmp_path):
    with pytest.raises(ParameterError, match="its sections: none"):
        check_parameter_files(words(tmp_path, ""), "/map")


def test_no_file_no_error():
    check_parameter_files(["node", "--ros-args"], "/map")
