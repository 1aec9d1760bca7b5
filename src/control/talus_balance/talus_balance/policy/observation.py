# SPDX-License-Identifier: Apache-2.0
"""Defines what a policy can observe: readings by name, from sensors and the estimator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from talus_core.errors import unknown_name_message
from talus_core.state import RobotState
from talus_estimation.estimator import BaseEstimate

from talus_balance.policy.manifest import PolicyManifest, Term
from talus_balance.stepping.gait_types import LEFT, RIGHT, GaitOutput


class PolicyView(NamedTuple):
    """Holds what a policy may know at a tick.

    Attributes:
        state: What the sensors say.
        base: Where the base is.
        gait: What the feet do.
        velocity: (3,) commanded velocity in the heading frame, m/s, m/s, rad/s.
    """

    state: RobotState
    base: BaseEstimate
    gait: GaitOutput
    velocity: np.ndarray


class Joints(NamedTuple):
    """Holds what an observation needs to know of a policy's joints.

    Attributes:
        places: (n,) places in the robot's joint arrays.
        offset: (n,) pose that the actions are added to, rad.
        action: (n,) last action.
    """

    places: np.ndarray
    offset: np.ndarray
    action: np.ndarray


@dataclass(frozen=True)
class Reading:
    """Describes a part of what is known: its size for n joints, and how it is read."""

    size: Callable[[int], int]
    read: Callable[[PolicyView, Joints], np.ndarray | Sequence[float]]


def _three(_: int) -> int:
    return 3


def _two(_: int) -> int:
    return 2


def _each(joints: int) -> int:
    return joints


def _gait_phase(sight: PolicyView, _: Joints) -> Sequence[float]:
    side = sight.gait.swing_side
    return float(side == LEFT), float(side == RIGHT), sight.gait.landing_in


def _load_shares(sight: PolicyView, _: Joints) -> np.ndarray:
    forces = np.maximum(sight.state.foot_wrenches[:, 2], 0.0)
    return forces / max(float(forces.sum()), 1.0)


READINGS = {
    # (3,) direction of gravity in base axes
    "projected_gravity": Reading(_three, lambda sight, _: -sight.base.rotation[2]),
    # (3,) turn rate in base axes, rad/s
    "angular_velocity": Reading(_three, lambda sight, _: sight.base.angular_velocity),
    # (3,) estimated velocity in base axes, m/s
    "linear_velocity": Reading(
        _three, lambda sight, _: sight.base.rotation.T @ sight.base.velocity
    ),
    # (3,) commanded velocity, m/s, m/s, rad/s
    "commanded_velocity": Reading(_three, lambda sight, _: sight.velocity),
    # (n,) joint angles from the policy's offset, rad
    "joint_positions": Reading(
        _each, lambda sight, joints: sight.state.position[joints.places] - joints.offset
    ),
    # (n,) joint speeds, rad/s
    "joint_velocities": Reading(_each, lambda sight, joints: sight.state.velocity[joints.places]),
    # (n,) last output of the network itself
    "last_action": Reading(_each, lambda _, joints: joints.action),
    # (3,) whether the left and the right foot is in the air by the step planner, whose clock a
    # walking policy keeps, and the time until it lands, s
    "gait_phase": Reading(_three, _gait_phase),
    # (2,) shares of the vertical force, left and right
    "load_shares": Reading(_two, _load_shares),
}


_Part = tuple[np.ndarray, Callable[[PolicyView, Joints], np.ndarray | Sequence[float]], float]


class Observation:
    """Writes the network's input (1, k) float32 anew each tick."""

    def __init__(self, manifest: PolicyManifest):
        """Lay out the input; raises PolicyError for a reading of unknown name or another size."""
        for term in manifest.observation:
            _check(manifest, term)
        size = sum(term.size for term in manifest.observation)
        if manifest.input.shape != (1, size):
            shape = list(manifest.input.shape)
            raise manifest.refusal(
                f"network.input.shape is {shape}; its observation is [1, {size}]"
            )
        self.values = np.zeros((1, size), dtype=np.float32)
        self._parts: list[_Part] = []
        start = 0
        for term in manifest.observation:
            part = self.values[0, start : start + term.size]
            self._parts.append((part, READINGS[term.name].read, term.scale))
            start += term.size

    def write(self, sight: PolicyView, joints: Joints) -> np.ndarray:
        """Write all parts anew; return `values`."""
        for part, read, scale in self._parts:
            np.multiply(read(sight, joints), scale, out=part, casting="unsafe")
        return self.values


def _check(manifest: PolicyManifest, term: Term) -> None:
    if term.name not in READINGS:
        raise manifest.refusal(unknown_name_message("observation", term.name, READINGS))
    size = READINGS[term.name].size(len(manifest.joints))
    if term.size != size:
        raise manifest.refusal(f"observation '{term.name}' has size {term.size}; it must be {size}")
