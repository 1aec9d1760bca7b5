# SPDX-License-Identifier: Apache-2.0
"""Defines the controller's configuration, its requests and its report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from talus_core.motion.footsteps import Footstep
from talus_core.motion.limb_targets import LimbTarget
from talus_core.words.falls import FALLEN_UP_COSINE
from talus_core.words.modes import Mode
from talus_estimation.estimator import BaseEstimate, EstimatorConfig

from talus_balance.drives.drive_targets import DriveConfig
from talus_balance.falling.off_feet import OffFeetConfig
from talus_balance.stepping.gait_types import GaitConfig, GaitOutput
from talus_balance.whole_body.body_reference import BodyReferenceConfig
from talus_balance.whole_body.whole_body_control import WholeBodyConfig


class HandDrives(NamedTuple):
    """Holds stiffness, N m/rad, and damping, N m s/rad, of the fingers in their zero pose."""

    stiffness: float
    damping: float


@dataclass(frozen=True)
class BalanceConfig:
    """Configures everything that can be tuned; times in s, heights in m.

    Attributes:
        off_feet_cosine: Cosine of the pelvis tilt beyond which the feet no longer carry: the robot
            lets go, unless it bows, and must get up first.
        hand_stiffness, hand_damping: Stiffness, N m/rad, and damping, N m s/rad, of the fingers,
            which hold their zero pose.
    """

    off_feet_cosine: float = FALLEN_UP_COSINE
    hand_stiffness: float = 1.0
    hand_damping: float = 0.02
    estimator: EstimatorConfig = field(default_factory=EstimatorConfig)
    reference: BodyReferenceConfig = field(default_factory=BodyReferenceConfig)
    gait: GaitConfig = field(default_factory=GaitConfig)
    body: WholeBodyConfig = field(default_factory=WholeBodyConfig)
    drives: DriveConfig = field(default_factory=DriveConfig)
    off_feet: OffFeetConfig = field(default_factory=OffFeetConfig)


@dataclass(frozen=True)
class Intent:
    """Holds what others ask for at this tick.

    Attributes:
        torque: Whether the safety supervisor permits torque.
        stand: Whether the robot must be up; if not, it must be seated.
        velocity: (3,) velocity in the heading frame, m/s, m/s, rad/s; zeros to stand.
        may_walk: Whether the robot may walk; if not, at R2 and above, it finishes the step and
            stands.
        gaze: Yaw and pitch of the chest relative to the heading, rad.
        released: Whether something else moves the body (the driver's standby), so that the
            controller follows and does not act.
        get_up: Whether the robot must get up where it lies, and then do as the rest says.
        restricted: Whether only the model-based controller may drive, at R1 and above.
        may_fold: Whether the legs may go on with a change of posture; not where one is locked.
        footsteps: Proposed places of the next landings, the next one first; if empty, the planner
            chooses alone.
        limb_targets: Targets of hands and eyes that are fresh; a limb without one goes to its pose.
    """

    torque: bool
    stand: bool
    velocity: np.ndarray
    may_walk: bool = True
    gaze: tuple[float, float] = (0.0, 0.0)
    released: bool = False
    get_up: bool = False
    restricted: bool = False
    may_fold: bool = True
    footsteps: tuple[Footstep, ...] = ()
    limb_targets: tuple[LimbTarget, ...] = ()

    @property
    def shall_be_up(self) -> bool:
        """Tell whether the robot must stand, and torque is permitted."""
        return self.stand and self.torque

    @property
    def shall_get_up(self) -> bool:
        """Tell whether a robot that lies must get up, and torque is permitted."""
        return self.get_up and self.torque


class Balanced(NamedTuple):
    """Holds what is known of a body that is balanced; the world is odom.

    Attributes:
        base: Where the base is.
        com: (3,) centre of mass, m.
        capture_point: (2,) capture point, m.
        sole_positions: (2, 3) positions of the soles, m.
        sole_yaws: (2,) headings of the soles, rad.
        gait: What the feet do.
    """

    base: BaseEstimate
    com: np.ndarray
    capture_point: np.ndarray
    sole_positions: np.ndarray
    sole_yaws: np.ndarray
    gait: GaitOutput


class BalanceReport(NamedTuple):
    """Holds what the controller knows after a tick; the world is odom. Unknown fields are None.

    Attributes:
        mode: Mode that others are told.
        base: Where the base is; None until it was at rest once.
        com: (3,) centre of mass, m.
        capture_point: (2,) capture point, m.
        sole_positions: (2, 3) positions of the soles, m.
        sole_yaws: (2,) headings of the soles, rad.
        gait: What the feet do.
        solver_failures: Number of QP solves without a solution since the start.
        expects_fall: Whether a fall is certain.
        carried: Mass that the soles feel beyond the model's mass, kg.
    """

    mode: Mode
    base: BaseEstimate | None
    com: np.ndarray | None = None
    capture_point: np.ndarray | None = None
    sole_positions: np.ndarray | None = None
    sole_yaws: np.ndarray | None = None
    gait: GaitOutput | None = None
    solver_failures: int = 0
    expects_fall: bool = False
    carried: float = 0.0

    @property
    def balanced(self) -> Balanced | None:
        """Return what is known of the body; None where it is not balanced."""
        if self.base is None or self.com is None or self.capture_point is None:
            return None
        if self.sole_positions is None or self.sole_yaws is None or self.gait is None:
            return None
        return Balanced(
            self.base,
            self.com,
            self.capture_point,
            self.sole_positions,
            self.sole_yaws,
            self.gait,
        )
