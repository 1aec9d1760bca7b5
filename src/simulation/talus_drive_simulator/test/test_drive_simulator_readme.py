# SPDX-License-Identifier: Apache-2.0
"""The tables of the README equal the code."""

import re
from pathlib import Path

import talus_drive_simulator
from readme_tables import assert_files, rows
from talus_drive_simulator.faults import BUS_FAULTS
from talus_drive_simulator.firmware.registry import FIRMWARES

README = (Path(__file__).parents[1] / "README.md").read_text()
SOCKETS = (Path(__file__).parents[1] / "docs" / "sockets.md").read_text()
SOURCES = Path(talus_drive_simulator.__file__).parent


def test_every_source_file_has_its_row():
    assert_files(README, SOURCES)


def test_every_family_has_its_row():
    assert [row[0].strip("`") for row in rows(README, "Families")] == list(FIRMWARES)


def test_every_fault_has_its_row():
    told = {row[0].strip("`"): row[1:] for row in rows(SOCKETS, "Faults")}
    assert list(told) == list(BUS_FAULTS)
    for name, (target, does, severity) in told.items():
        kind = BUS_FAULTS[name]
        assert target == ("bus" if name.startswith("wire.") else "joint")
        assert does == kind.does
        assert severity == (f"{kind.unit}, {kind.default:g}" if kind.unit else "")


def test_every_verb_has_its_row():
    source = (SOURCES / "stage" / "verbs.py").read_text()
    verbs = re.findall(r'"(\w+)": self\._\1,', source)
    told = [row[0].strip("`") for row in rows(SOCKETS, "Sockets")]
    assert [name for name in told if ".sock" not in name] == verbs
