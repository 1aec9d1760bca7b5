# SPDX-License-Identifier: Apache-2.0
"""Runs a learned policy that fits this robot, its network and the control clock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from talus_core.errors import unknown_name_message
from talus_core.robot import RobotDescription
from talus_models.kinds import ModelError
from talus_models.manifest import sha256

from talus_balance.policy.manifest import POLICY_TYPE, PolicyManifest, load_manifest
from talus_balance.policy.observation import Joints, Observation, PolicyView

TIMED_RUNS = 50  # runs of the network over which its time is averaged
# share of the control period, on average: estimator and controller run beside it
MEAN_RUN_PERIOD_SHARE = 0.25
LATE_RUN_PERIOD_SHARE = 0.5  # share of the control period: a longer run may miss this tick's answer

Clock = Callable[[], float]  # returns this thread's computing time, s


class Network(Protocol):
    """Computes an output (1, n) for an input (1, k), both float32."""

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return the output for `values` (1, k)."""


class Policy:
    """Runs a policy; call `reset` when it takes over, then `step_policy` every control tick.

    Attributes:
        manifest: What the policy says of itself.
        joints: (n,) places of its joints in the robot's arrays.
        target: (n,) position targets of the drives, rad.
        fault: Why it can no longer be trusted; empty while it can.
    """

    def __init__(
        self,
        manifest: PolicyManifest,
        network: Network,
        description: RobotDescription,
        dt: float,
        clock: Clock,
    ):
        """Check that the policy fits the robot; raises PolicyError where it does not.

        Args:
            manifest: Complete manifest.
            network: Network of the manifest.
            description: Description of the robot that the policy would drive.
            dt: Time per control tick, s.
            clock: Returns this thread's computing time, s.
        """
        self.manifest = manifest
        self._network = network
        self._clock = clock
        self._dt = dt
        self._every = _ticks(manifest, dt)
        self.joints = _places(manifest, description)
        self._lower = description.limits.lower[self.joints]
        self._upper = description.limits.upper[self.joints]
        self._observation = Observation(manifest)
        self.reset()
        self._try()

    def reset(self) -> None:
        """Forget the last action; the first tick of the policy is the next one."""
        self._action = np.zeros(len(self.joints))
        self.target = self.manifest.offset.copy()
        self.fault = ""
        self._due = 0

    def step_policy(self, sight: PolicyView, ticks: int = 1) -> bool:
        """Keep or renew `target`, `ticks` control ticks later.

        Returns:
            Whether the policy can be trusted; `fault` says why not.
        """
        self._due -= ticks
        if self._due > 0 or self.fault:
            return not self.fault
        self._due = self._every
        self._infer(
            self._observation.write(sight, Joints(self.joints, self.manifest.offset, self._action))
        )
        return not self.fault

    def _infer(self, values: np.ndarray) -> None:
        started = self._clock()
        try:
            action = self._network(values)[0].astype(float)
        except Exception as error:  # any error of a library: none may end the control loop
            self.fault = f"the network failed: {' '.join(str(error).split())}"
            return
        took = self._clock() - started
        target = self.manifest.offset + self.manifest.scale * action
        self.fault = self._judge(action, target, took)
        if not self.fault:
            self._action = action
            self.target = target

    def _judge(self, action: np.ndarray, target: np.ndarray, took: float) -> str:
        """Return why an inference of `took`, s, cannot be trusted; empty if it can."""
        if not np.all(np.isfinite(action)):
            return "an output is not finite"
        if np.abs(action).max() > self.manifest.action_limit:
            return (
                f"an output is {np.abs(action).max():.3g}, beyond its limit "
                f"{self.manifest.action_limit:g}"
            )
        if np.any((target < self._lower) | (target > self._upper)):
            worst = int(np.argmax(np.maximum(self._lower - target, target - self._upper)))
            return (
                f"the target of {self.manifest.joints[worst]} is {target[worst]:.3g} "
                "rad, beyond its range"
            )
        if took > LATE_RUN_PERIOD_SHARE * self._dt:
            return (
                f"an inference took {1e3 * took:.2g} ms, more than "
                f"{1e3 * LATE_RUN_PERIOD_SHARE * self._dt:g} ms"
            )
        return ""

    def _try(self) -> None:
        """Try an observation of zeros (at rest in its own pose), then measure the mean time."""
        zeros = np.zeros_like(self._observation.values)
        output = self._network(zeros)
        if output.shape != (1, len(self.joints)):
            shape = list(self.manifest.output.shape)
            wanted = [1, len(self.joints)]
            raise self._error(
                f"network.output.shape is {shape}; for its joints it must be {wanted}"
            )
        started = self._clock()
        for _ in range(TIMED_RUNS):
            self._network(zeros)
        mean = (self._clock() - started) / TIMED_RUNS
        most = MEAN_RUN_PERIOD_SHARE * self._dt
        if mean > most:
            raise self._error(
                f"an inference takes {1e3 * mean:.2g} ms on average; it must be "
                f"at most {1e3 * most:g} ms"
            )
        self._infer(zeros)
        if self.fault:
            raise self._error(f"on an observation of zeros {self.fault}")
        self.reset()

    def _error(self, text: str) -> ModelError:
        return self.manifest.refusal(text)


