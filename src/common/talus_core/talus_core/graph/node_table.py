# SPDX-License-Identifier: Apache-2.0
"""Lists the nodes of a robot: which are waited for, watched, traced, or killed on purpose.

Lock-step, supervisor, scenarios, recorder, page, doctor and the tests of the launch files read it.
A node of this checkout is one row below. A node from outside is one entry of a YAML file with the
same fields, which `nodes:=FILE` names to the launch files:

    planner: {package: my_planner, executable: planner_node, leash_s: 0.5,
              silence: {R1: [0.45, 0.3]}, required: never}
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from talus_core.errors import TalusError, UnknownNameError
from talus_core.files.data_files import ContentError, yaml_tree

SILENCE_LEVELS = ("R1", "R2", "R3")
REQUIRED_WHEN = ("always", "perception", "never")
_KIND = re.compile(r"[a-zA-Z]\w*/[A-Z]\w*")


class NodeTableError(TalusError):
    """Says that a file of further nodes cannot be used; names file, node and entry."""


@dataclass(frozen=True)
class Silence:
    """Defines how long a node's heartbeat may be missing.

    Both clocks must agree, so that a slow computer loses no node.

    Attributes:
        wall_s: Time on the computer's steady clock, s.
        robot_s: Time of the robot, which is simulated time in simulation, s.
    """

    wall_s: float
    robot_s: float


@dataclass(frozen=True)
class NodeRow:
    """Describes one node of the robot.

    Attributes:
        name: Name of the ROS node, and of its heartbeat.
        package: ROS package that holds its program.
        executable: Name of the program.
        leash_s: Simulated time that it may be behind in lock-step, s; 0: time waits for its answer
            to every state; None: time does not wait for it.
        silence: What the supervisor does, by the name of the stop level, when its heartbeat is
            missing.
        required: When the robot may not be armed without it: `always`, with `perception`, or
            `never`. A node that is
            not required is watched from its first heartbeat on.
        traced: Topics whose messages it leaves in shared memory for the recorder; rows of this
            checkout only, since readers and writers number them alike.
        recorded: Topics that the recorder subscribes to besides, and their types as
            `package/Type`.
        is_killable: Whether scenarios may kill, stop or hang it; the driver's death ends a
            simulated body.
        purpose: What it does, in a few words for the README.
    """

    name: str
    package: str
    executable: str
    leash_s: float | None = None
    silence: Mapping[str, Silence] = field(default_factory=lambda: MappingProxyType({}))
    required: str = "never"
    traced: tuple[str, ...] = ()
    recorded: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    is_killable: bool = True
    purpose: str = ""


class NodeTable:
    """Holds the rows by name, in their order."""

    def __init__(self, rows: Iterable[NodeRow]):
        self._rows = {row.name: row for row in rows}

    @property
    def rows(self) -> tuple[NodeRow, ...]:
        """Return all rows, in the order of the table."""
        return tuple(self._rows.values())

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all nodes."""
        return tuple(self._rows)

    def row(self, name: str) -> NodeRow:
        """Return the row of a node; raises UnknownNameError where there is none."""
        if name not in self._rows:
            raise UnknownNameError("node", name, self._rows)
        return self._rows[name]

    def leashes(self, period: float, delay_ticks: int) -> dict[str, int]:
        """Return how many ticks of `period` s each node in lock-step may be behind the current one.

        Args:
            period: Control period, s.
            delay_ticks: Ticks from a state to the command that answers it; the leash of nodes with
                `leash_s` 0.
        """
        leashed = {row.name: row.leash_s for row in self.rows if row.leash_s is not None}
        return {
            name: max(1, round(leash / period)) if leash else delay_ticks
            for name, leash in leashed.items()
        }

    def required(self, with_perception: bool) -> tuple[str, ...]:
        """Return the nodes without which the robot may not be armed."""
        wanted = ("always", "perception") if with_perception else ("always",)
        return tuple(row.name for row in self.rows if row.required in wanted)

    def killable(self) -> tuple[str, ...]:
        """Return the nodes that scenarios may harm."""
        return tuple(row.name for row in self.rows if row.is_killable)

    def traced(self) -> dict[str, tuple[str, ...]]:
        """Return the topics that each node leaves in shared memory, for the nodes that do."""
        return {row.name: row.traced for row in self.rows if row.traced}

    def recorded(self) -> dict[str, str]:
        """Return the topics that the recorder subscribes to for a row's sake, with their types."""
        return {topic: kind for row in self.rows for topic, kind in row.recorded.items()}

    def with_file(self, path: str | Path) -> NodeTable:
        """Return this table with the further nodes of a YAML file; an empty path adds none.

        Raises NodeTableError where the file cannot be used.
        """
        return NodeTable((*self.rows, *_rows_of(Path(path), self._rows))) if path else self


