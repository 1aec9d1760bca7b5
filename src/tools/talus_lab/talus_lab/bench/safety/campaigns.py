# SPDX-License-Identifier: Apache-2.0
"""What the matrix does not show: protective falls, power cuts of the recorder, fuzzed messages, the kernel's coverage.

A campaign is played in pieces, on several cores; each piece is kept, so that a campaign that was interrupted goes on.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talus_lab.bench.balance.workers import ONE_THREAD
from talus_lab.bench.progress import Progress
from talus_lab.bench.safety.figures import LEAD_S
from talus_lab.bench.store import Store

ROOT = Path(__file__).resolve().parents[6]
ROBOT = ROOT / "urdf" / "talus40"
CUTS_AT_ONCE, ROUNDS_AT_ONCE = 25, 5000  # in one piece: half a minute
MESSAGES_A_ROUND = 7  # of one round at the gate and one at the supervisor; commands, which may be absent, not counted
FUZZ = ROOT / "src" / "safety" / "talus_safety" / "test" / "test_safety_fuzz.py"
FRAMES = (
    ROOT / "src" / "robot" / "talus_drivers" / "test" / "test_driver_malformed.py"
)  # bytes, not counted as messages
KERNEL, MUTANTS = ROOT / "tests" / "test_safety_kernel.py", ROOT / "tests" / "mutate_safety_kernel.py"
DEPENDS_ON = {
    "cuts": ROOT / "src" / "safety" / "talus_recorder",
    "fuzz": FUZZ.parent,
    "kernel": FUZZ.parent,
}  # besides all else


@dataclass(frozen=True)
class Scale:
    """How much of each: falls, power cuts, and rounds of messages."""

    falls: int
    cuts: int
    rounds: int


FULL, QUICK = Scale(100, 1000, 143_000), Scale(4, 50, 5000)  # 143 000 rounds are 10^6 messages


@dataclass(frozen=True)
class Piece:
    """A part of a campaign: so many, with this seed."""

    campaign: str
    seed: int
    count: int = 1

    @property
    def key(self) -> str:
        """See `store.Run`."""
        files = sorted(DEPENDS_ON[self.campaign].rglob("*.py")) if self.campaign in DEPENDS_ON else []
        content = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
        return f"{self.campaign} {self.seed} {self.count} {content}"


@dataclass(frozen=True)
class Found:
    """What a piece showed.

    Attributes:
        bad: Files that cannot be read, crashes, heads that struck.
        share: Of lines and branches; of falls: 1 if it was called early enough.
        loss_s: Of a recording.
        detail: What went wrong, in words.
    """

    bad: int = 0
    share: float = 1.0
    loss_s: float = 0.0
    detail: str = ""


def pieces(scale: Scale) -> list[Piece]:
    """All that must be played."""
    return [
        Piece("kernel", 0),
        *(Piece("cuts", seed, CUTS_AT_ONCE) for seed in range(-(-scale.cuts // CUTS_AT_ONCE))),
        *(Piece("fall", seed) for seed in range(scale.falls)),
        *(Piece("fuzz", seed, ROUNDS_AT_ONCE) for seed in range(-(-scale.rounds // ROUNDS_AT_ONCE))),
    ]


def play_campaigns(scale: Scale, store: Store[Found], jobs: int, progress: Progress) -> dict[Piece, Found]:
    """Those pieces that are not in the store are played."""
    wanted = pieces(scale)
    found = {piece: known for piece in wanted if (known := store.get(piece)) is not None}
    left = [piece for piece in wanted if piece not in found]
    if not left:
        return found
    os.environ.update(ONE_THREAD)
    with multiprocessing.get_context("spawn").Pool(min(jobs, len(left)), _ignore_interrupt) as pool:
        for piece, outcome in pool.imap_unordered(_played, left):
            found[piece] = outcome
            store.put(piece, outcome)
            progress.tell(f"{len(found)} of {len(wanted)} pieces of evidence", piece.campaign)
    return found


def figures_of(found: Mapping[Piece, Found]) -> dict[str, float]:
    """Keys of the summary."""
    by_name: dict[str, list[tuple[Piece, Found]]] = {}
    for piece, outcome in found.items():
        by_name.setdefault(piece.campaign, []).append((piece, outcome))
    cuts, falls, fuzz = (by_name.get(name, []) for name in ("cuts", "fall", "fuzz"))
    tested, surviving = known_mutants()
    return {
        "protective_falls": len(falls),
        "fall_lead_s": sum(outcome.share for _, outcome in falls) / len(falls),
        "fall_head_strikes": sum(outcome.bad for _, outcome in falls),
        "power_cuts": sum(piece.count for piece, _ in cuts),
        "power_cuts_unreadable": sum(outcome.bad for _, outcome in cuts),
        "power_cuts_loss_s": max(outcome.loss_s for _, outcome in cuts),
        "fuzzed_messages": MESSAGES_A_ROUND * sum(piece.count for piece, _ in fuzz),
        "fuzz_crashes": sum(outcome.bad for _, outcome in fuzz),
        "kernel_line_and_branch": min(outcome.share for _, outcome in by_name["kernel"]),
        "kernel_mutants": tested,
        "kernel_mutants_surviving": surviving,
    }


def rows_of(found: Mapping[Piece, Found]) -> list[dict[str, Any]]:
    """One line per campaign."""
    lines = []
    for name in dict.fromkeys(piece.campaign for piece in found):
        outcomes = [outcome for piece, outcome in found.items() if piece.campaign == name]
        wrong = next((outcome.detail for outcome in outcomes if outcome.detail), "")
        bad = sum(outcome.bad for outcome in outcomes)
        lines.append({"evidence": name, "pieces": len(outcomes), "bad": bad, "first wrong": wrong})
    return lines


def known_mutants() -> tuple[int, int]:
    """How many mutants of the kernel as it is were tested, and how many of them no test noticed."""
    done = subprocess.run([sys.executable, str(MUTANTS), "--seconds", "0"], capture_output=True, text=True)
    said = re.search(r"(\d+) of \d+ mutants, (\d+) survive", done.stdout)
    return (int(said[1]), int(said[2])) if said else (0, 0)


def _ignore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us


def _played(piece: Piece) -> tuple[Piece, Found]:
    return piece, {"fall": _fall, "cuts": _cuts, "fuzz": _fuzz, "kernel": _kernel}[piece.campaign](piece)


def _fall(piece: Piece) -> Found:
    """A push that fells."""
    from talus_core.robot import load_robot

    from talus_lab.bench.falls import fall_trial

    trial = fall_trial(load_robot(ROBOT), piece.seed)
    is_early = not trial.fell or (trial.lead is not None and trial.lead >= LEAD_S)
    wrong = [word for word, holds in (("the head strikes", trial.head_strike), ("called late", not is_early)) if holds]
    detail = f"seed {piece.seed}: {', '.join(wrong)}" if wrong else ""
    return Found(int(trial.head_strike), float(is_early), detail=detail)


def _cuts(piece: Piece) -> Found:
    from talus_recorder.disk.power_cuts import power_cuts

    cuts = power_cuts(piece.count, piece.seed)
    return Found(cuts.unreadable, loss_s=cuts.max_loss_s, detail="; ".join(cuts.reasons[:1]))


def _fuzz(piece: Piece) -> Found:
    """In a process of its own, so that a crash of the interpreter is one of this piece."""
    environment = {**os.environ, "TALUS_FUZZ": str(piece.count), "TALUS_FUZZ_SEED": str(piece.seed)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=0", str(FUZZ), str(FRAMES)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    detail = "" if done.returncode == 0 else f"seed {piece.seed}: {done.stdout.strip().splitlines()[-1:]}"
    return Found(int(done.returncode != 0), detail=detail)


def _kernel(_: Piece) -> Found:
    done = subprocess.run([sys.executable, str(KERNEL)], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        return Found(1, 0.0, detail=(done.stderr.strip().splitlines() or ["no answer"])[-1])
    return Found(share=float(done.stdout.split()[-1]))
