# SPDX-License-Identifier: Apache-2.0
"""Puts the peers' robot into a setting, with the controller that the setting names."""

from __future__ import annotations

from dataclasses import replace

from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import load_robot
from talus_description.scene import find_world

from talus_lab.bench.balance.peers.holosoma import DEFAULT_POSE_RAD, HolosomaController
from talus_lab.bench.balance.peers.packages import G1_FOLDER, policy_file
from talus_lab.bench.balance.trials.trial import OURS, Setting
from talus_lab.rig.checkout import WORLDS_FOLDER
from talus_lab.rig.rig import Rig

POLICY_POSE = "policy"  # name of the pose in which the policies start


class PolicyRig(Rig):
    """Holds the peers' robot under one of their policies."""

    @property
    def swing_side(self) -> int | None:
        """The foot in the air by the forces on both: 0 left, 1 right; None while both stand."""
        controller = self.controller
        return controller.swing_side if isinstance(controller, HolosomaController) else None


def peer_rig(setting: Setting, world: str, period: float, delay_ticks: int) -> Rig:
    """Return a rig in which body, noise, delay and model error are equal for all controllers.

    Args:
        setting: Names the controller and the seed.
        world: Name or file.
        period: Length of a tick, s.
        delay_ticks: From a state to the command that answers it.

    Raises:
        TalusError: For a policy or a world that cannot be used.
    """
    description = load_robot(G1_FOLDER)
    path = find_world(world, WORLDS_FOLDER)
    kind = Rig
    options: dict[str, object] = {}
    if setting.mind != OURS:
        kind = PolicyRig
        poses = {**description.poses, POLICY_POSE: DEFAULT_POSE_RAD}
        description = replace(description, poses=poses)
        options = {"start_pose": POLICY_POSE}
    rig = kind(
        description,
        path,
        seed=setting.seed,
        model_error=True,
        period=period,
        options=options,
        delay_ticks=delay_ticks,
        is_gated=False,
    )
    if setting.mind != OURS:
        rig.controller = HolosomaController(
            policy_file(setting.mind),
            description.joint_names,
            weight=rig.driver.mass * GRAVITY_MPS2,
            truth=rig.driver.ground_truth,
            period=period,
        )
    return rig
