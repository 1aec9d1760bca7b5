# SPDX-License-Identifier: Apache-2.0
"""Runs the gait: which soles carry, where the next lands, and where the centre of pressure goes.

    STAND  -- a walk is commanded ----> SHIFT -- weight is over -----> DOUBLE
    STAND  -- the body falls ----------------------------------------> DOUBLE
    DOUBLE -- the swing foot bears nothing --------------------------> SINGLE
    SINGLE -- it has landed -----------------------------------------> DOUBLE, or STAND when settled

DOUBLE is one tick of `Touchdown`, before the step is planned, then `DoubleSupport`. SINGLE is
`SingleSupport`, or `PutBack` where a shove asks for another step of the foot that just landed.
Each phase is an object that holds only what is valid in it, and returns the one that follows.
"""

from __future__ import annotations

from talus_core.robot import Foot

from talus_balance.stepping.gait_types import GaitConfig, GaitInput, GaitOutput, GaitPhase
from talus_balance.stepping.height_grid import HeightGrid
from talus_balance.stepping.phases.airborne_foot import Landing
from talus_balance.stepping.phases.double_support import DoubleSupport
from talus_balance.stepping.phases.landing import after_landing
from talus_balance.stepping.phases.put_back import PutBack
from talus_balance.stepping.phases.shift import Shift
from talus_balance.stepping.phases.single_support import SingleSupport
from talus_balance.stepping.phases.stand import Stand
from talus_balance.stepping.phases.touchdown import Touchdown
from talus_balance.stepping.phases.walk import Walk

UnderWay = Stand | Shift | Touchdown | DoubleSupport | SingleSupport | PutBack


class Gait:
    """Runs the phases of the gait; call `reset` when both soles carry, then `step_gait` every tick.

    Attributes:
        walk: What outlasts a phase.
        under_way: Phase that runs now.
    """

    def __init__(self, config: GaitConfig, dt: float, foot_half: tuple[float, float], foot: Foot):
        """Prepare for steps of `dt` s; `foot_half`: half of the sole that may be pressed on, m."""
        self.walk = Walk(config, dt, foot_half, foot)
        self.under_way: UnderWay = Stand(self.walk)

    def reset(self, heading: float) -> None:
        """Stand with this `heading`, rad."""
        self.walk.reset(heading)
        self.under_way = Stand(self.walk)

    def see_ground(self, heights: HeightGrid | None) -> None:
        """Take footholds from ground that was seen; with None the feet feel their way."""
        self.walk.heights = heights

    @property
    def phase(self) -> GaitPhase:
        """Name what the feet do now."""
        return self.under_way.phase

    @property
    def heading(self) -> float:
        """Return the heading that the body follows in odom, rad."""
        return self.walk.command.heading

    @property
    def is_standing(self) -> bool:
        """Tell whether both feet carry and no step is under way."""
        return isinstance(self.under_way, Stand)

    def has_landed_on(self, side: int) -> bool:
        """Tell whether that foot has landed while the other one still carries too."""
        if not isinstance(self.under_way, Touchdown | DoubleSupport):
            return False
        return self.under_way.stance == side

    def missed(self, inp: GaitInput) -> float:
        """Return by how much the next three steps miss the capture point, m; 0 while standing."""
        return self.under_way.missed(inp)

    def step_gait(self, inp: GaitInput) -> GaitOutput:
        """Advance the gait by one tick."""
        self._follow_command(inp)
        self.walk.time += self.walk.dt
        output, following = self.under_way.step_phase(inp)
        if isinstance(following, Landing):
            following = after_landing(self.walk, following, inp)
        self.under_way = following
        return output

    def _follow_command(self, inp: GaitInput) -> None:
        if isinstance(self.under_way, Stand):
            self.walk.command.stand()
        else:
            stance = self.under_way.stance
            wish = self.walk.followed_wish(inp, stance)
            self.walk.command.follow(wish, float(inp.sole_yaws[stance]))
