# SPDX-License-Identifier: Apache-2.0
"""Checks what `./talus bench safety` does besides the matrix, and that a crash is counted."""

from __future__ import annotations

import argparse
from dataclasses import replace

import pytest
from talus_lab.bench import safety
from talus_lab.bench.progress import BenchProgress
from talus_lab.bench.safety import campaigns
from talus_lab.bench.safety.campaigns import (
    FULL_SCALE,
    QUICK_SCALE,
    EvidencePiece,
    Found,
    Scale,
    figures_of,
    pieces,
    play_campaigns,
)
from talus_lab.bench.store import Store


def settled(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    safety.add_options(parser)
    arguments = parser.parse_args(words)
    safety.settle(arguments)
    return arguments


@pytest.mark.parametrize(
    "words, evidence, seeds, kills, stops, nominal",
    [
        ((), "with", 4, 20, 1000, True),
        (("--quick",), "with", 1, 1, 20, True),
        (("--rows", "F23"), "without", 4, 0, 0, False),
        (("--postures", "walking", "--quick", "--seeds", "3"), "without", 3, 0, 0, False),
        (("--rows", "F23", "--evidence", "with", "--kill-nodes", "2"), "with", 4, 2, 1000, False),
        (("--evidence", "alone"), "alone", 4, 0, 0, True),
        (("--evidence", "doors"), "doors", 4, 0, 0, True),
    ],
)
def test_a_part_comes_alone_and_the_whole_with_all(words, evidence, seeds, kills, stops, nominal):
    given = settled(*words)
    assert (given.evidence, given.seeds, given.nominal) == (evidence, seeds, nominal)
    assert (given.kill_nodes, given.stops) == (kills, stops)


def test_campaigns_are_as_large_as_they_say():
    for scale in (FULL_SCALE, QUICK_SCALE):
        by_name = {}
        for piece in pieces(scale):
            by_name[piece.campaign] = by_name.get(piece.campaign, 0) + piece.count
        assert by_name["fall"] == scale.falls and by_name["kernel"] == 1
        assert by_name["cuts"] >= scale.cuts and by_name["fuzz"] >= scale.rounds
        assert by_name["doors"] >= scale.knocks
    assert FULL_SCALE.rounds * campaigns.MESSAGES_PER_ROUND >= 10**6 and FULL_SCALE.cuts >= 1000
    assert len({piece.key for piece in pieces(FULL_SCALE)}) == len(pieces(FULL_SCALE))


def test_figures_count_what_is_bad(monkeypatch):
    monkeypatch.setattr(campaigns, "known_mutants", lambda: (500, 3))
    found = {
        EvidencePiece("kernel", 0): Found(share=0.9),
        EvidencePiece("cuts", 0, 25): Found(bad=2, loss_s=0.6, detail="cut 3: torn"),
        EvidencePiece("cuts", 1, 25): Found(loss_s=0.4),
        EvidencePiece("fall", 0): Found(bad=1, share=0.0),
        EvidencePiece("fall", 1): Found(),
        EvidencePiece("fuzz", 0, 5000): Found(bad=1),
        EvidencePiece("doors", 0, 500): Found(bad=2, inputs=70_000, cpu_s=100.0),
    }
    assert figures_of(found) == {
        "protective_falls": 2,
        "fall_lead_s": 0.5,
        "fall_head_strikes": 1,
        "power_cuts": 50,
        "power_cuts_unreadable": 2,
        "power_cuts_loss_s": 0.6,
        "fuzzed_messages": 35_000,
        "fuzz_crashes": 1,
        "knocks_per_door": 500,
        "door_inputs": 70_000,
        "door_inputs_per_cpu_s": 700.0,
        "door_crashes": 2,
        "kernel_line_and_branch": 0.9,
        "kernel_mutants": 500,
        "kernel_mutants_surviving": 3,
    }


def test_no_piece_begins_after_the_time_and_the_next_call_goes_on(tmp_path):
    store, scale = Store(tmp_path, "mark", Found), Scale(0, 25, 0, 0)
    assert play_campaigns(scale, store, 1, BenchProgress("test"), seconds=-1.0) == {}
    assert figures_of({}) == {}


def test_what_was_played_is_kept(tmp_path):
    store, scale = Store(tmp_path, "mark", Found), Scale(0, 25, 0, 0)
    store.put(EvidencePiece("kernel", 0), Found(share=0.5))
    found = play_campaigns(scale, store, 1, BenchProgress("test"))
    assert found[EvidencePiece("kernel", 0)].share == 0.5
    cuts = found[EvidencePiece("cuts", 0, 25)]
    assert (cuts.bad, cuts.detail) == (0, "") and 0.0 < cuts.loss_s <= 0.5
    again = Store(tmp_path, "mark", Found)
    again.put(EvidencePiece("cuts", 0, 25), replace(cuts, loss_s=9.0))
    assert (
        play_campaigns(scale, again, 1, BenchProgress("test"))[EvidencePiece("cuts", 0, 25)].loss_s
        == 9.0
    )


TOLD = '{"findings": %d, "inputs": 9, "cpu_s": 1.0}'


@pytest.mark.parametrize(
    "script, bad, inputs",
    [
        (f"print('finding: x')\nprint('{TOLD % 1}')\nexit(1)", 1, 9),
        (f"print('{TOLD % 0}')", 0, 9),
        ("import os\nos.abort()", 1, 0),
    ],
)
def test_what_ends_the_interpreter_is_found_at_a_door(monkeypatch, tmp_path, script, bad, inputs):
    path = tmp_path / "doors.py"
    path.write_text(script)
    monkeypatch.setattr(campaigns, "DOORS_SCRIPT", path)
    found = campaigns._doors(EvidencePiece("doors", 0, 5))
    assert (found.bad, found.inputs) == (bad, inputs) and bool(found.detail) == bool(bad)


@pytest.mark.parametrize(
    "content, bad", [("def test_one():\n    pass\n", 0), ("def test_one():\n    1 / 0\n", 1)]
)
def test_a_crash_under_fuzz_is_counted(monkeypatch, tmp_path, content, bad):
    path = tmp_path / "test_fuzz_sample.py"
    path.write_text(content)
    monkeypatch.setattr(campaigns, "FUZZ_TEST", path)
    monkeypatch.setattr(campaigns, "MALFORMED_TEST", path)
    monkeypatch.setattr(campaigns, "CHECKOUT", tmp_path)
    found = campaigns._fuzz(EvidencePiece("fuzz", 0))
    assert found.bad == bad and bool(found.detail) == bool(bad)
