# SPDX-License-Identifier: Apache-2.0
"""Trains a policy that imitates how the model-based controller stands, shoved lightly; legs only.

It proves that a learned policy can take part, and claims nothing more. Dataset aggregation (Ross et
al., "A reduction of imitation learning and structured prediction to no-regret online learning",
AISTATS 2011): the policy so far drives, the model-based controller says at every tick what it would
have done, the next policy is fitted to all of that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from talus_balance.balance_types import BalanceReport, Intent
from talus_balance.policy.manifest import (
    POLICY_KIND,
    POLICY_TYPE,
    STANDING,
    PolicyManifest,
    Term,
)
from talus_balance.policy.observation import READINGS, Joints, Observation, PolicyView
from talus_balance.policy.policy import Policy
from talus_balance.policy.seat import PolicySeat, PolicyState, applied_torque
from talus_balance.stepping.gait_types import GaitPhase
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState
from talus_core.words.modes import Mode
from talus_models.manifest import ModelManifest, Tensor, TrainingRecord, sha256

from talus_lab.rig.rig import Push, Rig
from talus_lab.training.perceptron import FitConfig, Perceptron, fit

POLICY_NAME = "stand"
POLICY_ABOUT = (
    "Imitates the model-based controller's standing: a proof that policies can take part, "
    "not an improvement."
)
STAND_RATE_HZ = 100.0
STAND_SCALE_RAD = 0.25
# 1 rad: what the targets of a knee under full torque are from where it is.
STAND_ACTION_LIMIT = 4.0
# Over the torque limit: between those of balancing and of holding a pose.
STIFFNESS_PER_EFFORT = 1.0
DAMPING_PER_EFFORT = 0.02
OBSERVATION_SCALES = {
    "projected_gravity": 1.0,
    "angular_velocity": 0.25,
    "linear_velocity": 1.0,
    "joint_positions": 1.0,
    "joint_velocities": 0.05,
    "load_shares": 1.0,
}
TICKS_PER_SAMPLE = 5
STAND_UP_LIMIT_S = 6.0  # the posture change takes 2.2 s


@dataclass(frozen=True)
class StandConfig:
    """Defines how much is learned from.

    Attributes:
        rounds: How often is driven and fitted.
        robots: Robots per round, each with its own noise and model error.
        seconds: For how long each robot stands, s.
        shove_every: Mean time between shoves, s.
        hardest: Hardest shove, m/s: what the model-based controller catches without a step.
        fit: How the network is fitted.
    """

    rounds: int = 4
    robots: int = 5
    seconds: float = 8.0
    shove_every: float = 1.2
    hardest: float = 0.25
    fit: FitConfig = field(default_factory=FitConfig)


class Scribe:
    """Records in a policy's seat what is seen and what the controller answers.

    Attributes:
        inputs: What a policy would have seen.
        outputs: Actions that would have done what the model-based controller did.
    """

    def __init__(
        self,
        policy: Policy | None,
        manifest: PolicyManifest,
        description: RobotDescription,
        dt: float,
    ):
        """Take the seat; `policy` drives where it may; None: the model-based controller does."""
        self._seat = PolicySeat(description, dt, policy)
        self._manifest = manifest
        self._observation = Observation(manifest)
        places = np.array([description.joint_names.index(name) for name in manifest.joints])
        self._joints = Joints(places, manifest.offset, np.zeros(len(places)))
        self._ticks = 0
        self.inputs: list[np.ndarray] = []
        self.outputs: list[np.ndarray] = []

    @property
    def drives(self) -> bool:
        """Whether the policy drives."""
        return self._seat.state is PolicyState.ACTIVE

    def step_seat(
        self, state: RobotState, intent: Intent, report: BalanceReport, command: JointCommand
    ) -> JointCommand:
        """Write a tick down; return the command of the policy's seat."""
        self._ticks += 1
        gait = report.gait
        stands = report.mode is Mode.STANDING and gait is not None and gait.phase is GaitPhase.STAND
        if stands and self._ticks % TICKS_PER_SAMPLE == 0:
            assert gait is not None and report.base is not None  # it stands
            sight = PolicyView(state, report.base, gait, intent.velocity)
            self.inputs.append(self._observation.write(sight, self._joints)[0].copy())
            self.outputs.append(self._action(state, command))
        self._seat.want(True)
        return self._seat.step_seat(state, intent, report, command)

    def _action(self, state: RobotState, command: JointCommand) -> np.ndarray:
        """Return the action under whose gains the drives would apply the torque of `command`."""
        j = self._joints.places
        m = self._manifest
        torque = applied_torque(command, state)[j] + m.damping * state.velocity[j]
        return (state.position[j] + torque / m.stiffness - m.offset) / m.scale


