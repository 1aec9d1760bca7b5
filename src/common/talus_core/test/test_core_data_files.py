# SPDX-License-Identifier: Apache-2.0
"""Checks that whatever is wrong with YAML or XML is one line, and what is right comes through."""

import pytest
from talus_core.files.data_files import ContentError, read_xml, xml_root, yaml_tree

BILLION = "a0: &a0 [x]\n" + "".join(
    f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 10)}]\n" for i in range(9)
)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 500_000,
        "- " * 5000,
        "&a [*a]",
        BILLION,
        "2001-99-99",
        "9" * 5000,
        "9" * 400,
        "!!timestamp x",
        "!!python/object/apply:os.system [x]",
        "? [a]\n: b",
        b"\xff\xff",
        b"\x00",
    ],
)
def test_yaml_that_is_none_is_refused_in_a_line(text):
    with pytest.raises(ContentError, match=r"not valid YAML: .+") as told:
        yaml_tree(text)
    assert "\n" not in str(told.value)


def test_yaml_that_is_right_comes_through():
    said = yaml_tree("a: &a [1, 2.5, x]\nb: *a\nc: {d: null}\n".encode("utf-16"))
    assert said == {"a": [1, 2.5, "x"], "b": [1, 2.5, "x"], "c": {"d": None}}
    assert yaml_tree("") is None


@pytest.mark.parametrize(
    "text",
    [b"", b"<a>", b'<?xml version="1.0" encoding="klingon"?><a/>', b"\xff<a/>", "<a>\x01</a>"],
)
def test_xml_that_is_none_is_refused_in_a_line(text):
    with pytest.raises(ContentError, match=r"not valid XML: .+"):
        xml_root(text)


def test_a_file_is_named(tmp_path):
    with pytest.raises(ContentError, match=r"none\.xml: No such file"):
        read_xml(tmp_path / "none.xml")
    odd = tmp_path / "odd.xml"
    odd.write_text("<a>")
    with pytest.raises(ContentError, match=r"odd\.xml: not valid XML"):
        read_xml(odd)
    odd.write_text("<a/>")
    assert read_xml(odd).tag == "a"
