# SPDX-License-Identifier: Apache-2.0
"""While the feet do not carry: the protective fall and the way up again, as the robot's own files say."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from talus_core.fall_plan import load_fall
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_balance.falling.fall_predictor import FallFacts, FallPredictor, FallPredictorConfig
from talus_balance.falling.get_up import GetUp, load_get_up
from talus_balance.falling.protective_fall import ProtectiveFall


@dataclass(frozen=True)
class OffFeetConfig:
    """Where the feet stop and begin to carry.

    Attributes:
        take_over_margin: m of the capture point inside the soles at which balancing takes over from getting up.
        flat_cosine: Of the soles' tilt at that moment (11 degrees: they settle flat under the load).
        settle: s for which both soles carry before that, until the filter knows the speed of the body over them.
        lost_distance: m of the capture point outside the soles at which a body that still bows is back on its hands.
        protects: A certain fall begins the protective fall; False: it is reported only.
        straight_cosine: Of the pelvis tilt at which a robot that got up no longer bows (45 degrees).
    """

    take_over_margin: float = 0.02
    flat_cosine: float = 0.98
    settle: float = 0.04
    lost_distance: float = 0.1
    straight_cosine: float = 0.7
    protects: bool = True
    predictor: FallPredictorConfig = field(default_factory=FallPredictorConfig)


class OffFeet:
    """Who moves the body while no foot can be relied on.

    Attributes:
        on_feet: Soles under load stand still, so that the filter may believe them.
        expects_fall: At the newest tick on the feet.
        bows: Up on its feet again but still bent over: a tilt that is no fall.
    """

    def __init__(self, description: RobotDescription, config: OffFeetConfig, dt: float):
        """Reads `get_up.yaml` and `fall.yaml` of the robot, where it has them. Raises RobotDescriptionError."""
        effort = description.limits.effort
        rise, fall = load_get_up(description), load_fall(description)
        self._config, self._dt = config, dt
        self._rise = None if rise is None else GetUp(rise, effort, dt)
        self._fall = None if fall is None else ProtectiveFall(fall, effort, dt)
        self._predictor = FallPredictor(description.feet, config.predictor, dt)
        self.on_feet, self.expects_fall, self.bows = True, False, False
        self._landed_for = 0.0

    @property
    def can_get_up(self) -> bool:
        """The robot has a plan for it."""
        return self._rise is not None

    @property
    def stage(self) -> str:
        """Of the way up."""
        return self._rise.stage.name

    def stands(self) -> None:
        """The feet carry from now on."""
        self.on_feet = True
        self._predictor.reset()

    # --- falling -------------------------------------------------------------------------------------------------

    def is_falling(self, facts: FallFacts) -> bool:
        """The fall is certain, and the robot knows how to fall."""
        self.bows = self.bows and facts.up[2] < self._config.straight_cosine
        self.expects_fall = not self.bows and self._predictor.step(facts)
        return self.expects_fall and self._fall is not None and self._config.protects

    def is_on_hands_again(self, facts: FallFacts) -> bool:
        """Bent over on its feet, the capture point left them."""
        return self.bows and self._predictor.distance(facts, facts.capture_point) > self._config.lost_distance

    def begin_fall(self, state: RobotState, direction: np.ndarray) -> None:
        """Towards (2,): forward and left seen from the pelvis."""
        self.on_feet = False
        self._fall.begin(state.position, direction)

    def fall(self, state: RobotState) -> JointCommand | None:
        """The next tick; None once the body lies at rest."""
        command = self._fall.step(state)
        return None if self._fall.is_at_rest else command

    # --- getting up ----------------------------------------------------------------------------------------------

    def begin_to_rise(self, state: RobotState, up: np.ndarray) -> None:
        """Lying, with the vertical `up` (3,) seen from the base."""
        self.on_feet = False
        self._rise.begin(state.position, up)

    def fall_back(self, state: RobotState, up: np.ndarray) -> None:
        """Balancing did not take over after all: on with the last stages."""
        self.on_feet = self.bows = False
        self._rise.try_again(state, up)

    def rise(self, state: RobotState, up: np.ndarray) -> JointCommand | None:
        """The next tick; None when all tries failed."""
        command = self._rise.step(state, up)
        return None if self._rise.has_failed else command

    def carries(self, state: RobotState, least_force: float) -> bool:
        """Getting up has come to where both soles carry at least `least_force` N each."""
        carries = self._rise.may_stand and bool(state.foot_wrenches[:, 2].min() > least_force)
        self._landed_for = self._landed_for + self._dt if carries and self.on_feet else 0.0
        return carries

    def may_balance(self, facts: FallFacts, flat_cosine: float) -> bool:
        """The soles are flat and still, and the capture point is over them."""
        c = self._config
        if self._landed_for < c.settle or flat_cosine < c.flat_cosine:
            return False
        return self._predictor.distance(facts, facts.capture_point) < -c.take_over_margin