def stand_manifest(
    description: RobotDescription, path: Path, commit: str, command: str, seed: int
) -> PolicyManifest:
    """Describe the policy, without the network's hash, which is not there yet."""
    joints = description.groups["left_leg"] + description.groups["right_leg"]
    places = np.array([description.joint_names.index(name) for name in joints])
    effort = description.limits.effort[places]
    n = len(joints)
    terms = tuple(
        Term(name, READINGS[name].size(n), scale) for name, scale in OBSERVATION_SCALES.items()
    )
    size = sum(term.size for term in terms)
    model = ModelManifest(
        kind=POLICY_KIND,
        path=path,
        name=POLICY_NAME,
        about=POLICY_ABOUT,
        licence="Apache-2.0",
        training=TrainingRecord(commit, command, seed),
        network=path.with_suffix(".onnx"),
        network_sha256="",
        inputs=(Tensor("observation", (1, size), POLICY_TYPE),),
        outputs=(Tensor("action", (1, n), POLICY_TYPE),),
    )
    return PolicyManifest(
        model=model,
        robot=description.name,
        robot_sha256=sha256(description.urdf),
        rate_hz=STAND_RATE_HZ,
        modes=(STANDING,),
        action_limit=STAND_ACTION_LIMIT,
        joints=joints,
        offset=description.poses["stand"][places],
        scale=np.full(n, STAND_SCALE_RAD),
        stiffness=STIFFNESS_PER_EFFORT * effort,
        damping=DAMPING_PER_EFFORT * effort,
        observation=terms,
    )


def train(
    description: RobotDescription, manifest: PolicyManifest, config: StandConfig, seed: int
) -> Iterator[tuple[Perceptron, str]]:
    """Yield a better network after each round, and what is to be said of it."""
    network: Perceptron | None = None
    inputs: list[np.ndarray] = []
    outputs: list[np.ndarray] = []
    for number in range(config.rounds):
        drove = []
        for robot in range(config.robots):
            drive_seed = seed + number * config.robots + robot
            scribe, share = _drive(description, manifest, network, config, seed=drive_seed)
            inputs += scribe.inputs
            outputs += scribe.outputs
            drove.append(share)
        network, error = fit(np.array(inputs), np.array(outputs), config.fit, seed)
        said = f"the policy drove {100.0 * float(np.mean(drove)):.0f} % of the time"
        samples = f"{len(inputs)} samples, error {error:.3f} of their spread"
        yield network, f"round {number + 1}: {said}, {samples}"


def _drive(
    description: RobotDescription,
    manifest: PolicyManifest,
    network: Perceptron | None,
    config: StandConfig,
    *,
    seed: int,
) -> tuple[Scribe, float]:
    """Let a robot stand and shove it; return what was written, and the part that was driven."""
    random = np.random.default_rng(seed)
    rig = Rig(description, seed=seed, model_error=True)
    dt = rig.driver.period
    policy = None
    if network is not None:
        policy = _policy(manifest, network, description, dt)
    scribe = Scribe(policy, manifest, description, dt)
    rig.seat = scribe
    rig.run_until(Mode.STANDING, STAND_UP_LIMIT_S)
    end = rig.time + config.seconds
    ticks = 0
    driven = 0
    rig.disturbances.pushes = list(_shoves(random, rig.time, end, config, mass=rig.driver.mass))
    while rig.time < end and not rig.has_fallen():
        rig.step()
        ticks += 1
        driven += scribe.drives
    return scribe, driven / ticks


def _policy(
    manifest: PolicyManifest, network: Perceptron, description: RobotDescription, dt: float
) -> Policy:
    def answer(values: np.ndarray) -> np.ndarray:
        return network(values).astype(np.float32)

    return Policy(manifest, answer, description, dt, clock=lambda: 0.0)


def _shoves(
    random: np.random.Generator, start: float, end: float, config: StandConfig, *, mass: float
) -> Iterator[Push]:
    time = start + 1.0
    while time < end:
        heading = random.uniform(0.0, 2.0 * math.pi)
        impulse = mass * config.hardest * random.uniform()
        yield Push(time, (impulse * math.cos(heading), impulse * math.sin(heading), 0.0))
        time += random.exponential(config.shove_every)
