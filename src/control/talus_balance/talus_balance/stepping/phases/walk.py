# SPDX-License-Identifier: Apache-2.0
"""Holds what outlasts a phase of the gait: the command, the planner, and what steps taught."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from talus_core.clamp import clamp
from talus_core.motion.footsteps import Footstep
from talus_core.robot import Foot
from talus_core.rotations import wrap_angle

from talus_balance.stepping.footholds import FootholdChooser
from talus_balance.stepping.footstep_proposals import FootstepProposals
from talus_balance.stepping.gait_types import GaitConfig, GaitInput, GaitWish, WalkCommandConfig
from talus_balance.stepping.heading_frame import HeadingFrame
from talus_balance.stepping.height_grid import HeightGrid
from talus_balance.stepping.path_hold import PathHold
from talus_balance.stepping.phases.swing_contact import SwingContact
from talus_balance.stepping.speed_trim import SpeedTrim
from talus_balance.stepping.step_planner import StepPlanner
from talus_balance.stepping.step_state import Refusal

TOUCHDOWN_GAIN = 0.2  # share of a touchdown's error in time per step: learned in some five steps


class WalkCommand:
    """Follows the commanded velocity, and turns the heading ahead of the foot that stands.

    Attributes:
        velocity: (3,) velocity that is followed now, in the heading frame: m/s, m/s, rad/s.
        course: Heading that is wanted, rad.
        heading: Heading that the body follows, rad.
        frame: Frame of that heading.
    """

    def __init__(self, config: WalkCommandConfig, dt: float, fastest: tuple[float, float]):
        """Go ahead and aside no faster than `fastest`, m/s."""
        self._config = config
        self._fastest = np.array(fastest)
        self._dt = dt
        self._velocity_step = np.array(config.max_acceleration) * dt
        self.reset(0.0)

    def reset(self, heading: float) -> None:
        """Stand with this `heading`, rad."""
        self.velocity = np.zeros(3)
        self.course = heading
        self._head_to(heading)

    def stand(self) -> None:
        """Ask for neither speed nor another heading."""
        self.velocity = np.zeros(3)
        self.course = self.heading

    def follow(self, wish: GaitWish, stance_yaw: float) -> None:
        """Follow the wish for a tick, over a stance foot that points to `stance_yaw`, rad."""
        c = self._config
        wanted = self._within_legs(wish.velocity) if wish.may_walk else 0.0
        self.velocity = self.velocity + clamp(wanted - self.velocity, self._velocity_step)
        lead = wrap_angle(self.course + float(self.velocity[2]) * self._dt - stance_yaw)
        self.course = stance_yaw + min(max(lead, -c.off_course), c.off_course)
        self._head_to(stance_yaw + min(max(lead, -c.heading_lead), c.heading_lead))

    def _within_legs(self, velocity: np.ndarray) -> np.ndarray:
        """Return `velocity` (3,), slower all over where the legs cannot swing so fast or wide."""
        over = float((np.abs(velocity[:2]) / self._fastest).max())
        return velocity if over <= 1.0 else velocity / over

    def _head_to(self, heading: float) -> None:
        self.heading = heading
        self.frame = HeadingFrame.at(heading)


class Walk:
    """Serves all phases of the gait.

    Attributes:
        config: Gains and thresholds.
        dt: Time per tick, s.
        foot_half: (2,) half of the sole that may be pressed on, m.
        pivot: (2,) planned pivot from the sole's centre, in the heading frame, m.
        command: Commanded velocity and heading.
        planner: Plans each step.
        chooser: Chooses footholds on ground that was seen.
        proposals: Judges proposed footsteps.
        heights: Heights of the ground that was seen; None where the feet feel their way.
        trim: Corrects the speed by the last strides.
        path: Keeps a straight walk on its line.
        contact: Detects what the swing foot feels.
        early: Time by which soles touch before their reference does, s; learned, since it is a
            property of the body.
        stance_is_fresh: Whether the stance foot has landed after a whole step.
        planned_ticks: Number of ticks with a step under way since the last reset.
        time: Time since the last reset, s.
    """

    def __init__(self, config: GaitConfig, dt: float, foot_half: tuple[float, float], foot: Foot):
        self.config = config
        self.dt = dt
        self.foot_half = np.array(foot_half)
        self.pivot = np.array([config.pressure.pivot_x, 0.0])
        self.planner = StepPlanner(config.planner)
        double = config.double_time
        fastest = (self.planner.fastest(double), self.planner.fastest_aside(double))
        self.command = WalkCommand(config.command, dt, fastest)
        self.chooser = FootholdChooser(config.foothold, foot)
        self.proposals = FootstepProposals(config, self.planner, self.chooser)
        self.heights: HeightGrid | None = None
        self.trim = SpeedTrim(config.tolerance)
        self.path = PathHold(config.tolerance)
        self.contact = SwingContact(config.touchdown)
        self.early = 0.0
        self.reset(0.0)

    def reset(self, heading: float) -> None:
        """Forget this walk, but not what the body has taught; stand with this `heading`, rad."""
        self.command.reset(heading)
        self.forget_corrections()
        self.contact.reset()
        self.stance_is_fresh = False
        self.planned_ticks = 0
        self.time = 0.0

    def forget_corrections(self) -> None:
        """Begin a new walk, with neither trim nor line."""
        self.trim.reset()
        self.path.reset()

    @property
    def frame(self) -> HeadingFrame:
        """Return the frame in which steps are planned, turned with the heading."""
        return self.command.frame

    def observe_landing_time(self, error: float) -> None:
        """Learn from a whole step that landed `error` s before its plan."""
        most = self.config.tolerance.most_lead
        self.early = min(max(self.early + TOUCHDOWN_GAIN * error, 0.0), most)

    def observe_landing_place(self, inp: GaitInput) -> None:
        """Learn what the last stride made of the commanded velocity and of the line."""
        command = self.command
        forward = self.frame.to_odom(np.array([1.0, 0.0]))
        self.trim.observe_landing(self.time, inp.com[:2], command.velocity[:2], forward)
        soles = inp.sole_positions[:, :2]
        self.path.observe_landing(self.time, soles, command.course, command.velocity)
        if self.path.holds:
            self.trim.value[1] = 0.0  # two integrators of the same drift would oscillate

    def coming_footsteps(self, inp: GaitInput, side: int) -> Sequence[Footstep]:
        """Return the proposed footsteps from that foot's next one on; empty if none is allowed."""
        wish = inp.wish
        if not wish.footsteps or not wish.may_walk:
            return ()
        return self.proposals.coming(wish.footsteps, side)

    def refusal(self, footstep: Footstep, inp: GaitInput) -> Refusal | None:
        """Return why no foot may ever land there; None where one may."""
        return self.proposals.refusal(footstep, inp, self.command.heading, self.heights)

    def may_step_as_proposed(self, inp: GaitInput, side: int) -> bool:
        """Tell whether a footstep is proposed for that foot and it may land there."""
        coming = self.coming_footsteps(inp, side)
        return bool(coming) and self.refusal(coming[0], inp) is None

    def followed_wish(self, inp: GaitInput, stance: int) -> GaitWish:
        """Return the wish, with the velocity of the proposed footstep where there is one."""
        if not self.may_step_as_proposed(inp, 1 - stance):
            return inp.wish
        footstep = self.coming_footsteps(inp, 1 - stance)[0]
        heading = self.command.heading
        velocity = self.proposals.velocity(footstep, inp, self.frame, heading)
        return inp.wish._replace(velocity=velocity)

    @property
    def planned_velocity(self) -> np.ndarray:
        """Return the velocity (2,) to plan for, m/s: commanded, trimmed and back to the line."""
        aside = np.array([0.0, self.path.aside])
        return self.command.velocity[:2] + self.trim.value + aside
