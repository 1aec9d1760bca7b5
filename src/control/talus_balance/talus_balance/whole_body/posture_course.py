# SPDX-License-Identifier: Apache-2.0
"""Gives the posture of each tick: that of a change under way, otherwise the pose `stand`."""

from __future__ import annotations

from talus_dynamics.pose_facts import PoseFacts, pose_facts
from talus_dynamics.robot_dynamics import WholeBodyModel

from talus_balance.whole_body.posture_move import PostureMove, PostureReference

# s in which a change of posture comes to rest where it is: a tenth of a whole change
STOPPING_TIME_S = 0.2


class PostureCourse:
    """Keeps a change of posture, which may stop where it is and go on later."""

    def __init__(self, model: WholeBodyModel, dt: float):
        description = model.description
        joints = description.structural_indices
        self._poses = {
            name: pose_facts(model, pose[joints]) for name, pose in description.poses.items()
        }
        self._dt = dt
        self._move: PostureMove | None = None
        self._pace = 1.0  # share of a change's own speed

    @property
    def has_arrived(self) -> bool:
        """Tell whether no change of posture is left to do."""
        return self._move is None or self._move.is_done

    def begin_move(self, pose: str, duration: float, start: PoseFacts) -> None:
        """Go from `start` to a pose of the robot's files in `duration`, s."""
        self._move = PostureMove(start, self._poses[pose], duration)

    def advance(self, settled: bool, may_move: bool) -> PostureReference:
        """Return the posture of this tick.

        Args:
            settled: Whether no change of posture is under way.
            may_move: Whether a change goes on; if not, it stops where it is.
        """
        change = self._dt / STOPPING_TIME_S
        self._pace = min(max(float(may_move), self._pace - change), self._pace + change)
        if not settled and self._move is not None:
            return self._move.step_posture(self._dt, self._pace)
        stand = self._poses["stand"]
        return PostureReference(
            com_height=stand.com_height,
            com_speed=0.0,
            com_acceleration=0.0,
            pelvis_pitch=stand.pelvis_pitch,
            chest_pitch=stand.chest_pitch,
            joints=stand.joints,
        )
