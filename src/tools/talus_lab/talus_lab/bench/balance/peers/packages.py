# SPDX-License-Identifier: Apache-2.0
"""Where the peers' packages are, how to get them, and their robot as Talus reads it; nothing of theirs is in Talus."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from talus_description.adopt import adopt

ROOT = Path(__file__).resolve().parents[7]
STORE = ROOT / ".talus" / "peers"
PACKAGES = STORE / "packages"
ROBOT = STORE / "robots" / "g1"  # the Unitree G1 with 29 joints, as holosoma has it
REQUIREMENTS = "config/python/requirements-peers.txt"
INSTALL = f"./talus exec -- python -m pip install --no-deps --target .talus/peers/packages -r {REQUIREMENTS}"
POLICIES = {
    "holosoma_fastsac": "holosoma_inference/models/loco/g1_29dof/fastsac_g1_29dof.onnx",
    "holosoma_ppo": "holosoma_inference/models/loco/g1_29dof/ppo_g1_29dof.onnx",
}
BODY = "holosoma/data/robots/g1/g1_29dof.xml"
SPEEDS = "holosoma/data/robots/g1/g1_29dof.urdf"  # the MJCF has no speed limits


def missing(packages: Path = PACKAGES) -> list[str]:
    """Files that are not there."""
    return [name for name in (BODY, SPEEDS, *POLICIES.values()) if not (packages / name).exists()]


def policy_file(name: str) -> Path:
    """ONNX file of a peer."""
    return PACKAGES / POLICIES[name]


def make_robot() -> None:
    """Adopt the peers' robot. Raises TalusError."""
    joints = ElementTree.parse(PACKAGES / SPEEDS).getroot().iter("joint")
    limits = {joint.get("name"): joint.find("limit") for joint in joints}
    adopt(
        PACKAGES / BODY,
        ROBOT,
        {name: float(limit.get("velocity")) for name, limit in limits.items() if limit is not None},
    )
