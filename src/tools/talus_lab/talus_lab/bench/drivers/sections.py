# SPDX-License-Identifier: Apache-2.0
"""Plays each part of the benchmark, as far as it is not in the store, and sums it up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from talus_core.robot import RobotDescription
from talus_gazebo.gz_calls import GazeboMissingError, find_gazebo

from talus_lab.bench.closure import run_fingerprint
from talus_lab.bench.drivers.bodies import GAZEBO, MUJOCO
from talus_lab.bench.drivers.contract import (
    PLAIN_DRIVERS,
    KitCase,
    KitOutcome,
    golden_vectors,
    lines_to_add_a_driver,
    run_kit,
)
from talus_lab.bench.drivers.faults import BUS_FAULTS_STAGED, FaultCase, FaultOutcome, stage_fault
from talus_lab.bench.drivers.frames import cpu_ms_per_tick, read_noise
from talus_lab.bench.drivers.pushes import BodyPush, PushOutcome, find_push
from talus_lab.bench.drivers.walks import OUTING_M, SHOVE_NS, BodyWalk, WalkOutcome, walk
from talus_lab.bench.progress import BenchProgress
from talus_lab.bench.store import Keepable, Run, Store
from talus_lab.rig.bounds import TICK_S
from talus_lab.rig.checkout import CHECKOUT, SOURCES, TALUS40_FOLDER, WORLDS_FOLDER

DRIVERS_STORE = CHECKOUT / ".talus" / "bench" / "drivers"
# What the simulator's process and the kit run, beside what a module imports.
_CHILDREN = ("talus_drive_simulator.__main__", "talus_conformance.plugin", "talus_can.plugin")
_NOISE_FRAMES = 1_250_000  # for each of eight families: 10^7
_CPU_TICKS = 1000
_SEED = 1

CaseT = TypeVar("CaseT", bound=Run)
OutcomeT = TypeVar("OutcomeT", bound=Keepable)


@dataclass
class PartFigures:
    """Holds rows, figures and failures of one part."""

    rows: list[Mapping[str, Any]] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def frames(robot: RobotDescription, families: Sequence[str]) -> PartFigures:
    """Measure the CPU time of a tick, read noise, and compare frames with the makers'."""
    return PartFigures(
        figures={
            "can_cpu_ms_per_tick": cpu_ms_per_tick(robot, families[0], _CPU_TICKS),
            "golden_vectors": golden_vectors(),
            "fuzzed_frames": read_noise(_NOISE_FRAMES, _SEED),
            "lines_to_add_a_driver": lines_to_add_a_driver(),
        }
    )


def conformance(robot: RobotDescription, families: Sequence[str]) -> PartFigures:
    """Run the conformance kit on every driver, and on `can` with each family."""
    cases = [KitCase(name) for name in (*PLAIN_DRIVERS, *(f"can {name}" for name in families))]
    outcomes = _played(cases, "contract", KitOutcome, run_kit)
    section = PartFigures()
    for case, outcome in outcomes.items():
        failed = ", ".join(outcome.failed) or "none"
        section.rows.append({"driver": case.driver, "facts": outcome.passed, "failed": failed})
        section.failures += [f"{case.driver}: {name}" for name in outcome.failed]
    section.figures = {
        "conformance_passed": sum(not outcome.failed for outcome in outcomes.values()),
        "conformance_tried": len(outcomes),
    }
    return section


def walks(robot: RobotDescription, families: Sequence[str]) -> PartFigures:
    """Walk with drives of each family."""
    cases = [BodyWalk(name, _SEED) for name in families]
    outcomes = _played(cases, "walks", WalkOutcome, lambda case: walk(robot, case))
    section = PartFigures()
    for case, outcome in outcomes.items():
        section.rows.append(_row_of(case.body, outcome))
        if not outcome.has_walked:
            section.failures.append(f"{case.body}: {outcome.ended}")
    section.figures = {
        "can_walk": float(all(outcome.has_walked for outcome in outcomes.values())),
        "can_walk_families": sum(outcome.has_walked for outcome in outcomes.values()),
        "can_rate_hz": 1.0 / TICK_S,
    }
    return section


