# SPDX-License-Identifier: Apache-2.0
"""The locomotion policies of holosoma-inference 0.1.3 behind our driver: what they see, and what their actions mean.

Read from that package: `config_values/observation.py` (`loco_g1_29dof`: terms, scales), `policies/base.py` (terms in
alphabetical order, actions clipped, scaled and added to the default pose) and `policies/locomotion.py` (clock).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from talus_balance.controller import BalanceReport, Intent, Mode
from talus_core.errors import TalusError
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.state import JointCommand, RobotState

RATE = 50.0  # Hz
STRIDE = 1.0  # s, of the clock
ACTION_SCALE = 0.25  # rad
ACTION_LIMIT = 100.0
TURN_SCALE, SPEED_SCALE = 0.25, 0.05  # of rad/s, base and joints
STILL = 0.01  # m/s and rad/s, of a command to stand
STEADY = 1.0  # s until it counts as standing: it starts in its own pose
LIFTED, LOADED = 0.1, 0.2  # of the weight on a foot: below and above
# rad, the pose that actions are added to: legs, waist, arms.
LEG = (-0.312, 0.0, 0.0, 0.669, -0.363, 0.0)
DEFAULT = np.array(
    (*LEG, *LEG, 0.0, 0.0, 0.0, 0.2, 0.2, 0.0, 0.6, 0.0, 0.0, 0.0, 0.2, -0.2, 0.0, 0.6, 0.0, 0.0, 0.0),
)


class PolicyError(TalusError):
    """A policy that does not fit the robot."""


@dataclass
class Clock:
    """Phases of the left and the right foot, rad in -pi to pi: a stride is a turn; both at pi while standing."""

    phases: tuple[float, float] = (0.0, math.pi)
    is_standing: bool = False

    def step(self, velocity: np.ndarray) -> None:
        """A tick of the policy at this command (3,)."""
        turn = 2.0 * math.pi / (RATE * STRIDE)
        self.phases = tuple(math.fmod(phase + turn + math.pi, 2.0 * math.pi) - math.pi for phase in self.phases)
        if math.hypot(velocity[0], velocity[1]) < STILL and abs(velocity[2]) < STILL:
            self.phases, self.is_standing = (math.pi, math.pi), True
        elif self.is_standing:
            self.phases, self.is_standing = (0.0, math.pi), False


def observation(
    state: RobotState, up: np.ndarray, velocity: np.ndarray, action: np.ndarray, clock: Clock
) -> np.ndarray:
    """(1, 100) for 29 joints: terms in alphabetical order.

    Args:
        state: With the IMU in base axes.
        up: (3,) the vertical in base axes.
        velocity: (3,) wanted m/s, m/s, rad/s.
        action: (29,) of the last tick, unscaled.
        clock: Of this tick.
    """
    terms = (
        action,
        TURN_SCALE * state.angular_velocity,
        velocity[2:],
        velocity[:2],
        np.cos(clock.phases),
        state.position - DEFAULT,
        SPEED_SCALE * state.velocity,
        -up,
        np.sin(clock.phases),
    )
    return np.concatenate(terms, dtype=np.float32)[np.newaxis]


class Feet(NamedTuple):
    """What a step clock looks at: the foot in the air, 0 left, 1 right, or None."""

    swing_side: int | None


class HolosomaController:
    """In the place of our balance controller: one state in, one command out; the attitude is the true one."""

    def __init__(self, model: Path, joints: tuple[str, ...], weight: float, truth: Callable[[], Any], period: float):
        """Loads the policy.

        Args:
            model: ONNX file with gains and joint names in it.
            joints: In the robot's order.
            weight: N of the robot, to tell feet in the air.
            truth: The simulator's own knowledge of the base.
            period: s of a control tick.

        Raises:
            PolicyError: For other joints, or another shape of the observation.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        facts = self._session.get_modelmeta().custom_metadata_map
        if tuple(json.loads(facts["dof_names"])) != joints:
            raise PolicyError(f"{model.name} has other joints than the robot, or another order")
        shape = self._session.get_inputs()[0].shape
        if shape != [1, 100]:
            raise PolicyError(f"{model.name} sees {shape}; the adapter makes [1, 100]")
        self._input = self._session.get_inputs()[0].name
        self._kp, self._kd = (np.array(json.loads(facts[key]), dtype=float) for key in ("kp", "kd"))
        self._truth, self._weight, self._period = truth, weight, period
        self._every = round(1.0 / (RATE * period))
        self._clock, self._action = Clock(), np.zeros(len(joints))
        self._ticks, self._swing = 0, None
        self.mode = Mode.LIMP

    def step(self, state: RobotState, intent: Intent) -> tuple[JointCommand, BalanceReport]:
        """One tick of the driver; the policy is asked in every tenth."""
        if not intent.torque:
            self.mode = Mode.LIMP
        elif self.mode is Mode.LIMP:
            self.mode, self._ticks = Mode.STANDING_UP, 0
        elif self._ticks * self._period >= STEADY:
            self.mode = Mode.WALKING if np.any(np.abs(intent.velocity) > STILL) else Mode.STANDING
        if self.mode is not Mode.LIMP:
            if self._ticks % self._every == 0:
                self._infer(state, intent.velocity)
            self._ticks += 1
        zero = np.zeros(len(self._kp))
        target = DEFAULT + ACTION_SCALE * self._action
        command = JointCommand(state.sequence, target, zero, zero, self._kp, self._kd)
        return command, BalanceReport(self.mode, None, gait=self._feet(state))

    def sends(self, command: JointCommand) -> None:
        """A policy does not look at what it asked for."""

    def _infer(self, state: RobotState, velocity: np.ndarray) -> None:
        self._clock.step(velocity)
        up = matrix_from_quat_xyzw(self._truth().quat_xyzw)[2]
        seen = observation(state, up, np.asarray(velocity, dtype=float), self._action, self._clock)
        (action,) = self._session.run(None, {self._input: seen})
        self._action = np.clip(action[0].astype(float), -ACTION_LIMIT, ACTION_LIMIT)

    def _feet(self, state: RobotState) -> Feet:
        """By the forces on them: with hysteresis, so that a foot that rattles lands once."""
        force = state.foot_wrenches[:, 2] / self._weight
        if self._swing is not None and force[self._swing] > LOADED:
            self._swing = None
        elif self._swing is None and force.min() < LIFTED and force.max() > LOADED:
            self._swing = int(force.argmin())
        return Feet(self._swing)
