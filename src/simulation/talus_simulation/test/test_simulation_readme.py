# SPDX-License-Identifier: Apache-2.0
"""The tables of the README and of the page on faults equal the code."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import talus_simulation
from readme_tables import assert_files, rows
from talus_drivers.registry import DRIVERS_GROUP
from talus_simulation.faults.catalogue import CATALOGUE, FAULT_COMPONENTS, FAULT_KINDS, FAULT_TYPES

PACKAGE = Path(__file__).parents[1]
README = (PACKAGE / "README.md").read_text()
FAULTS = (PACKAGE.parents[2] / "docs" / "faults.md").read_text()
SOURCES = Path(talus_simulation.__file__).parent


def names_in(section: str, pattern: str, page: str = README) -> set[str]:
    return {name for row in rows(page, section) for name in re.findall(pattern, row[0])}


def test_every_driver_has_its_row():
    entries = entry_points(group=DRIVERS_GROUP)
    ours = {entry.name for entry in entries if entry.module.startswith(talus_simulation.__name__)}
    named = names_in("Purpose", r"`(\w+)`")
    assert ours <= named <= {entry.name for entry in entries}


def test_every_source_file_has_its_row():
    assert_files(README, SOURCES)


def test_every_topic_and_service_has_its_row():
    used = {"heartbeat", "diagnostics"}
    call = re.compile(r'(?:create_publisher|serve)\([^"\n]*?"([\w/]+)"')
    for path in SOURCES.glob("*_node.py"):
        used |= set(call.findall(path.read_text()))
    source = (SOURCES / "cameras" / "camera_node.py").read_text()
    found = re.findall(r'f?"((?:\{base\}|sim)/[\w/]+)"', source)
    used |= {name.replace("{base}", "camera/<name>") for name in found}
    assert names_in("Inputs and outputs", r"`([\w/<>]+)`") == used


def test_the_fault_table_is_the_catalogue():
    for component, _, *cells in rows(FAULTS, "Faults"):
        name = component.strip("`")
        assert cells[:7] == [
            "yes" if f"{name}.{kind}" in CATALOGUE else "-" for kind in FAULT_TYPES
        ], name
        assert cells[7] == ", ".join(
            kind.effect for kind in FAULT_KINDS if kind.component == name and not kind.type
        )
    assert names_in("Faults", r"`(\w+)`", FAULTS) == set(FAULT_COMPONENTS)
