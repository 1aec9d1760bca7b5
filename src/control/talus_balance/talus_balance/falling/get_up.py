# SPDX-License-Identifier: Apache-2.0
"""Gets the robot up by key poses in order, each left only when it is measured as reached.

The poses belong to the robot (`get_up.yaml` beside its robot.yaml). A stage that does not reach its
end condition in time is tried again from the stage that it names, or from how the body lies now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from talus_core.errors import UnknownNameError
from talus_core.motion.key_poses import KeyPoses, read_pose_file
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

GET_UP_FILE_NAME = "get_up.yaml"


@dataclass(frozen=True)
class RiseStage:
    """Describes one key pose on the way up.

    Attributes:
        name: Name in the file and in reports.
        joints: (n,) joint angles, rad.
        duration: Duration of the minimum-jerk way there, s.
        stiffness: Stiffness kp as a share of the torque limit, 1/rad.
        up_low, up_high: (3,) range of the vertical in base axes in which the stage is done.
        patience: Time after `duration` in which that must come true, s.
        again_from: Stage to go back to when it does not; empty to begin anew as the body lies.
    """

    name: str
    joints: np.ndarray
    duration: float
    stiffness: float
    up_low: np.ndarray
    up_high: np.ndarray
    patience: float
    again_from: str

    def is_done(self, up: np.ndarray) -> bool:
        """Tell whether the body is where this stage should bring it."""
        return bool(np.all(up >= self.up_low) and np.all(up <= self.up_high))


@dataclass(frozen=True)
class RiseSequence:
    """Holds the stages from one way of lying; `up` (3,) is the vertical in base axes then."""

    name: str
    up: np.ndarray
    stages: tuple[RiseStage, ...]
    ends_on_feet: bool


@dataclass(frozen=True)
class GetUpPlan:
    """Holds all sequences of a robot.

    Attributes:
        sequences: One sequence for each way of lying.
        damping: Damping kd as a share of the torque limit, s/rad.
        tries: Number of failed stages after which getting up is given up.
    """

    sequences: tuple[RiseSequence, ...]
    damping: float
    tries: int

    def nearest(self, up: np.ndarray) -> RiseSequence:
        """Return the sequence that begins as the body lies now."""
        return max(self.sequences, key=lambda sequence: float(sequence.up @ up))


def load_get_up(robot: RobotDescription) -> GetUpPlan | None:
    """Read the robot's `get_up.yaml`; None if it has none. Raises RobotDescriptionError."""
    return read_pose_file(robot, GET_UP_FILE_NAME, _plan)


def _plan(raw: dict, poses: KeyPoses) -> GetUpPlan:
    entries = raw["sequences"]
    sequences = tuple(_sequence(name, entry, entries, poses) for name, entry in entries.items())
    return GetUpPlan(sequences, float(raw["damping"]), int(raw["tries"]))


def _sequence(name: str, entry: dict, entries: dict[str, dict], poses: KeyPoses) -> RiseSequence:
    if "mirror_of" in entry:
        if entry["mirror_of"] not in entries:
            raise UnknownNameError("sequence", entry["mirror_of"], entries)
        return _mirrored(
            name, _sequence(entry["mirror_of"], entries[entry["mirror_of"]], entries, poses), poses
        )
    stages = tuple(_stage(stage, poses) for stage in entry["stages"])
    names = [stage.name for stage in stages]
    for stage in stages:
        if stage.again_from and stage.again_from not in names:
            raise UnknownNameError("stage", stage.again_from, names)
    return RiseSequence(
        name, np.array(entry["up"], dtype=float), stages, bool(entry.get("ends_on_feet", False))
    )


