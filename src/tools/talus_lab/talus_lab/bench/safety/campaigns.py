# SPDX-License-Identifier: Apache-2.0
"""Proves what the matrix does not show: falls, power cuts, fuzzed messages, the kernel's coverage.

A campaign is played in pieces, on several cores; each piece is kept, so that a campaign that was
interrupted goes on.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from talus_core.machine.program import end_with_parent
from talus_core.robot import load_robot

from talus_lab.bench.closure import python_packages, run_fingerprint
from talus_lab.bench.falls import USEFUL_LEAD_S, fall_trial
from talus_lab.bench.progress import BenchProgress
from talus_lab.bench.store import Store
from talus_lab.rig.checkout import CHECKOUT, SOURCES, TALUS40_FOLDER
from talus_lab.rig.fork import ONE_THREAD

CUTS_PER_PIECE = 25  # half a minute
ROUNDS_PER_PIECE = 5000  # half a minute
KNOCKS_PER_PIECE = 500  # at each door of a node: a minute
# One round at the gate and one at the supervisor; commands, which may be absent, are not counted.
MESSAGES_PER_ROUND = 7
_TESTS_OF = {name: folder.parent / "test" for name, folder in python_packages(SOURCES).items()}
FUZZ_TEST = _TESTS_OF["talus_safety"] / "test_safety_fuzz.py"
# Bytes, not counted as messages.
MALFORMED_TEST = _TESTS_OF["talus_drivers"] / "test_driver_malformed.py"
DOORS_TEST = CHECKOUT / "tests" / "test_fuzz_doors.py"
DOORS_HELPERS = tuple(
    CHECKOUT / "tests" / f"{name}.py" for name in ("fuzzed_nodes", "message_mutation")
)
KERNEL_TEST = CHECKOUT / "tests" / "test_safety_kernel.py"
MUTANTS_SCRIPT = CHECKOUT / "tests" / "mutate_safety_kernel.py"
EVIDENCE_ENTRIES = ("talus_lab.bench.safety.campaigns",)  # what plays a piece
# Tests that a campaign runs in a process of its own, so that no import leads to them.
TESTS_RUN = {
    "fuzz": (FUZZ_TEST.parent, MALFORMED_TEST.parent),
    "doors": (DOORS_TEST, *DOORS_HELPERS),
    "kernel": (FUZZ_TEST.parent, KERNEL_TEST),
}


@dataclass(frozen=True)
class Scale:
    """Defines how many falls, power cuts, rounds of messages and knocks at doors are played."""

    falls: int
    cuts: int
    rounds: int
    knocks: int


# 143 000 rounds are 10^6 messages; 14 500 knocks at each of 70 doors, as many.
FULL_SCALE = Scale(100, 1000, 143_000, 14_500)
QUICK_SCALE = Scale(4, 50, 5000, 500)


@dataclass(frozen=True)
class EvidencePiece:
    """Describes a part of a campaign: so many, with this seed."""

    campaign: str
    seed: int
    count: int = 1

    @property
    def key(self) -> str:
        """Return its name in the file, which changes with the tests that it runs."""
        return f"{self.campaign} {self.seed} {self.count} {_fingerprint_of_tests(self.campaign)}"


@dataclass(frozen=True)
class Found:
    """Holds what a piece showed.

    Attributes:
        bad: How many files cannot be read, crashes, or heads that struck.
        share: Share of lines and branches that is tested; of falls: 1 if called early enough.
        loss_s: What a recording lost, s.
        detail: What went wrong, in words.
    """

    bad: int = 0
    share: float = 1.0
    loss_s: float = 0.0
    detail: str = ""


@cache
def _fingerprint_of_tests(campaign: str) -> str:
    """Return the fingerprint of the tests that a campaign runs, with all that these import."""
    places = TESTS_RUN.get(campaign, ())
    tests = [
        path
        for place in places
        for path in (sorted(place.rglob("*.py")) if place.is_dir() else [place])
    ]
    return run_fingerprint(tests, SOURCES)


def pieces(scale: Scale) -> list[EvidencePiece]:
    """Return all pieces that must be played."""
    return [
        EvidencePiece("kernel", 0),
        *(
            EvidencePiece("cuts", seed, CUTS_PER_PIECE)
            for seed in range(-(-scale.cuts // CUTS_PER_PIECE))
        ),
        *(EvidencePiece("fall", seed) for seed in range(scale.falls)),
        *(
            EvidencePiece("fuzz", seed, ROUNDS_PER_PIECE)
            for seed in range(-(-scale.rounds // ROUNDS_PER_PIECE))
        ),
        *(
            EvidencePiece("doors", seed, KNOCKS_PER_PIECE)
            for seed in range(-(-scale.knocks // KNOCKS_PER_PIECE))
        ),
    ]


def play_campaigns(
    scale: Scale, store: Store[Found], jobs: int, progress: BenchProgress
) -> dict[EvidencePiece, Found]:
    """Play the pieces that are not in the store; return what all of them showed."""
    wanted = pieces(scale)
    found = {piece: known for piece in wanted if (known := store.get(piece)) is not None}
    left = [piece for piece in wanted if piece not in found]
    if not left:
        return found
    os.environ.update(ONE_THREAD)
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(min(jobs, len(left)), _ignore_interrupt, (os.getpid(),)) as pool:
        for piece, outcome in pool.imap_unordered(_played, left):
            found[piece] = outcome
            store.put(piece, outcome)
            progress.show(f"{len(found)} of {len(wanted)} pieces of evidence", piece.campaign)
    return found


def figures_of(found: Mapping[EvidencePiece, Found]) -> dict[str, float]:
    """Return the figures of the summary."""
    by_name: dict[str, list[tuple[EvidencePiece, Found]]] = {}
    for piece, outcome in found.items():
        by_name.setdefault(piece.campaign, []).append((piece, outcome))
    cuts, falls, fuzz, doors = (by_name.get(name, []) for name in ("cuts", "fall", "fuzz", "doors"))
    tested, surviving = known_mutants()
    return {
        "protective_falls": len(falls),
        "fall_lead_s": sum(outcome.share for _, outcome in falls) / len(falls),
        "fall_head_strikes": sum(outcome.bad for _, outcome in falls),
        "power_cuts": sum(piece.count for piece, _ in cuts),
        "power_cuts_unreadable": sum(outcome.bad for _, outcome in cuts),
        "power_cuts_loss_s": max(outcome.loss_s for _, outcome in cuts),
        "fuzzed_messages": MESSAGES_PER_ROUND * sum(piece.count for piece, _ in fuzz),
        "fuzz_crashes": sum(outcome.bad for _, outcome in fuzz),
        "knocks_per_door": sum(piece.count for piece, _ in doors),
        "door_crashes": sum(outcome.bad for _, outcome in doors),
        "kernel_line_and_branch": min(outcome.share for _, outcome in by_name["kernel"]),
        "kernel_mutants": tested,
        "kernel_mutants_surviving": surviving,
    }


def rows_of(found: Mapping[EvidencePiece, Found]) -> list[dict[str, Any]]:
    """Return one line per campaign."""
    lines = []
    for name in dict.fromkeys(piece.campaign for piece in found):
        outcomes = [outcome for piece, outcome in found.items() if piece.campaign == name]
        wrong = next((outcome.detail for outcome in outcomes if outcome.detail), "")
        bad = sum(outcome.bad for outcome in outcomes)
        lines.append({"evidence": name, "pieces": len(outcomes), "bad": bad, "first wrong": wrong})
    return lines


def known_mutants() -> tuple[int, int]:
    """Return how many mutants of the kernel were tested, and how many no test noticed."""
    done = subprocess.run(
        [sys.executable, str(MUTANTS_SCRIPT), "--seconds", "0"], capture_output=True, text=True
    )
    said = re.search(r"(\d+) of \d+ mutants, (\d+) survive", done.stdout)
    return (int(said[1]), int(said[2])) if said else (0, 0)


def _ignore_interrupt(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    end_with_parent(parent)


def _played(piece: EvidencePiece) -> tuple[EvidencePiece, Found]:
    return piece, _CAMPAIGNS[piece.campaign](piece)


def _fall(piece: EvidencePiece) -> Found:
    """Play a push that fells."""
    trial = fall_trial(load_robot(TALUS40_FOLDER), piece.seed)
    is_early = not trial.fell or (trial.lead is not None and trial.lead >= USEFUL_LEAD_S)
    wrong = [
        word
        for word, holds in (("the head strikes", trial.head_strike), ("called late", not is_early))
        if holds
    ]
    detail = f"seed {piece.seed}: {', '.join(wrong)}" if wrong else ""
    return Found(int(trial.head_strike), float(is_early), detail=detail)


def _cuts(piece: EvidencePiece) -> Found:
    from talus_recorder.disk.power_cuts import power_cuts

    cuts = power_cuts(piece.count, piece.seed)
    return Found(cuts.unreadable, loss_s=cuts.max_loss_s, detail="; ".join(cuts.reasons[:1]))


def _fuzz(piece: EvidencePiece) -> Found:
    return _fuzzed_by(piece, FUZZ_TEST, MALFORMED_TEST)


def _doors(piece: EvidencePiece) -> Found:
    return _fuzzed_by(piece, DOORS_TEST)


def _fuzzed_by(piece: EvidencePiece, *tests: Path) -> Found:
    """Run tests in a process of their own: a crash of the interpreter is one of this piece."""
    environment = {**os.environ, "TALUS_FUZZ": str(piece.count), "TALUS_FUZZ_SEED": str(piece.seed)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--timeout=0",
        *map(str, tests),
    ]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True)
    detail = (
        ""
        if done.returncode == 0
        else f"seed {piece.seed}: {done.stdout.strip().splitlines()[-1:]}"
    )
    return Found(int(done.returncode != 0), detail=detail)


def _kernel(_: EvidencePiece) -> Found:
    done = subprocess.run(
        [sys.executable, str(KERNEL_TEST)], cwd=CHECKOUT, capture_output=True, text=True
    )
    if done.returncode != 0:
        return Found(1, 0.0, detail=(done.stderr.strip().splitlines() or ["no answer"])[-1])
    return Found(share=float(done.stdout.split()[-1]))


_CAMPAIGNS: Mapping[str, Callable[[EvidencePiece], Found]] = {
    "fall": _fall,
    "cuts": _cuts,
    "fuzz": _fuzz,
    "doors": _doors,
    "kernel": _kernel,
}
