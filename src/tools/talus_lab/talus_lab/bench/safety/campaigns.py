# SPDX-License-Identifier: Apache-2.0
"""Proves what the matrix does not show: falls, power cuts, fuzzed messages, the kernel's coverage.

A campaign is played in pieces, on several cores; each piece is kept, so that a campaign that was
interrupted goes on.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
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
KNOCKS_PER_PIECE = 100  # at each door of a node or a tool: half a minute
# One round at the gate and one at the supervisor; commands, which may be absent, are not counted.
MESSAGES_PER_ROUND = 7
_TESTS_OF = {name: folder.parent / "test" for name, folder in python_packages(SOURCES).items()}
FUZZ_TEST = _TESTS_OF["talus_safety"] / "test_safety_fuzz.py"
# Bytes, not counted as messages.
MALFORMED_TEST = _TESTS_OF["talus_drivers"] / "test_driver_malformed.py"
DOORS_SCRIPT = CHECKOUT / "tests" / "play_doors.py"
DOORS_HELPERS = tuple(
    path
    for pattern in ("fuzzed_*.py", "*_mutation.py")
    for path in sorted((CHECKOUT / "tests").glob(pattern))
)
KERNEL_TEST = CHECKOUT / "tests" / "test_safety_kernel.py"
FINDING = "finding: "  # before what play_doors.py found
MUTANTS_SCRIPT = CHECKOUT / "tests" / "mutate_safety_kernel.py"
EVIDENCE_ENTRIES = ("talus_lab.bench.safety.campaigns",)  # what plays a piece
# Tests that a campaign runs in a process of its own, so that no import leads to them.
TESTS_RUN = {
    "fuzz": (FUZZ_TEST.parent, MALFORMED_TEST.parent),
    "doors": (DOORS_SCRIPT, *DOORS_HELPERS),
    "kernel": (FUZZ_TEST.parent, KERNEL_TEST),
}


@dataclass(frozen=True)
class Scale:
    """Defines how many falls, power cuts, rounds of messages and knocks at doors are played."""

    falls: int
    cuts: int
    rounds: int
    knocks: int


# 143 000 rounds are 10^6 messages; 7000 knocks at each of 200 doors, fewer at slow ones, as many.
FULL_SCALE = Scale(100, 1000, 143_000, 7_000)
QUICK_SCALE = Scale(4, 50, 5000, 100)
DOORS_SCALE = Scale(0, 0, 0, FULL_SCALE.knocks)  # the doors alone


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
        inputs: How many inputs were played at doors.
        cpu_s: CPU time that they took, s.
    """

    bad: int = 0
    share: float = 1.0
    loss_s: float = 0.0
    detail: str = ""
    inputs: int = 0
    cpu_s: float = 0.0


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
    """Return all pieces that must be played; of the doors alone, no other evidence."""
    return [
        *([] if scale == DOORS_SCALE else [EvidencePiece("kernel", 0)]),
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
    scale: Scale,
    store: Store[Found],
    jobs: int,
    progress: BenchProgress,
    seconds: float = float("inf"),
) -> dict[EvidencePiece, Found]:
    """Play the pieces that are not in the store; return what all that were played showed.

    After so many `seconds` no piece begins; the next call goes on from there.
    """
    wanted = pieces(scale)
    found = {piece: known for piece in wanted if (known := store.get(piece)) is not None}
    left = [piece for piece in wanted if piece not in found]
    if not left:
        return found
    os.environ.update(ONE_THREAD)
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(min(jobs, len(left)), _ignore_interrupt, (os.getpid(),)) as pool:
        play = partial(_played, time.monotonic() + seconds)
        for piece, outcome in pool.imap_unordered(play, left):
            if outcome is None:
                continue
            found[piece] = outcome
            store.put(piece, outcome)
            progress.show(f"{len(found)} of {len(wanted)} pieces of evidence", piece.campaign)
    return found


def figures_of(found: Mapping[EvidencePiece, Found]) -> dict[str, float]:
    """Return the figures of the summary: those of the campaigns of which something was played."""
    by_name: dict[str, list[tuple[EvidencePiece, Found]]] = {}
    for piece, outcome in found.items():
        by_name.setdefault(piece.campaign, []).append((piece, outcome))
    figures: dict[str, float] = {}
    for name, figure in _FIGURES.items():
        if name in by_name:
            figures |= figure(by_name[name])
    return figures


Played = Sequence[tuple[EvidencePiece, Found]]


def _fall_figures(falls: Played) -> dict[str, float]:
    return {
        "protective_falls": len(falls),
        "fall_lead_s": sum(outcome.share for _, outcome in falls) / len(falls),
        "fall_head_strikes": sum(outcome.bad for _, outcome in falls),
    }


def _cut_figures(cuts: Played) -> dict[str, float]:
    return {
        "power_cuts": sum(piece.count for piece, _ in cuts),
        "power_cuts_unreadable": sum(outcome.bad for _, outcome in cuts),
        "power_cuts_loss_s": max(outcome.loss_s for _, outcome in cuts),
    }


def _fuzz_figures(fuzz: Played) -> dict[str, float]:
    return {
        "fuzzed_messages": MESSAGES_PER_ROUND * sum(piece.count for piece, _ in fuzz),
        "fuzz_crashes": sum(outcome.bad for _, outcome in fuzz),
    }


def _door_figures(doors: Played) -> dict[str, float]:
    inputs = sum(outcome.inputs for _, outcome in doors)
    cpu_s = sum(outcome.cpu_s for _, outcome in doors)
    return {
        "knocks_per_door": sum(piece.count for piece, _ in doors),
        "door_inputs": inputs,
        "door_inputs_per_cpu_s": inputs / cpu_s if cpu_s else 0.0,
        "door_crashes": sum(outcome.bad for _, outcome in doors),
    }


def _kernel_figures(kernel: Played) -> dict[str, float]:
    tested, surviving = known_mutants()
    return {
        "kernel_line_and_branch": min(outcome.share for _, outcome in kernel),
        "kernel_mutants": tested,
        "kernel_mutants_surviving": surviving,
    }


_FIGURES: Mapping[str, Callable[[Played], dict[str, float]]] = {
    "fall": _fall_figures,
    "cuts": _cut_figures,
    "fuzz": _fuzz_figures,
    "doors": _door_figures,
    "kernel": _kernel_figures,
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


def _played(until: float, piece: EvidencePiece) -> tuple[EvidencePiece, Found | None]:
    """Play a piece, unless the steady clock, which processes share, is past `until`, s."""
    late = time.monotonic() > until
    return piece, None if late else _CAMPAIGNS[piece.campaign](piece)


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
    """Knock at all doors in a process of its own: also what ends the interpreter is found."""
    command = [sys.executable, str(DOORS_SCRIPT), "--seed", str(piece.seed)]
    command += ["--count", str(piece.count)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, errors="replace")
    lines = done.stdout.strip().splitlines()
    if done.returncode not in (0, 1) or not lines:
        return Found(1, detail=f"seed {piece.seed}: ended with code {done.returncode}")
    told = json.loads(lines[-1])
    wrong = next((line for line in lines if line.startswith(FINDING)), "")
    return Found(told["findings"], detail=wrong, inputs=told["inputs"], cpu_s=told["cpu_s"])


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
