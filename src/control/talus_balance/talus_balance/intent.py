# SPDX-License-Identifier: Apache-2.0
"""What others ask of the controller, checked and aged: the operator's velocity, posture, gaze and the safety level."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from talus_core.stop_levels import StopLevel

from talus_balance.controller import Intent

LEG_LOCKED = "leg_locked"  # the safety rule: a leg does not fold any more, and whoever folds the other one falls


@dataclass(frozen=True)
class IntentConfig:
    """Bounds of what is accepted.

    Attributes:
        velocity_limits: Forward, backward, sideways m/s and turning rad/s that the gait was proven for.
        degraded_speed: m/s at R1 (250 mm/s line of ISO 10218-1).
        stale_after: s without a new cmd_vel until the robot stands (INTERFACES: 0.5).
        gaze_yaw, gaze_pitch_up, gaze_pitch_down: rad, within the torso joints' ranges.
        gaze_rate: rad/s.
    """

    velocity_limits: tuple[float, float, float, float] = (1.1, 0.35, 0.25, 0.6)
    degraded_speed: float = 0.25
    stale_after: float = 0.5
    gaze_yaw: float = 1.0
    gaze_pitch_up: float = 0.2
    gaze_pitch_down: float = 0.4
    gaze_rate: float = 0.8


class IntentKeeper:
    """Stores the newest requests; `intent` turns them into this tick's `Intent`. Times are those of `RobotState`."""

    def __init__(self, config: IntentConfig, dt: float):
        self.config, self._dt = config, dt
        self.rejected_velocities = 0
        self.stand_wanted = self.get_up_wanted = False
        self._velocity, self._velocity_time = np.zeros(3), -math.inf
        self._level, self._torque, self._may_fold = StopLevel.R3_SIT_THEN_CUT, False, True
        self._gaze_wanted, self._gaze = (0.0, 0.0), (0.0, 0.0)

    def velocity(self, vx: float, vy: float, wz: float, now: float) -> None:
        """A cmd_vel; NaN and infinities are rejected and counted, the rest is clipped to the limits."""
        if not (math.isfinite(vx) and math.isfinite(vy) and math.isfinite(wz)):
            self.rejected_velocities += 1
            return
        forward, backward, sideways, turning = self.config.velocity_limits
        low, high = [-backward, -sideways, -turning], [forward, sideways, turning]
        self._velocity, self._velocity_time = np.clip([vx, vy, wz], low, high), now

    def safety(self, level: int, torque_permitted: bool, rule: str) -> None:
        """The supervisor's word, and the rule that asks.

        At R3 the wish to be up is forgotten, so that only a new command lifts the robot. A leg that was found locked is
        so until somebody arms anew, whatever else asks for a stop meanwhile.
        """
        self._level, self._torque = level, torque_permitted
        self._may_fold = rule != LEG_LOCKED and (self._may_fold or level < StopLevel.R1_DEGRADE)
        if level >= StopLevel.R3_SIT_THEN_CUT:
            self.stand_wanted = self.get_up_wanted = False

    def gaze_at(self, point_in_heading: np.ndarray) -> None:
        """Turn the chest so that the head looks at a point (3,) m, relative to the head, in the heading frame."""
        c = self.config
        yaw = math.atan2(point_in_heading[1], point_in_heading[0])
        pitch = -math.atan2(point_in_heading[2], math.hypot(point_in_heading[0], point_in_heading[1]))
        self._gaze_wanted = (
            min(max(yaw, -c.gaze_yaw), c.gaze_yaw),
            min(max(pitch, -c.gaze_pitch_up), c.gaze_pitch_down),
        )

    def request_stand(self) -> str | None:
        """Ask to stand up. Returns why not, or None."""
        if self._level >= StopLevel.R3_SIT_THEN_CUT:
            return "the safety level asks to sit; call safety/reset and safety/arm first"
        if not self._torque:
            return "torque is not permitted; call safety/arm first"
        self.stand_wanted = True
        return None

    def request_get_up(self, lies: bool, can: bool) -> str | None:
        """Ask to get up from the ground, of a robot that `lies` and `can`. Returns why not, or None."""
        if not lies:
            return "the robot does not lie on the ground; balance/stand lifts it"
        if not can:
            return "this robot has no get_up.yaml that says how"
        refusal = self.request_stand()
        self.get_up_wanted = refusal is None
        return refusal

    def is_up(self) -> None:
        """It stands: after the next fall an operator must ask anew."""
        self.get_up_wanted = False

    def intent(self, now: float, standby_active: bool) -> Intent:
        """This tick's intent at time `now` s; `standby_active`: the driver process moves the robot by itself."""
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
        )

    def _follow_gaze(self) -> tuple[float, float]:
        step = self.config.gaze_rate * self._dt
        self._gaze = tuple(
            old + min(max(wanted - old, -step), step) for old, wanted in zip(self._gaze, self._gaze_wanted, strict=True)
        )
        return self._gaze
