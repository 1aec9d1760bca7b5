# SPDX-License-Identifier: Apache-2.0
"""./talus docs: markers, tables, what is refused, and that a second run changes nothing."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import pytest
from talus_cli.docs import markdown
from talus_cli.docs.cli import main
from talus_cli.docs.errors import DocsError
from talus_cli.docs.pages import generated_pages, up_to_date_text
from talus_cli.docs.registry import TABLES
from talus_cli.docs.request import TableRequest
from talus_cli.docs.tables.parameters import range_of
from talus_cli.docs.tables.rules import bound_table
from talus_core.parameters import ParameterInfo, parameter, section

LAUNCH = """<launch>
  <arg name="robot" default="$(find-pkg-share x)/urdf" description="Folder"/>
  <arg name="driver" description="Name | file"/>
  <group><node pkg="p" exec="e" name="n"/><include file="$(dirname)/other.launch.xml"/></group>
</launch>"""


@dataclass(frozen=True)
class Inner:
    gain: float = parameter(1.0, "Of the loop.", low=0.0)


@dataclass(frozen=True)
class Outer:
    is_on: bool = parameter(True, "Works.")
    inner: Inner = section(Inner)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("pkgutil.resolve_name", lambda name: {"here:Outer": Outer}[name])
    path = tmp_path / "README.md"
    path.write_text("# A\n<!-- generated: parameters here:Outer -->\nstale\n<!-- end -->\nprose\n")
    return path


def written(page: Path, marker: str) -> str:
    page.write_text(f"{marker}\n<!-- end -->\n")
    return up_to_date_text(page, page.parent)


def test_only_what_stands_between_the_markers_is_written(page, capsys):
    assert main(["--check"], page.parent) == 1
    assert "README.md is stale; './talus docs' mends it" in capsys.readouterr().err
    assert main([], page.parent) == 0
    assert page.read_text() == (
        "# A\n<!-- generated: parameters here:Outer -->\n"
        "| parameter | default | range | is |\n|---|---|---|---|\n"
        "| `is_on` | true | | Works. |\n| `inner.gain` | 1.0 | at least 0.0 | Of the loop. |\n"
        "<!-- end -->\nprose\n"
    )


def test_a_second_run_changes_nothing(page):
    main([], page.parent)
    before = page.stat().st_mtime_ns
    assert main([], page.parent) == main(["--check"], page.parent) == 0
    assert page.stat().st_mtime_ns == before


def test_a_page_without_markers_is_left_alone(page):
    page.write_text("Put `<!-- generated: topics -->` into it.\n")
    assert generated_pages(page.parent) == []


@pytest.mark.parametrize(("words", "left"), [("only=inner.", "inner"), ("except=inner.", "is_on")])
def test_parameters_are_chosen_by_the_beginning_of_their_name(page, words, left):
    text = written(page, f"<!-- generated: parameters here:Outer {words} -->")
    assert [line.split("`")[1][:5] for line in text.splitlines()[3:-1]] == [left]


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (
            "<!-- generated: topic -->",
            "README.md:1: unknown kind of table 'topic'; nearest: topics",
        ),
        ("<!-- generated parameters -->", "is no marker"),
        ("<!-- generated: parameters -->", "needs a configuration as module:name"),
        ("<!-- generated: launch_arguments nowhere.launch.xml -->", "nowhere.launch.xml"),
        ("<!-- generated: topics -->\n<!-- generated: topics -->", "has no end"),
    ],
)
def test_a_marker_that_cannot_be_followed_is_named(page, marker, message):
    with pytest.raises(DocsError, match=message) as raised:
        written(page, marker)
    assert "\n" not in str(raised.value)


def test_what_does_not_exist_is_named(page, monkeypatch, capsys):
    monkeypatch.undo()
    page.write_text("<!-- generated: parameters talus_core.nowhere:X -->\n<!-- end -->\n")
    assert main([], page.parent) == 2
    assert "no configuration 'talus_core.nowhere:X'" in capsys.readouterr().err
    assert main(["--all"], page.parent) == 2


def test_tables_of_launch_files(tmp_path):
    (tmp_path / "launch").mkdir()
    (tmp_path / "launch" / "a.launch.xml").write_text(LAUNCH)
    request = TableRequest(tmp_path, tmp_path / "README.md", ("a.launch.xml",))
    assert TABLES["launch_arguments"](request).splitlines()[2:] == [
        "| `robot` | `$(find-pkg-share x)/urdf` | Folder |",
        r"| `driver` | must be given | Name \| file |",
    ]
    assert TABLES["launch_files"](request).splitlines()[2:] == [
        "| `a.launch.xml` | `n`: p/e | `other.launch.xml` |"
    ]


def test_options_of_a_command(page, monkeypatch):
    parser = argparse.ArgumentParser()
    parser.add_argument("--fast", action="store_true", help="at 100 %% of a core")
    parser.add_argument("--cmd-vel", nargs=2, metavar=("VX", "VY"), help="walk")
    monkeypatch.setattr("pkgutil.resolve_name", lambda _: lambda: parser)
    assert written(page, "<!-- generated: options here:parser -->").splitlines()[3:-1] == [
        "| `--fast` | | at 100 % of a core |",
        "| `--cmd-vel` | VX VY | walk |",
    ]


def test_values_are_shown_as_configuration_files_write_them():
    assert [markdown.shown(value) for value in (False, ("a", 1.5), 2e-4)] == [
        "false",
        "a, 1.5",
        "0.0002",
    ]
    assert range_of(ParameterInfo("", choices=("a", "b"))) == "a, b"
    assert range_of(ParameterInfo("", high=3)) == "at most 3"


def test_numbers_of_rows_are_no_bounds(tmp_path):
    text = bound_table(TableRequest(tmp_path, tmp_path / "README.md"))
    assert "JUMP_TICKS 10" in text and "POSITION" not in text and "ladder" not in text
