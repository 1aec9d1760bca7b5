# SPDX-License-Identifier: Apache-2.0
"""Moves the body while no foot can be relied on: the protective fall and the way up again."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from talus_core.motion.fall_plan import load_fall
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_balance.falling.fall_predictor import FallFacts, FallPredictor, FallPredictorConfig
from talus_balance.falling.get_up import GetUp, load_get_up
from talus_balance.falling.protective_fall import ProtectiveFall


@dataclass(frozen=True)
class OffFeetConfig:
    """Configures when the feet stop and begin to carry.

    Attributes:
        take_over_margin: Distance of the capture point inside the soles at which balancing takes
            over from getting up, m.
        flat_cosine: Cosine of the soles' tilt at that moment (11 degrees: they settle flat under
            the load).
        settle: Time for which both soles carry before that, s, until the filter knows the speed of
            the body over them.
        lost_distance: Distance of the capture point outside the soles at which a body that still
            bows is back on its hands, m.
        protects: Whether a certain fall begins the protective fall; if not, it is only reported.
        straight_cosine: Cosine of the pelvis tilt at which a robot that got up no longer bows (45
            degrees).
    """

    take_over_margin: float = 0.02
    flat_cosine: float = 0.98
    settle: float = 0.04
    lost_distance: float = 0.1
    straight_cosine: float = 0.7
    protects: bool = True
    predictor: FallPredictorConfig = field(default_factory=FallPredictorConfig)


class OffFeet:
    """Falls and gets up as the robot's own files say.

    Attributes:
        on_feet: Whether soles under load stand still, so that the filter may believe them.
        expects_fall: Whether a fall was certain at the newest tick on the feet.
        bows: Whether the robot is up on its feet but still bent over, which is a tilt but no fall.
    """

    def __init__(self, description: RobotDescription, config: OffFeetConfig, dt: float):
        """Read `get_up.yaml` and `fall.yaml` of the robot, where it has them.

        Raises:
            RobotDescriptionError: If one of the files cannot be used.
        """
        effort = description.limits.effort
        rise = load_get_up(description)
        fall = load_fall(description)
        self._config = config
        self._dt = dt
        self._rise = None if rise is None else GetUp(rise, effort, dt)
        self._fall = None if fall is None else ProtectiveFall(fall, effort, dt)
        self._predictor = FallPredictor(description.feet, config.predictor, dt)
        self.on_feet = True
        self.expects_fall = False
        self.bows = False
        self._landed_for = 0.0

    @property
    def can_get_up(self) -> bool:
        """Tell whether the robot has a plan for getting up."""
        return self._rise is not None

    def stands(self) -> None:
        """Rely on the feet from now on."""
        self.on_feet = True
        self._predictor.reset()

    # --- falling -----------------------------------------------------------------------------

    def is_falling(self, facts: FallFacts) -> bool:
        """Tell whether a fall is certain and the robot knows how to fall."""
        self.bows = self.bows and facts.up[2] < self._config.straight_cosine
        self.expects_fall = not self.bows and self._predictor.foresees_fall(facts)
        return self.expects_fall and self._fall is not None and self._config.protects

    def is_on_hands_again(self, facts: FallFacts) -> bool:
        """Tell whether the capture point has left the feet of a robot that still bows."""
        return self.bows and self._is_outside(facts, self._config.lost_distance)

    def _is_outside(self, facts: FallFacts, distance: float) -> bool:
        return self._predictor.distance(facts, facts.capture_point) > distance

    def begin_fall(self, state: RobotState, direction: np.ndarray) -> None:
        """Fall towards `direction` (2,): forward and left, seen from the pelvis."""
        self.on_feet = False
        self._protective_fall.begin_fall(state.position, direction)

    def fall(self, state: RobotState) -> JointCommand | None:
        """Return the command of this tick of the fall; None once the fall has ended."""
        command = self._protective_fall.step_fall(state)
        return None if self._protective_fall.has_ended else command

    @property
    def _protective_fall(self) -> ProtectiveFall:
        assert self._fall is not None  # `is_falling` says so before a fall begins
        return self._fall

    # --- getting up --------------------------------------------------------------------------

    def begin_to_rise(self, state: RobotState, up: np.ndarray) -> None:
        """Get up from where the body lies; `up` (3,) is the vertical in base axes."""
        self.on_feet = False
        self._way_up.begin_to_rise(state.position, up)

    def fall_back(self, state: RobotState, up: np.ndarray) -> None:
        """Go back to the last stages: balancing did not take over after all."""
        self.on_feet = False
        self.bows = False
        self._way_up.try_again(state, up)

    def rise(self, state: RobotState, up: np.ndarray) -> JointCommand | None:
        """Return the command of this tick of getting up; None when all tries failed."""
        command = self._way_up.step_rise(state, up)
        return None if self._way_up.has_failed else command

    @property
    def _way_up(self) -> GetUp:
        assert self._rise is not None  # `can_get_up` says so before the robot begins to rise
        return self._rise

    def carries(self, state: RobotState, least_force: float) -> bool:
        """Tell whether getting up has come to where each sole carries `least_force`, N."""
        is_loaded = bool(state.foot_wrenches[:, 2].min() > least_force)
        carries = self._way_up.may_stand and is_loaded
        self._landed_for = self._landed_for + self._dt if carries and self.on_feet else 0.0
        return carries

    def may_balance(self, facts: FallFacts, flat_cosine: float) -> bool:
        """Tell whether the soles are flat and still, and the capture point is over them."""
        c = self._config
        if self._landed_for < c.settle or flat_cosine < c.flat_cosine:
            return False
        return self._predictor.distance(facts, facts.capture_point) < -c.take_over_margin