def gazebo(robot: RobotDescription, families: Sequence[str]) -> PartFigures:
    """Walk, take a shove and sit in Gazebo, where it is installed, and compare with MuJoCo."""
    try:
        find_gazebo()
    except GazeboMissingError as error:
        return PartFigures(rows=[{"body": GAZEBO, "walked": False, "ended": f"not tried: {error}"}])
    cases = [BodyWalk(body, _SEED, OUTING_M, SHOVE_NS) for body in (MUJOCO, GAZEBO)]
    outcomes = _played(cases, "walks", WalkOutcome, lambda case: walk(robot, case))
    section = PartFigures(rows=[_row_of(case.body, outcome) for case, outcome in outcomes.items()])
    one, other = outcomes.values()
    if not other.has_walked:
        section.failures.append(f"{GAZEBO}: {other.ended}")
    section.figures = {
        "gazebo_walk": float(other.has_walked),
        "gazebo_real_time_factor": other.real_time_factor,
        "gazebo_speed_percent": _percent(one.speed_mps, other.speed_mps),
        "gazebo_step_percent": _percent(one.step_m, other.step_m),
        "gazebo_height_mm": 1e3 * abs(one.height_m - other.height_m),
    }
    return section


def faults(robot: RobotDescription, families: Sequence[str]) -> PartFigures:
    """Break buses and drives of the first family, in each posture."""
    cases = [
        FaultCase(fault, when, families[0], _SEED)
        for fault in BUS_FAULTS_STAGED
        for when in fault.when
    ]
    outcomes = _played(cases, "faults", FaultOutcome, lambda case: stage_fault(robot, case))
    section = PartFigures()
    for case, outcome in outcomes.items():
        section.rows.append(
            {"fault": case.fault.name, "when": case.when, "ended": outcome.ended,
             "level": outcome.worst_level, "lead_s": outcome.lead_s, "said": outcome.detail}
        )  # fmt: skip
        if not outcome.is_controlled:
            section.failures.append(f"{case.fault.name}, {case.when}: {outcome.ended}")
    section.figures = {
        "bus_faults": sum(outcome.is_controlled for outcome in outcomes.values()),
        "bus_faults_tried": len(outcomes),
    }
    return section


def behaviour(robot: RobotDescription, families: Sequence[str]) -> PartFigures:
    """Compare a walk and the largest push on MuJoCo's own driver and behind buses."""
    bodies = (MUJOCO, families[0])
    steps = _played(
        [BodyWalk(body, _SEED) for body in bodies], "walks", WalkOutcome, lambda c: walk(robot, c)
    )
    pushes = _played(
        [BodyPush(body, _SEED) for body in bodies],
        "pushes",
        PushOutcome,
        lambda case: find_push(robot, case),
    )
    section = PartFigures(rows=[_row_of(case.body, outcome) for case, outcome in steps.items()])
    section.rows += [
        {"body": case.body, "push_ns": outcome.largest_ns} for case, outcome in pushes.items()
    ]
    one, other = steps.values()
    push, other_push = (outcome.largest_ns for outcome in pushes.values())
    section.figures = {
        "same_speed_percent": _percent(one.speed_mps, other.speed_mps),
        "same_step_percent": _percent(one.step_m, other.step_m),
        "same_height_mm": 1e3 * abs(one.height_m - other.height_m),
        "same_push_percent": _percent(push, other_push),
    }
    return section


PARTS: Mapping[str, Callable[[RobotDescription, Sequence[str]], PartFigures]] = {
    "frames": frames,
    "conformance": conformance,
    "walks": walks,
    "behaviour": behaviour,
    "gazebo": gazebo,
    "faults": faults,
}


def _played(
    cases: Sequence[CaseT],
    module: str,
    kind: type[OutcomeT],
    play: Callable[[CaseT], OutcomeT],
) -> dict[CaseT, OutcomeT]:
    """Return the outcome of each case; what the same code gave before is taken from the store."""
    entries = (f"talus_lab.bench.drivers.{module}", *_CHILDREN)
    store = Store(DRIVERS_STORE / module, _fingerprint(entries), kind)
    progress = BenchProgress("drivers")
    outcomes = {}
    for case in cases:
        outcome = store.get(case)
        if outcome is None:
            outcome = play(case)
            store.put(case, outcome)
        outcomes[case] = outcome
        progress.show(f"{len(outcomes)} of {len(cases)} runs", case.key)
    return outcomes


def _fingerprint(entries: Sequence[str]) -> str:
    data: Sequence[Path] = (TALUS40_FOLDER, WORLDS_FOLDER)
    return run_fingerprint(entries, SOURCES, data)


def _row_of(body: str, outcome: WalkOutcome) -> Mapping[str, Any]:
    return {
        "body": body,
        "walked": outcome.has_walked,
        "ended": outcome.ended,
        "speed_mps": outcome.speed_mps,
        "step_m": outcome.step_m,
        "height_m": outcome.height_m,
        "real_time_factor": outcome.real_time_factor,
    }


def _percent(one: float, other: float) -> float:
    """Return how far the other is from the one, percent of it."""
    return 100.0 * abs(other - one) / one if one else 100.0
