# SPDX-License-Identifier: Apache-2.0
"""Puts the locomotion policies of holosoma-inference 0.1.3 behind our driver.

What they see and what their actions mean was read from that package: `config_values/observation.py`
(`loco_g1_29dof`: terms, scales), `policies/base.py` (terms in alphabetical order, actions clipped,
scaled and added to the default pose) and `policies/locomotion.py` (clock).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from talus_balance.balance_types import BalanceReport, Intent
from talus_balance.stepping.height_grid import HeightGrid
from talus_core.driver import GroundTruth
from talus_core.errors import TalusError
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.state import JointCommand, RobotState
from talus_core.words.modes import Mode
from talus_models.session import NetworkSession, open_session

POLICY_RATE_HZ = 50.0
CLOCK_STRIDE_S = 1.0
ACTION_SCALE_RAD = 0.25
ACTION_CLIP = 100.0
TURN_SCALE = 0.25  # of rad/s of the base
SPEED_SCALE = 0.05  # of rad/s of the joints
STAND_COMMAND_LIMIT = 0.01  # m/s and rad/s, below which a command means to stand
STEADY_AFTER_S = 1.0  # until it counts as standing: it starts in its own pose
# Parts of the weight on a foot, below and above which it is in the air and on the ground.
LIFTED_SHARE = 0.1
LANDED_SHARE = 0.2
# The pose that actions are added to, rad: legs, waist, arms.
_LEG = (-0.312, 0.0, 0.0, 0.669, -0.363, 0.0)
_WAIST = (0.0, 0.0, 0.0)
_LEFT_ARM = (0.2, 0.2, 0.0, 0.6, 0.0, 0.0, 0.0)
_RIGHT_ARM = (0.2, -0.2, 0.0, 0.6, 0.0, 0.0, 0.0)
DEFAULT_POSE_RAD = np.array((*_LEG, *_LEG, *_WAIST, *_LEFT_ARM, *_RIGHT_ARM))


class PeerPolicyError(TalusError):
    """Raised when a policy does not fit the robot."""


@dataclass
class Clock:
    """Counts the phases of both feet, rad in -pi to pi: a stride is a turn.

    Attributes:
        phases: Left and right; both at pi while standing.
        is_standing: The command means to stand.
    """

    phases: tuple[float, float] = (0.0, math.pi)
    is_standing: bool = False

    def step(self, velocity: np.ndarray) -> None:
        """Let a tick of the policy pass at this command (3,)."""
        turn = 2.0 * math.pi / (POLICY_RATE_HZ * CLOCK_STRIDE_S)
        left, right = self.phases
        self.phases = (_turned(left, turn), _turned(right, turn))
        is_still = math.hypot(velocity[0], velocity[1]) < STAND_COMMAND_LIMIT
        if is_still and abs(velocity[2]) < STAND_COMMAND_LIMIT:
            self.phases = (math.pi, math.pi)
            self.is_standing = True
        elif self.is_standing:
            self.phases = (0.0, math.pi)
            self.is_standing = False


def _turned(phase: float, turn: float) -> float:
    return math.fmod(phase + turn + math.pi, 2.0 * math.pi) - math.pi


def observation(
    state: RobotState,
    *,
    up: np.ndarray,
    velocity: np.ndarray,
    action: np.ndarray,
    clock: Clock,
) -> np.ndarray:
    """Return what the policy sees: (1, 100) for 29 joints, terms in alphabetical order.

    Args:
        state: Sensor values with the IMU in base axes.
        up: (3,) the vertical in base axes.
        velocity: (3,) wanted m/s, m/s, rad/s.
        action: (29,) action of the last tick, unscaled.
        clock: Phases of this tick.
    """
    terms = (
        action,
        TURN_SCALE * state.angular_velocity,
        velocity[2:],
        velocity[:2],
        np.cos(clock.phases),
        state.position - DEFAULT_POSE_RAD,
        SPEED_SCALE * state.velocity,
        -up,
        np.sin(clock.phases),
    )
    return np.concatenate(terms, dtype=np.float32)[np.newaxis]


@dataclass(frozen=True)
class _Network:
    """Holds what is read from a policy's ONNX file: the network, its input, and gains (n,)."""

    session: NetworkSession
    input: str
    kp: np.ndarray
    kd: np.ndarray


