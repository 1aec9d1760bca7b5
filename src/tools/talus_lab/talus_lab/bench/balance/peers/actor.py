# SPDX-License-Identifier: Apache-2.0
"""The peers' robot in a setting, with the controller that the setting names."""

from __future__ import annotations

from dataclasses import replace

from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import load_robot
from talus_description.scene import find_world

from talus_lab.bench.balance.peers.holosoma import DEFAULT, HolosomaController
from talus_lab.bench.balance.peers.packages import ROBOT, ROOT, policy_file
from talus_lab.bench.balance.trial import OURS, Setting
from talus_lab.bench.rig import Rig

OWN_POSE = "policy"
WORLDS = ROOT / "urdf" / "worlds"


def peer_rig(setting: Setting, world: str, period: float, delay_ticks: int) -> Rig:
    """Body, noise, delay and model error are the same for all controllers. Raises TalusError."""
    description, world = load_robot(ROBOT), find_world(world, WORLDS)
    common = {"seed": setting.seed, "model_error": True, "period": period, "delay_ticks": delay_ticks}
    if setting.mind == OURS:
        return Rig(description, world, is_gated=False, **common)
    description = replace(description, poses={**description.poses, OWN_POSE: DEFAULT})
    rig = Rig(description, world, options={"start_pose": OWN_POSE}, is_gated=False, **common)
    weight = rig.driver.mass * GRAVITY_MPS2
    rig.controller = HolosomaController(
        policy_file(setting.mind), description.joint_names, weight, rig.driver.ground_truth, period
    )
    return rig