def _mirrored(name: str, sequence: RiseSequence, poses: KeyPoses) -> RiseSequence:
    flip = np.array([1.0, -1.0, 1.0])
    stages = tuple(
        replace(
            stage,
            joints=poses.mirrored(stage.joints),
            up_low=np.minimum(flip * stage.up_low, flip * stage.up_high),
            up_high=np.maximum(flip * stage.up_low, flip * stage.up_high),
        )
        for stage in sequence.stages
    )
    return RiseSequence(name, flip * sequence.up, stages, sequence.ends_on_feet)


def _stage(entry: dict, poses: KeyPoses) -> RiseStage:
    low = np.full(3, -1.0)
    high = np.full(3, 1.0)
    for axis, (least, most) in entry.get("up", {}).items():
        low["xyz".index(axis)] = least
        high["xyz".index(axis)] = most
    return RiseStage(
        name=entry["name"],
        joints=poses.pose(entry["joints"]),
        duration=float(entry["time"]),
        stiffness=float(entry["stiffness"]),
        up_low=low,
        up_high=high,
        patience=float(entry.get("patience", 0.3)),
        again_from=entry.get("again_from", ""),
    )


class GetUp:
    """Runs a plan: call `begin_to_rise`, then `step_rise` until the feet carry or `has_failed`."""

    def __init__(self, plan: GetUpPlan, effort_limit: np.ndarray, dt: float):
        self._plan = plan
        self._effort = effort_limit
        self._dt = dt
        self.has_failed = False

    def begin_to_rise(self, position: np.ndarray, up: np.ndarray) -> None:
        """Begin at `position` (n,), rad; `up` (3,) is the vertical in base axes."""
        self._tries = 0
        self._at = position.copy()
        self.has_failed = False
        self._choose(up)

    @property
    def stage(self) -> RiseStage:
        """Return the stage that is under way."""
        return self._sequence.stages[self._index]

    @property
    def may_stand(self) -> bool:
        """Tell whether balancing may take over as soon as the feet carry: in the last stage."""
        return self._sequence.ends_on_feet and self._index == len(self._sequence.stages) - 1

    def step_rise(self, state: RobotState, up: np.ndarray) -> JointCommand:
        """Return the command of this tick; `up` (3,) is the vertical in base axes."""
        self._elapsed += self._dt
        stage = self.stage
        if self._elapsed >= stage.duration:
            self._end(stage, state, up)
        return self._command(state)

    def _end(self, stage: RiseStage, state: RobotState, up: np.ndarray) -> None:
        is_last = self._index == len(self._sequence.stages) - 1
        if stage.is_done(up) and not self.may_stand:
            self._at = stage.joints
            if is_last:
                self._choose(up)
            else:
                self._start(self._index + 1)
        elif self._elapsed >= stage.duration + stage.patience:
            self.try_again(state, up)

    def try_again(self, state: RobotState, up: np.ndarray) -> None:
        """Go back to the stage that this one names if the body fits it, otherwise begin anew."""
        stage = self.stage
        self._at = state.position.copy()
        self._tries += 1
        if self._tries >= self._plan.tries:
            self.has_failed = True
        names = [s.name for s in self._sequence.stages]
        back = names.index(stage.again_from) if stage.again_from else -1
        if back >= 0 and (back == 0 or self._sequence.stages[back - 1].is_done(up)):
            self._start(back)
        else:
            self._choose(up)

    def _choose(self, up: np.ndarray) -> None:
        self._sequence = self._plan.nearest(up)
        self._start(0)

    def _start(self, index: int) -> None:
        self._index = index
        self._elapsed = 0.0

    def _command(self, state: RobotState) -> JointCommand:
        stage = self.stage
        s = min(self._elapsed / stage.duration, 1.0)
        share = s**3 * (10.0 - 15.0 * s + 6.0 * s * s)
        rate = 30.0 * s * s * (1.0 - s) ** 2 / stage.duration
        way = stage.joints - self._at
        return JointCommand(
            state.sequence,
            self._at + share * way,
            rate * way,
            np.zeros_like(way),
            stage.stiffness * self._effort,
            self._plan.damping * self._effort,
        )