def load_policy(path: str | Path, description: RobotDescription, dt: float, clock: Clock) -> Policy:
    """Load a policy and check everything about it.

    Args:
        path: Path of its manifest.
        description: Description of the robot that the policy would drive.
        dt: Time per control tick, s.
        clock: Returns this thread's computing time, s.

    Raises:
        PolicyError: If something does not fit; the message says what, and what would.
    """
    manifest = load_manifest(path)
    _check_robot(manifest, description)
    # Imported here: 12 MB that a robot without a policy does not need.
    from talus_models.network import OnnxNetwork

    network = OnnxNetwork(manifest.model)
    _check_types(manifest)
    return Policy(manifest, network, description, dt, clock)


def _check_types(manifest: PolicyManifest) -> None:
    for which, tensor in (("input", manifest.input), ("output", manifest.output)):
        if tensor.type != POLICY_TYPE:
            raise manifest.refusal(
                f"network.{which}.type is {tensor.type}; it must be {POLICY_TYPE}"
            )


def _check_robot(manifest: PolicyManifest, description: RobotDescription) -> None:
    if manifest.robot != description.name:
        raise manifest.refusal(
            f"it is for robot '{manifest.robot}'; this one is '{description.name}'"
        )
    found = sha256(description.urdf)
    if found != manifest.robot_sha256:
        raise manifest.refusal(
            f"robot.urdf_sha256 is {manifest.robot_sha256[:12]}..., but that of "
            f"{description.urdf.name} is {found[:12]}...; train it anew on this "
            f"body: {manifest.model.training.command}"
        )


def _ticks(manifest: PolicyManifest, dt: float) -> int:
    """Return the number of control ticks per tick of the policy."""
    control = 1.0 / dt
    every = round(control / manifest.rate_hz)
    if every < 1 or abs(every * manifest.rate_hz - control) > 1e-6 * control:
        raise manifest.refusal(
            f"rate_hz is {manifest.rate_hz:g}; it must divide the control rate, {control:g} Hz"
        )
    return every


def _places(manifest: PolicyManifest, description: RobotDescription) -> np.ndarray:
    """Return the places of the policy's joints among the robot's, (n,).

    They must be in the robot's order, with all of both legs.
    """
    names = description.joint_names
    for name in manifest.joints:
        if name not in names:
            raise manifest.refusal(unknown_name_message("joint", name, names))
    ordered = [name for name in names if name in manifest.joints]
    for place, (said, right) in enumerate(zip(manifest.joints, ordered, strict=False)):
        if said != right:
            raise manifest.refusal(
                f"joint {place} is {said}; in the robot's order it must be {right}"
            )
    if len(ordered) != len(manifest.joints):
        raise manifest.refusal(
            f"{len(manifest.joints)} joints, but only {len(ordered)} different ones"
        )
    for name in (*description.groups["left_leg"], *description.groups["right_leg"]):
        if name not in manifest.joints:
            raise manifest.refusal(f"without joint {name}; it must drive both legs")
    return np.array([names.index(name) for name in manifest.joints])