SILENT_R1_PERCEPTION = Silence(
    wall_s=0.45, robot_s=0.315
)  # nine heartbeats of 20 Hz; the map updates at 5 Hz
NODES = NodeTable(
    (
        NodeRow(
            "driver",
            "talus_drivers",
            "driver_node",
            required="always",
            is_killable=False,
            traced=(
                "robot_state",
                "joint_command",
                "imu",
                "foot/left/wrench",
                "foot/right/wrench",
                "gate/state",
            ),
            purpose="a body behind five verbs (`mujoco`, `mock`, yours); limiter, watchdogs and "
            "standby as last gate",
        ),
        NodeRow(
            "balance",
            "talus_balance",
            "balance_node",
            leash_s=0.0,
            required="always",
            silence={"R3": Silence(0.5, 0.05)},  # a sixth of the time in which a fall doubles
            traced=("odom", "balance/state"),
            purpose="estimator, step planner with adapted timing and place, whole-body QP; stands, "
            "walks, catches itself, sits",
        ),
        # Half the age at which the last gate refuses the supervisor's permit; the gate watches the
        # supervisor by that permit.
        NodeRow(
            "safety",
            "talus_safety",
            "supervisor_node",
            leash_s=0.05,
            traced=("safety/state",),
            purpose="supervisor: the stop ladder R1 degrade, R2 safe stand, R3 sit then cut, R4 "
            "protective fall, R5 cut",
        ),
        # The cameras see at 10 Hz or more: five missing heartbeats degrade, nine stop.
        NodeRow(
            "camera",
            "talus_simulation",
            "camera_node",
            leash_s=0.15,
            required="perception",
            silence={"R2": Silence(0.45, 0.315), "R1": Silence(0.25, 0.175)},
            purpose="cameras of `robot.yaml`, colour and depth, rendered apart from control",
        ),
        # map/elevation at 5 Hz needs 0.2 s.
        NodeRow(
            "map",
            "talus_map",
            "map_node",
            leash_s=0.5,
            required="perception",
            silence={"R1": SILENT_R1_PERCEPTION},
            purpose="voxels with free-space carving, occupancy, elevation; unknown stays unknown",
        ),
        # Without it the map drifts with the odometry: the robot may stand and walk.
        NodeRow(
            "localisation",
            "talus_localisation",
            "localisation_node",
            leash_s=0.5,
            silence={"R1": SILENT_R1_PERCEPTION},
            purpose="where the robot is in the map that it makes: `map -> odom`, against drift",
        ),
        # Its pictures are no older than the map's: people whom it follows come at 1.6 m/s.
        NodeRow(
            "perception",
            "talus_perception",
            "perception_node",
            leash_s=0.3,
            silence={"R1": SILENT_R1_PERCEPTION},
            purpose="eyes: one network for all cameras; follows things and people, names cameras' "
            "faults; without a network it does nothing",
        ),
        NodeRow(
            "robot_state_publisher",
            "robot_state_publisher",
            "robot_state_publisher",
            purpose="`robot_description`, `tf`; ROS's own where it is installed, else this one",
        ),
        NodeRow(
            "recorder",
            "talus_recorder",
            "recorder_node",
            purpose="black box: MCAP files around every event, crash-safe and hash-chained",
        ),
        NodeRow(
            "view",
            "talus_view",
            "view_node",
            purpose="the page: robot, map, pictures, safety level, buttons",
        ),
    )
)


