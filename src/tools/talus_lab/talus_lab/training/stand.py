# SPDX-License-Identifier: Apache-2.0
"""Trains a policy that imitates how the model-based controller stands, shoved lightly; legs only.

It proves that a learned policy can take part, and claims nothing more. Dataset aggregation (Ross et al., "A reduction
of imitation learning and structured prediction to no-regret online learning", AISTATS 2011): the policy so far drives,
the model-based controller says at every tick what it would have done, the next policy is fitted to all of that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from talus_balance.controller import BalanceReport, Intent, Mode
from talus_balance.policy.manifest import STANDING, PolicyManifest, Tensor, Term, sha256
from talus_balance.policy.observation import READINGS, Joints, Observation, Sight
from talus_balance.policy.policy import Policy
from talus_balance.policy.seat import PolicySeat, PolicyState, applied_torque
from talus_balance.stepping.gait_types import Phase
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_lab.bench.rig import Push, Rig
from talus_lab.training.perceptron import FitConfig, Perceptron, fit

NAME = "stand"
ABOUT = "Imitates the model-based controller's standing: a proof that policies can take part, not an improvement."
RATE = 100.0  # Hz
SCALE = 0.25  # rad
ACTION_LIMIT = 4.0  # 1 rad: what the targets of a knee under full torque are from where it is
STIFFNESS, DAMPING = 1.0, 0.02  # over the torque limit: between those of balancing and of holding a pose
OBSERVATION = {
    "projected_gravity": 1.0,
    "angular_velocity": 0.25,
    "linear_velocity": 1.0,
    "joint_positions": 1.0,
    "joint_velocities": 0.05,
    "load_shares": 1.0,
}
KEEP_EVERY = 5  # ticks


@dataclass(frozen=True)
class StandConfig:
    """How much is learned from.

    Attributes:
        rounds: Of driving and fitting.
        robots: Per round: each with its own noise and model error.
        seconds: Of standing, of each robot.
        shove_every: s, mean time between shoves.
        hardest: m/s, of a shove; what the model-based controller catches without a step.
    """

    rounds: int = 4
    robots: int = 5
    seconds: float = 8.0
    shove_every: float = 1.2
    hardest: float = 0.25
    fit: FitConfig = field(default_factory=FitConfig)


class Scribe:
    """In the place of a policy's seat: writes down what is seen and what the model-based controller answers."""

    def __init__(self, policy: Policy | None, manifest: PolicyManifest, description: RobotDescription, dt: float):
        """`policy`: drives where it may; None: the model-based controller does."""
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
        """The policy does."""
        return self._seat.state is PolicyState.ACTIVE

    def step(self, state: RobotState, intent: Intent, report: BalanceReport, command: JointCommand) -> JointCommand:
        """As a seat's."""
        self._ticks += 1
        stands = report.mode is Mode.STANDING and report.gait is not None and report.gait.phase is Phase.STAND
        if stands and self._ticks % KEEP_EVERY == 0:
            sight = Sight(state, report.base, report.gait, intent.velocity)
            self.inputs.append(self._observation.write(sight, self._joints)[0].copy())
            self.outputs.append(self._action(state, command))
        self._seat.want(True)
        return self._seat.step(state, intent, report, command)

    def _action(self, state: RobotState, command: JointCommand) -> np.ndarray:
        """With which the drives would apply the torque of `command` under the policy's gains."""
        j, m = self._joints.places, self._manifest
        torque = applied_torque(command, state)[j] + m.damping * state.velocity[j]
        return (state.position[j] + torque / m.stiffness - m.offset) / m.scale


def stand_manifest(description: RobotDescription, path: Path, commit: str, command: str, seed: int) -> PolicyManifest:
    """Without the network's hash, which is not there yet."""
    joints = description.groups["left_leg"] + description.groups["right_leg"]
    places = np.array([description.joint_names.index(name) for name in joints])
    effort, n = description.limits.effort[places], len(joints)
    terms = tuple(Term(name, READINGS[name].size(n), scale) for name, scale in OBSERVATION.items())
    return PolicyManifest(
        path=path,
        name=NAME,
        about=ABOUT,
        licence="Apache-2.0",
        training_commit=commit,
        training_command=command,
        training_seed=seed,
        robot=description.name,
        robot_sha256=sha256(description.urdf),
        network=path.with_suffix(".onnx"),
        network_sha256="",
        input=Tensor("observation", (1, sum(term.size for term in terms)), "float32"),
        output=Tensor("action", (1, n), "float32"),
        rate_hz=RATE,
        modes=(STANDING,),
        action_limit=ACTION_LIMIT,
        joints=joints,
        offset=description.poses["stand"][places],
        scale=np.full(n, SCALE),
        stiffness=STIFFNESS * effort,
        damping=DAMPING * effort,
        observation=terms,
    )


def train(
    description: RobotDescription, manifest: PolicyManifest, config: StandConfig, seed: int
) -> Iterator[tuple[Perceptron, str]]:
    """A better network after each round, and what is to be said of it."""
    network, inputs, outputs = None, [], []
    for number in range(config.rounds):
        drove = []
        for robot in range(config.robots):
            scribe, share = _drive(description, manifest, network, config, seed=seed + number * config.robots + robot)
            inputs += scribe.inputs
            outputs += scribe.outputs
            drove.append(share)
        network, error = fit(np.array(inputs), np.array(outputs), config.fit, seed)
        said = f"the policy drove {100.0 * float(np.mean(drove)):.0f} % of the time"
        yield network, f"round {number + 1}: {said}, {len(inputs)} samples, error {error:.3f} of their spread"


def _drive(
    description: RobotDescription, manifest: PolicyManifest, network: Perceptron | None, config: StandConfig, seed: int
) -> tuple[Scribe, float]:
    """A robot that stands and is shoved; and for which part of that the network drove."""
    random = np.random.default_rng(seed)
    rig = Rig(description, seed=seed, model_error=True)
    dt = rig.driver.period
    policy = None
    if network is not None:
        policy = Policy(manifest, lambda x: network(x).astype(np.float32), description, dt, clock=lambda: 0.0)
    rig.seat = scribe = Scribe(policy, manifest, description, dt)
    rig.run_until(Mode.STANDING, 6.0)
    end, ticks, driven = rig.time + config.seconds, 0, 0
    rig.pushes = list(_shoves(random, rig.time, end, config, rig.driver.mass))
    while rig.time < end and not rig.has_fallen():
        rig.step()
        ticks, driven = ticks + 1, driven + scribe.drives
    return scribe, driven / ticks


def _shoves(random: np.random.Generator, start: float, end: float, config: StandConfig, mass: float) -> Iterator[Push]:
    time = start + 1.0
    while time < end:
        heading, impulse = random.uniform(0.0, 2.0 * math.pi), mass * config.hardest * random.uniform()
        yield Push(time, (impulse * math.cos(heading), impulse * math.sin(heading), 0.0))
        time += random.exponential(config.shove_every)
