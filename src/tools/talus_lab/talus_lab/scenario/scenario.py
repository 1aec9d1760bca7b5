# SPDX-License-Identifier: Apache-2.0
"""Describes a scenario as data, and reads it from its YAML file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from talus_core.errors import TalusError, UnknownNameError
from talus_core.files.data_files import ContentError, yaml_tree
from talus_core.graph.node_table import NODES, NodeTable
from talus_core.words.stop_levels import StopLevel
from talus_simulation.faults.catalogue import CATALOGUE, FaultRequest

POSTURES = ("double_support", "single_support", "walking", "transition", "loaded", "seated")
HARMED_NODES = NODES.killable()
# Acts that are no faults of the body: name -> targets, and the unit of the severity.
ACTS: dict[str, tuple[tuple[str, ...], str]] = {
    "process.kill": (HARMED_NODES, ""),
    "process.stop": (HARMED_NODES, ""),
    "process.hang": (HARMED_NODES, ""),
    "network.partition": ((), ""),  # the driver on one side, all others on the other
    "clock.jump": ((), "s"),  # ROS time is said to be so much later; on the graph only
    "push": (("front", "behind", "left", "right"), "N s"),  # comes from there
    "person.approach": ((), "m/s"),  # from ahead; in process only
    "frames.stop": ((), ""),  # tf falls silent; in process only
    "operator.stop": ((), ""),
    "operator.safe_stand": ((), ""),
    "operator.reset": ((), ""),
    "operator.arm": ((), ""),
    "operator.leave": ((), ""),  # the operator's device falls silent; in process only
    "operator.walk": ((), "m/s"),
}
# Direction of a push that comes from a side, rad from the robot's heading.
PUSH_YAW_RAD = {"front": math.pi, "behind": 0.0, "left": -math.pi / 2.0, "right": math.pi / 2.0}
# A push without severity or duration: fault F47 of the matrix.
PUSH_NS = 20.0
PUSH_S = 0.1
LEVEL_NAMES = tuple(f"R{level.value}" for level in StopLevel if level)
REACTIONS = (*LEVEL_NAMES, "refused", "none", "calm")
LONGEST_RUN_S = 600.0  # a longer one is a typing error


class ScenarioError(TalusError):
    """Raised when a scenario cannot be run; the message names file, entry and what would work."""


@dataclass(frozen=True)
class ScenarioEvent:
    """Describes an event of a scenario.

    Attributes:
        name: A fault of the catalogue, or one of ACTS.
        at: s after the posture was reached.
        target: Joint, group, foot, node or side, whichever the name asks for.
        severity: In its own unit; 0 = default.
        duration: s; 0 = for good.
    """

    name: str
    at: float = 0.0
    target: str = ""
    severity: float = 0.0
    duration: float = 0.0

    @property
    def is_fault(self) -> bool:
        """Whether it is a fault of the body, which the driver stages."""
        return self.name in CATALOGUE

    @property
    def kind(self) -> str:
        """Return what it happens to: the first word of the name."""
        return self.name.partition(".")[0]

    @property
    def action(self) -> str:
        """Return what happens: the second word of the name, empty where it has one."""
        return self.name.partition(".")[2]

    def request(self) -> FaultRequest:
        """Return what the driver is asked for."""
        return FaultRequest(self.name, self.target, self.severity, self.duration)

    def check(self, nodes: NodeTable = NODES) -> None:
        """Raise UnknownNameError or ValueError where it cannot happen; `nodes`: what may run."""
        if not (math.isfinite(self.at) and self.at >= 0.0):
            raise ValueError(f"at is {self.at:g} s; it must be at least 0")
        if self.is_fault:
            self.request().checked()
            return
        if self.name not in ACTS:
            raise UnknownNameError("event", self.name, (*CATALOGUE, *ACTS))
        if not math.isfinite(self.severity):
            raise ValueError(f"severity of {self.name} is {self.severity:g}; it must be a number")
        if not (math.isfinite(self.duration) and self.duration >= 0.0):
            raise ValueError(
                f"duration of {self.name} is {self.duration:g} s; it must be at least 0"
            )
        targets, _ = ACTS[self.name]
        if self.kind == "process":
            targets = nodes.killable()
        if targets and self.target not in targets:
            raise UnknownNameError(f"target of {self.name}", self.target, targets)
        if not targets and self.target:
            raise ValueError(f"target of {self.name} is '{self.target}'; it has none, leave it out")


@dataclass(frozen=True)
class Expectation:
    """Describes what must follow an event.

    Attributes:
        reaction: The least level of the ladder; `refused`: command frames refused; `none`: it may
            ride through; `calm`: no level may follow, for nothing is wrong.
        within_ms: From the onset of event `after` to the reaction, in simulated time; 0 = no limit.
        after: Number of that event, from 0.
        may_fall: A protective fall (R4) is allowed.
        seated_within_s: From that onset to seated without torque; 0 = not asked for.
        moves: False: from that onset on nothing may move.
    """

    reaction: str = "none"
    within_ms: float = 0.0
    after: int = 0
    may_fall: bool = False
    seated_within_s: float = 0.0
    moves: bool = True

    def check(self, events: int) -> None:
        """Raise UnknownNameError or ValueError where nothing could meet it; `events`: how many."""
        if self.reaction not in REACTIONS:
            raise UnknownNameError("reaction", self.reaction, REACTIONS)
        if not 0 <= self.after < events:
            raise ValueError(
                f"after is {self.after}; it must be the number of an event, from 0 to {events - 1}"
            )
        limits = {"within_ms": self.within_ms, "seated_within_s": self.seated_within_s}
        for name, limit in limits.items():
            if not (math.isfinite(limit) and limit >= 0.0):
                raise ValueError(f"{name} is {limit:g}; it must be at least 0")


@dataclass(frozen=True)
class Scenario:
    """Describes what is done to the robot in one run, and what must follow.

    Attributes:
        name: Its name in reports.
        events: What happens, in any order.
        posture: In which the robot is when its clock starts.
        expect: What must follow.
        seed: Seed of noise, model errors and all else that is random.
        seconds: How long the run lasts at most, from the posture on.
        lockstep: Simulated time waits for the nodes; false: it runs on, as on hardware.
    """

    name: str
    events: tuple[ScenarioEvent, ...]
    posture: str = "double_support"
    expect: Expectation = Expectation()
    seed: int = 0
    seconds: float = 8.0
    lockstep: bool = True

    def check(self, nodes: NodeTable = NODES) -> None:
        """Raise UnknownNameError or ValueError where it cannot be played; `nodes`: what may run."""
        if self.posture not in POSTURES:
            raise UnknownNameError("posture", self.posture, POSTURES)
        if not self.events:
            raise ValueError("events is empty; it must name at least one")
        if not 0.0 < self.seconds <= LONGEST_RUN_S:
            raise ValueError(
                f"seconds is {self.seconds:g}; it must be above 0, at most {LONGEST_RUN_S:g}"
            )
        for event in self.events:
            event.check(nodes)
        self.expect.check(len(self.events))


def load_scenario(path: Path, nodes: NodeTable = NODES) -> Scenario:
    """Read and check a YAML file; `nodes`: those that may be harmed.

    Raises ScenarioError with a message of one line.
    """
    try:
        raw = yaml_tree(path.read_bytes())
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}; a scenario is a YAML file") from error
    except ContentError as error:
        raise ScenarioError(f"{path}: {error}") from error
    try:
        scenario = scenario_from(raw)
        scenario.check(nodes)
    except (TalusError, ValueError) as error:
        raise ScenarioError(f"{path}: {error}") from error
    return scenario


def scenario_from(raw: Any) -> Scenario:
    """Build a scenario, not yet checked, from plain data. Raises UnknownNameError, ValueError."""
    values = _fields(Scenario, raw, "the scenario")
    events = values.get("events", ())
    if not isinstance(events, (list, tuple)):
        raise ValueError("events must be a list")
    values["events"] = tuple(
        ScenarioEvent(**_fields(ScenarioEvent, event, f"event {i}"))
        for i, event in enumerate(events)
    )
    if "expect" in values:
        values["expect"] = Expectation(**_fields(Expectation, values["expect"], "expect"))
    return Scenario(**values)


def _fields(kind: type, raw: Any, what: str) -> dict[str, Any]:
    """Return the entries of a mapping, held against the fields of a dataclass."""
    if not isinstance(raw, Mapping):
        raise ValueError(
            f"{what} must have entries: {', '.join(item.name for item in fields(kind))}"
        )
    known = {item.name: item for item in fields(kind)}
    for name in raw:
        if name not in known:
            raise UnknownNameError(f"entry of {what}", str(name), known)
    missing = [name for name, item in known.items() if item.default is MISSING and name not in raw]
    if missing:
        raise ValueError(f"{what} lacks: {', '.join(missing)}")
    return {
        name: _typed(str(known[name].type), value, f"{name} of {what}")
        for name, value in raw.items()
    }


def _typed(kind: str, value: Any, what: str) -> Any:
    """Return a value of the type that a field names; whole numbers count as real ones."""
    if kind == "float" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    allowed: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
    if kind not in allowed:
        return value
    is_other = kind != "bool" and isinstance(value, bool)
    if not isinstance(value, allowed[kind]) or is_other:
        raise ValueError(f"{what} is {value!r}; it must be of type {kind}")
    return value
