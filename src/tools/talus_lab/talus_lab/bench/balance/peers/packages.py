# SPDX-License-Identifier: Apache-2.0
"""Finds the peers' packages and their robot; nothing of theirs is in Talus."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from talus_description.adopt import adopt

from talus_lab.rig.checkout import CHECKOUT

PEERS_STORE = CHECKOUT / ".talus" / "peers"
PEER_PACKAGES = PEERS_STORE / "packages"
G1_FOLDER = PEERS_STORE / "robots" / "g1"  # the Unitree G1 with 29 joints, as holosoma has it
REQUIREMENTS = "config/python/requirements-peers.txt"
INSTALL = (
    "./talus exec -- python -m pip install --no-deps --target .talus/peers/packages "
    f"-r {REQUIREMENTS}"
)
POLICIES = {
    "holosoma_fastsac": "holosoma_inference/models/loco/g1_29dof/fastsac_g1_29dof.onnx",
    "holosoma_ppo": "holosoma_inference/models/loco/g1_29dof/ppo_g1_29dof.onnx",
}
G1_MJCF = "holosoma/data/robots/g1/g1_29dof.xml"
G1_URDF = "holosoma/data/robots/g1/g1_29dof.urdf"  # for speed limits, which the MJCF lacks


def missing(packages: Path = PEER_PACKAGES) -> list[str]:
    """Return the files of the peers that are not there."""
    names = (G1_MJCF, G1_URDF, *POLICIES.values())
    return [name for name in names if not (packages / name).exists()]


def policy_file(name: str) -> Path:
    """Return the ONNX file of a peer."""
    return PEER_PACKAGES / POLICIES[name]


def make_robot() -> None:
    """Adopt the peers' robot. Raises TalusError."""
    speeds: dict[str, float] = {}
    for joint in ElementTree.parse(PEER_PACKAGES / G1_URDF).getroot().iter("joint"):
        limit = joint.find("limit")
        if limit is not None:
            speeds[joint.attrib["name"]] = float(limit.attrib["velocity"])
    adopt(PEER_PACKAGES / G1_MJCF, G1_FOLDER, speeds)