def _load(model: Path, joints: tuple[str, ...]) -> _Network:
    """Read a policy. Raises PeerPolicyError for other joints, or another shape of what it sees."""
    session = open_session(model)
    facts = session.get_modelmeta().custom_metadata_map
    if tuple(json.loads(facts["dof_names"])) != joints:
        raise PeerPolicyError(f"{model.name} has other joints than the robot, or another order")
    shape = session.get_inputs()[0].shape
    if shape != [1, 100]:
        raise PeerPolicyError(f"{model.name} sees {shape}; the adapter makes [1, 100]")
    kp, kd = (np.array(json.loads(facts[key]), dtype=float) for key in ("kp", "kd"))
    return _Network(session, session.get_inputs()[0].name, kp, kd)


class HolosomaController:
    """Takes the place of our balance controller; it is told the true attitude.

    Attributes:
        mode: What the robot does, in the words of our controller.
        swing_side: Foot in the air by the forces on both, 0 left, 1 right; None while both stand.
    """

    def __init__(
        self,
        model: Path,
        joints: tuple[str, ...],
        *,
        weight: float,
        truth: Callable[[], GroundTruth],
        period: float,
    ):
        """Load the policy.

        Args:
            model: ONNX file with gains and joint names in it.
            joints: The robot's joints, in its order.
            weight: N of the robot, to tell feet in the air.
            truth: The simulator's own knowledge of the base.
            period: s of a control tick.

        Raises:
            PeerPolicyError: For other joints, or another shape of the observation.
        """
        self._network = _load(model, joints)
        self._truth = truth
        self._weight = weight
        self._period = period
        self._ticks_per_inference = round(1.0 / (POLICY_RATE_HZ * period))
        self._clock = Clock()
        self._action = np.zeros(len(joints))
        self._ticks = 0
        self.swing_side: int | None = None
        self.mode = Mode.LIMP

    def step_balance(self, state: RobotState, intent: Intent) -> tuple[JointCommand, BalanceReport]:
        """Answer a state; the policy is asked in every tenth tick."""
        if not intent.torque:
            self.mode = Mode.LIMP
        elif self.mode is Mode.LIMP:
            self.mode = Mode.STANDING_UP
            self._ticks = 0
        elif self._ticks * self._period >= STEADY_AFTER_S:
            walks = np.any(np.abs(intent.velocity) > STAND_COMMAND_LIMIT)
            self.mode = Mode.WALKING if walks else Mode.STANDING
        if self.mode is not Mode.LIMP:
            if self._ticks % self._ticks_per_inference == 0:
                self._infer(state, intent.velocity)
            self._ticks += 1
        kp = self._network.kp
        zero = np.zeros(len(kp))
        target = DEFAULT_POSE_RAD + ACTION_SCALE_RAD * self._action
        command = JointCommand(state.sequence, target, zero, zero, kp, self._network.kd)
        self._note_feet(state)
        return command, BalanceReport(self.mode, None)

    def sends(self, command: JointCommand) -> None:
        """Hear what is sent; a policy does not look at it."""

    def see_ground(self, grid: HeightGrid) -> None:
        """Hear how high the ground is; a policy does not look at it."""

    def _infer(self, state: RobotState, velocity: np.ndarray) -> None:
        self._clock.step(velocity)
        up = matrix_from_quat_xyzw(self._truth().quat_xyzw)[2]
        wanted = np.asarray(velocity, dtype=float)
        seen = observation(state, up=up, velocity=wanted, action=self._action, clock=self._clock)
        (action,) = self._network.session.run(None, {self._network.input: seen})
        self._action = np.clip(action[0].astype(float), -ACTION_CLIP, ACTION_CLIP)

    def _note_feet(self, state: RobotState) -> None:
        """Judge the feet by the forces on them, with hysteresis: a foot that rattles lands once."""
        force = state.foot_wrenches[:, 2] / self._weight
        if self.swing_side is not None and force[self.swing_side] > LANDED_SHARE:
            self.swing_side = None
        elif self.swing_side is None and force.min() < LIFTED_SHARE and force.max() > LANDED_SHARE:
            self.swing_side = int(force.argmin())
