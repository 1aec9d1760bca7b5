# SPDX-License-Identifier: Apache-2.0
"""A knee gives no more torque in mid-step: once the other foot has landed, the body stands on that one and draws in the
lame foot beside it, slowly and low, so that it can sit down.

A leg without its knee carries a body for no longer than a hurried step lasts. So whoever lands beside the capture point
first goes on stepping: the lame foot far enough out that the sound one, in haste, lands under the body.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.rotations import matrix_from_yaw

from talus_balance.clamp import clamp
from talus_balance.stepping.gait import Gait
from talus_balance.stepping.gait_types import LEFT, RIGHT, GaitConfig, GaitInput, GaitOutput, Phase
from talus_balance.stepping.swing_foot import SwingFoot

KNEE = "knee"


@dataclass(frozen=True)
class LameLegConfig:
    """How the foot is drawn in.

    Attributes:
        aim: m ahead of the sound sole's centre where the capture point is held: the foot that comes forward takes it
            0.1 m back, and the heel is 0.12 m behind.
        aside: m of the capture point from the sound sole's centre: half-way to a foot beside it, both still carry.
        leans: Of the way to the lame foot, how far the centre of pressure may be asked to go.
        settled: m of the capture point from there, below which the foot is lifted; at_most: s after which it is anyway.
        beside: m ahead of or behind the sound foot at which a lame one may stay: its ankle lets the body sit down.
        duration: s on the way; in 0.6 s it takes the capture point beyond the sole.
        clearance, lowering: m and m/s of that foot, in place of the gait's.
    """

    aim: float = 0.02
    aside: float = 0.09
    leans: float = 0.8
    settled: float = 0.035
    at_least: float = 0.3
    at_most: float = 1.2
    beside: float = 0.05
    duration: float = 0.9
    clearance: float = 0.03
    lowering: float = 0.1


class LameLeg:
    """`reset` before the body stands up, then `step` every tick while it is balanced."""

    def __init__(self, description: RobotDescription, gait: GaitConfig, foot_half: tuple[float, float], dt: float):
        """`foot_half`: m, half of the sole that may be pressed on."""
        self._knees = [_knee(description, leg) for leg in ("left_leg", "right_leg")]
        self._gait, self._config, self._dt = gait, LameLegConfig(), dt
        self._pressure_limit = 1.15 * np.array(foot_half)
        c = self._config
        self._swing_config = replace(gait.swing, clearance=c.clearance, lowering=c.lowering)
        self.reset()

    def reset(self) -> None:
        """Both legs are sound again, or not used."""
        self._time: float | None = None  # s since the sound foot landed
        self._swing: SwingFoot | None = None
        self._lifted_at = 0.0

    def lame(self, limp: np.ndarray) -> tuple[bool, bool]:
        """Which leg is, left and right, with these (n,) drives without torque."""
        left, right = self._knees
        return bool(limp[left]), bool(limp[right])

    def step(self, inp: GaitInput, gait: Gait) -> GaitOutput | None:
        """What is done in place of the gait's next step; None: the gait goes on. Resets the gait once both feet stand.

        Args:
            inp: Of this tick.
            gait: That has not yet stepped.
        """
        if inp.lame[LEFT] == inp.lame[RIGHT]:
            return None
        sound = inp.lame.index(False)
        if self._time is None:
            if gait.phase is not Phase.DOUBLE or gait.stance != sound or not self._can_stand_on(sound, inp, gait):
                return None
            self._time = 0.0
        self._time += self._dt
        return self._stand_on(sound, inp, gait)

    def _can_stand_on(self, sound: int, inp: GaitInput, gait: Gait) -> bool:
        """The capture point is near enough to that sole; else the gait's next step has to catch the body."""
        turn = matrix_from_yaw(gait.heading)[:2, :2]
        ahead, aside = np.abs(turn.T @ (inp.capture_point - inp.sole_positions[sound, :2])).tolist()
        return ahead < self._pressure_limit[0] and aside < self._config.aside

    def _stand_on(self, sound: int, inp: GaitInput, gait: Gait) -> GaitOutput:
        """Hold the capture point over that sole, and draw the other foot in."""
        c, g = self._config, self._gait
        foot, turn = inp.sole_positions[sound], matrix_from_yaw(gait.heading)[:2, :2]
        aim = foot[:2] + turn @ np.array([c.aim, 0.0])
        error = turn.T @ (inp.capture_point - aim)
        wanted = g.stand_gain * error
        pressed = clamp(wanted, self._pressure_limit)
        pressure = aim + turn @ pressed
        max_force, reference = np.full(2, 3.0 * inp.weight), None
        if self._swing is None:  # what is beyond that sole, the other one takes on
            way = inp.sole_positions[1 - sound, :2] - foot[:2]
            share = float(turn @ (wanted - pressed) @ way) / float(way @ way)
            pressure = pressure + min(max(share, 0.0), c.leans) * way
        settled = self._time > c.at_least and math.hypot(*error) < c.settled
        lame, is_in = 1 - sound, False
        if self._swing is None and (settled or self._time > c.at_most):
            place, speed, yaw = inp.sole_positions[lame], inp.sole_velocities[lame], float(inp.sole_yaws[lame])
            is_in = abs(float(turn[:, 0] @ (place - foot)[:2])) < c.beside
            self._swing, self._lifted_at = SwingFoot(self._swing_config, place, speed, yaw), self._time
        elif self._swing is not None:
            beside = foot[:2] + turn @ np.array([0.0, g.planner.step_width * (1.0 if lame == LEFT else -1.0)])
            phase = (self._time - self._lifted_at) / c.duration
            reference = self._swing.step(
                beside, float(foot[2]), inp.gradient, gait.heading, phase, c.duration, self._dt
            )
            max_force[lame] = 0.0
            is_in = phase > g.touchdown_phase and inp.forces[lame] > g.touchdown_force
        if is_in:
            gait.reset(gait.heading)
            self.reset()
        return GaitOutput(
            centre_of_pressure=pressure,
            in_contact=(bool(max_force[LEFT] > 0.0), bool(max_force[RIGHT] > 0.0)),
            max_force=max_force,
            swing_side=None if reference is None else lame,
            swing=reference,
            heading=gait.heading,
            ground=foot,
            phase=Phase.DOUBLE if reference is None else Phase.SINGLE,
            landing=None,
        )


def _knee(description: RobotDescription, leg: str) -> int:
    """The joint of that group that has this in its name, as l_knee or left_knee_joint."""
    return description.joint_names.index(next(joint for joint in description.groups[leg] if KNEE in joint))
