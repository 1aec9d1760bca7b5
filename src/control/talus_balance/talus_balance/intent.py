# SPDX-License-Identifier: Apache-2.0
"""Keeps what others ask of the controller, checked and aged: velocity, posture, limbs, level."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from talus_core.errors import TalusError
from talus_core.motion.limb_targets import Limb, LimbInbox, RawLimbTarget
from talus_core.words.stop_levels import StopLevel

from talus_balance.balance_types import Intent
from talus_balance.whole_body.limbs.gaze_path import GazeAngles, GazeRange

# Name of the safety rule for a locked leg: such a leg does not fold, and folding the other one
# makes the robot fall.
LEG_LOCKED = "leg_locked"


@dataclass(frozen=True)
class IntentConfig:
    """Bounds the requests that are accepted.

    Attributes:
        velocity_limits: Speeds forward, backward and sideways, m/s, and turning, rad/s, that the
            gait was proven for.
        degraded_speed: Speed at R1, m/s (250 mm/s of ISO 10218-1).
        stale_after: Time without a new cmd_vel until the robot stands, s (INTERFACES: 0.5).
        gaze: How far and how fast the chest turns for the eyes.
    """

    velocity_limits: tuple[float, float, float, float] = (1.1, 0.35, 0.25, 0.6)
    degraded_speed: float = 0.25
    stale_after: float = 0.5
    gaze: GazeRange = field(default_factory=GazeRange)


class IntentKeeper:
    """Keeps the newest requests; `intent` turns them into this tick's `Intent`.

    Times are those of `RobotState`, s.
    """

    def __init__(self, config: IntentConfig, dt: float, limbs: Collection[Limb] = tuple(Limb)):
        """Take the bounds, the tick `dt`, s, and the limbs that this robot has."""
        self.config = config
        self._dt = dt
        self.rejected_velocities = 0
        self.stand_wanted = False
        self.get_up_wanted = False
        self._velocity = np.zeros(3)
        self._velocity_time = -math.inf
        self._level: int = StopLevel.R3_SIT_THEN_CUT
        self._torque = False
        self._may_fold = True
        self._gaze_wanted = GazeAngles(0.0, 0.0)
        self._gaze = GazeAngles(0.0, 0.0)
        self._limbs = LimbInbox(limbs)

    def velocity(self, vx: float, vy: float, wz: float, now: float) -> None:
        """Take a cmd_vel, clipped to the limits; one that is not finite is refused and counted."""
        if not (math.isfinite(vx) and math.isfinite(vy) and math.isfinite(wz)):
            self.rejected_velocities += 1
            return
        forward, backward, sideways, turning = self.config.velocity_limits
        low = [-backward, -sideways, -turning]
        high = [forward, sideways, turning]
        self._velocity = np.clip([vx, vy, wz], low, high)
        self._velocity_time = now

    def safety(self, level: int, torque_permitted: bool, rule: str) -> None:
        """Take the supervisor's level, its permit, and the rule that asks.

        At R3 the wish to be up is forgotten, so that only a new command lifts the robot. A leg that
        was found locked stays so until an operator arms anew, whatever else asks for a stop
        meanwhile.
        """
        self._level = level
        self._torque = torque_permitted
        self._may_fold = rule != LEG_LOCKED and (self._may_fold or level < StopLevel.R1_DEGRADE)
        if level >= StopLevel.R3_SIT_THEN_CUT:
            self.stand_wanted = False
            self.get_up_wanted = False

    def gaze_at(self, point_in_heading: np.ndarray) -> None:
        """Turn the chest so that the head looks at a point (3,) in the heading frame, m."""
        self._gaze_wanted = self.config.gaze.towards(point_in_heading)

    def limb_target(self, raw: RawLimbTarget, now: float) -> str | None:
        """Take a limb target that arrived at `now`, s; return why it is refused, or None."""
        try:
            self._limbs.receive(raw, now)
        except TalusError as error:
            return str(error)
        return None

    def request_stand(self) -> str | None:
        """Ask to stand up; return why that is refused, or None."""
        if self._level >= StopLevel.R3_SIT_THEN_CUT:
            return "the safety level asks to sit; call safety/reset and safety/arm first"
        if not self._torque:
            return "torque is not permitted; call safety/arm first"
        self.stand_wanted = True
        return None

    def request_get_up(self, lies: bool, can: bool) -> str | None:
        """Ask a robot that `lies` and `can` to get up from the ground; return why not, or None."""
        if not lies:
            return "the robot does not lie on the ground; balance/stand lifts it"
        if not can:
            return "this robot has no get_up.yaml that says how"
        refusal = self.request_stand()
        self.get_up_wanted = refusal is None
        return refusal

    def is_up(self) -> None:
        """Forget the wish to get up: after the next fall an operator must ask anew."""
        self.get_up_wanted = False

    def intent(self, now: float, standby_active: bool) -> Intent:
        """Return the intent at `now`, s; `standby_active`: the driver process moves the robot."""
        fresh = now - self._velocity_time <= self.config.stale_after
        velocity = self._velocity if fresh else np.zeros(3)
        if self._level >= StopLevel.R1_DEGRADE:
            speed = float(np.linalg.norm(velocity[:2]))
            velocity = velocity * min(1.0, self.config.degraded_speed / max(speed, 1e-9))
        return Intent(
            torque=self._torque,
            stand=self.stand_wanted,
            velocity=velocity,
            may_walk=self._level < StopLevel.R2_SAFE_STAND,
            gaze=self._follow_gaze(),
            released=standby_active,
            get_up=self.get_up_wanted,
            restricted=self._level >= StopLevel.R1_DEGRADE,
            may_fold=self._may_fold,
            limb_targets=self._limbs.fresh(now) if self._level < StopLevel.R2_SAFE_STAND else (),
        )

    def _follow_gaze(self) -> GazeAngles:
        most = self.config.gaze.rate * self._dt
        self._gaze = self._gaze.moved_towards(self._gaze_wanted, most)
        return self._gaze
