# SPDX-License-Identifier: Apache-2.0
"""The tables of the README equal the code."""

import re
from pathlib import Path

import pytest
import talus_can
from family_benches import MODES, bench
from readme_tables import assert_files, rows
from talus_can.codec.feedback import DriveSetting
from talus_can.codec.registry import family_names
from talus_can.load import BitRates, BusPlan, FrameShape, full_load_rate

PACKAGE = Path(__file__).parents[1]
README = (PACKAGE / "README.md").read_text()
FAMILIES = {row[0].strip("`"): row for row in rows(README, "Families")}
SHAPES = {
    "standard 8 + 8": (FrameShape(8),) * 2,
    "standard 8 + 8 bytes": (FrameShape(8),) * 2,
    "extended 8 + 8": (FrameShape(8, is_extended=True),) * 2,
    "one RPDO and two TPDOs": (FrameShape(8),) * 3,
    "FD standard 8 + 8": (FrameShape(8, is_flexible=True),) * 2,
    "FD extended 24 + 20": tuple(
        FrameShape(size, is_extended=True, is_flexible=True) for size in (24, 20)
    ),
}


def test_every_source_file_has_its_row():
    assert_files(README, Path(talus_can.__file__).parent)


def test_every_family_has_its_row():
    assert set(FAMILIES) == set(family_names())


@pytest.mark.parametrize("name", family_names())
def test_modes_are_those_of_the_code_and_the_first_is_the_usual_one(name):
    told = FAMILIES[name][1].split(", ")
    assert set(told) == {mode.name.lower() for family, mode in MODES if family == name}
    assert told[0] == bench(name).family.capabilities.mode.name.lower()


@pytest.mark.parametrize("name", family_names())
def test_a_watchdog_is_told_where_a_frame_can_set_it(name):
    can_be_set = DriveSetting.WATCHDOG in bench(name).family.capabilities.writable
    assert bool(re.search("register|timeout", FAMILIES[name][4])) == can_be_set


def test_rates_are_those_of_the_code():
    table = re.findall(r"(?m)^\| (FD )?(\d) Mbit/s, ([^|]+) \| (\d+)/(\d+)/(\d+) \|", README)
    assert len(table) == 7
    for flexible, megabits, shape, *told in table:
        rates = BitRates(1e6, float(megabits) * 1e6)
        plans = [BusPlan("", rates, 1.0, n, SHAPES[flexible + shape]) for n in (10, 8, 5)]
        found = [full_load_rate(plan) for plan in plans]
        assert found == pytest.approx([float(rate) for rate in told], abs=0.501)
