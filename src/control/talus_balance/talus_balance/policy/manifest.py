# SPDX-License-Identifier: Apache-2.0
"""What a learned policy says of itself beyond what every model says: whom it drives, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from talus_models.kinds import ModelError, ModelKind
from talus_models.manifest import ModelManifest, Tensor, open_manifest, read_model

STANDING = "standing"
WALKING = "walking"
MODES = (STANDING, WALKING)
POLICY_TYPE = "float32"  # of the observation and the action


class PolicyError(ModelError):
    """A policy must not drive this robot; the message names file, value and what would work."""


POLICY_KIND = ModelKind("policy", PolicyError)


@dataclass(frozen=True)
class Term:
    """Describes a part of the observation: `size` numbers of reading `name`, each times `scale`."""

    name: str
    size: int
    scale: float


@dataclass(frozen=True)
class PolicyManifest:
    """Holds the whole file; arrays (n,) are in the order of `joints`.

    Attributes:
        model: What every model says: names, training, network; one input and one output.
        robot, robot_sha256: Name of the robot that it was trained on, and the SHA-256 of that
            robot's URDF.
        rate_hz: Its ticks per second; between them its targets stay.
        modes: In which it may drive.
        action_limit: Greatest sound absolute value of an output.
        joints: Joints that it drives.
        offset, scale: (n,) rad; the drives' position targets are offset + scale * output.
        stiffness, damping: (n,) gains of the drives while it drives, N m/rad and N m s/rad.
        observation: Parts of the input, in their order.
    """

    model: ModelManifest
    robot: str
    robot_sha256: str
    rate_hz: float
    modes: tuple[str, ...]
    action_limit: float
    joints: tuple[str, ...]
    offset: np.ndarray
    scale: np.ndarray
    stiffness: np.ndarray
    damping: np.ndarray
    observation: tuple[Term, ...]

    @property
    def input(self) -> Tensor:
        """Return the tensor of the observation."""
        return self.model.inputs[0]

    @property
    def output(self) -> Tensor:
        """Return the tensor of the action."""
        return self.model.outputs[0]

    def refusal(self, text: str) -> ModelError:
        """Return the error, one line, for a policy that does not fit."""
        return self.model.refusal(text)


def load_manifest(path: str | Path) -> PolicyManifest:
    """Read a manifest that is complete, with nothing unknown in it. Raises PolicyError."""
    top = open_manifest(path, POLICY_KIND)
    model = read_model(top)
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise model.refusal("the network of a policy must have one input and one output")
    robot = top.section("robot")
    joints = top.sections("joints")
    manifest = PolicyManifest(
        model=model,
        robot=robot.text("name"),
        robot_sha256=robot.text("urdf_sha256"),
        rate_hz=top.number("rate_hz", above=0.0),
        modes=top.words("modes", MODES),
        action_limit=top.number("action_limit", above=0.0),
        joints=tuple(joint.text("name") for joint in joints),
        offset=np.array([joint.number("offset") for joint in joints]),
        scale=np.array([joint.number("scale") for joint in joints]),
        stiffness=np.array([joint.number("stiffness", above=0.0) for joint in joints]),
        damping=np.array([joint.number("damping", above=0.0) for joint in joints]),
        observation=tuple(
            Term(term.text("name"), term.whole("size"), term.number("scale"))
            for term in top.sections("observation")
        ),
    )
    top.refuse_unread()
    return manifest