def _rows_of(path: Path, known: Mapping[str, NodeRow]) -> list[NodeRow]:
    try:
        raw = yaml_tree(path.read_bytes())
    except (OSError, ValueError) as error:
        raise NodeTableError(
            f"{path}: {' '.join(str(error).split())}; it must be a YAML file of nodes"
        ) from error
    except ContentError as error:
        raise NodeTableError(f"{path}: {error}") from error
    if not isinstance(raw, Mapping):
        raise NodeTableError(
            f"{path}: not a mapping; it has one entry a node: name: "
            f"{{package: ..., executable: ...}}"
        )
    taken = [str(name) for name in raw if name in known]
    if taken:
        raise NodeTableError(
            f"{path}: node '{taken[0]}' is in the table already; give it another name"
        )
    return [_row(f"{path}: node '{name}'", str(name), entry) for name, entry in raw.items()]


def _row(place: str, name: str, entry: Any) -> NodeRow:
    allowed = [item.name for item in fields(NodeRow) if item.name not in ("name", "traced")]
    if not isinstance(entry, Mapping):
        raise NodeTableError(
            f"{place} has no entries; it needs package and executable, and may have {allowed[2:]}"
        )
    for key in entry:
        if key not in allowed:
            raise NodeTableError(f"{place}: {UnknownNameError('entry', str(key), allowed)}")
    for key in ("package", "executable"):
        if not isinstance(entry.get(key), str):
            raise NodeTableError(f"{place}: {key} is {entry.get(key)!r}; it must be a name")
    required = entry.get("required", "never")
    if required not in REQUIRED_WHEN:
        raise NodeTableError(
            f"{place}: {UnknownNameError('value of required', str(required), REQUIRED_WHEN)}"
        )
    leash = entry.get("leash_s")
    return NodeRow(
        name=name,
        package=entry["package"],
        executable=entry["executable"],
        leash_s=None if leash is None else _seconds(f"{place}: leash_s", leash),
        silence=_silences(place, entry.get("silence", {})),
        required=required,
        recorded=_recorded(place, entry.get("recorded", {})),
        is_killable=bool(entry.get("is_killable", True)),
        purpose=str(entry.get("purpose", "")),
    )


def _silences(place: str, raw: Any) -> dict[str, Silence]:
    if not isinstance(raw, Mapping):
        raise NodeTableError(
            f"{place}: silence is {raw!r}; it must be a mapping as {{R1: [wall s, robot s]}}"
        )
    result = {}
    for level, times in raw.items():
        if level not in SILENCE_LEVELS:
            raise NodeTableError(
                f"{place}: {UnknownNameError('level of silence', str(level), SILENCE_LEVELS)}"
            )
        if not isinstance(times, list) or len(times) != 2:
            raise NodeTableError(
                f"{place}: silence {level} is {times!r}; it must be [wall s, robot s]"
            )
        seconds = [_seconds(f"{place}: silence {level}", value) for value in times]
        result[level] = Silence(*seconds)
    return result


def _recorded(place: str, raw: Any) -> dict[str, str]:
    if not isinstance(raw, Mapping):
        raise NodeTableError(
            f"{place}: recorded is {raw!r}; it must be a mapping as {{topic: package/Type}}"
        )
    for topic, kind in raw.items():
        if not isinstance(kind, str) or not _KIND.fullmatch(kind):
            raise NodeTableError(
                f"{place}: recorded {topic} is {kind!r}; it must be package/Type, "
                "as std_msgs/String"
            )
    return {str(topic): kind for topic, kind in raw.items()}


def _seconds(what: str, value: Any) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or value < 0.0:
        raise NodeTableError(f"{what} is {value!r}; it must be a time in s, at least 0")
    return float(value)
