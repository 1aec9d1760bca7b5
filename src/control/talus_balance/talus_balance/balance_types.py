# SPDX-License-Identifier: Apache-2.0
"""What the controller is configured with, what it is asked for and what it reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from talus_core.footsteps import Footstep
from talus_core.limb_targets import LimbTarget
from talus_core.modes import Mode
from talus_estimation.estimator import BaseEstimate, EstimatorConfig

from talus_balance.falling.off_feet import OffFeetConfig
from talus_balance.stepping.gait_types import GaitConfig, GaitOutput
from talus_balance.whole_body.body_reference import BodyReferenceConfig
from talus_balance.whole_body.drive_targets import DriveConfig
from talus_balance.whole_body.whole_body_control import WholeBodyConfig


class HandDrives(NamedTuple):
    """Stiffness N m/rad and damping N m s/rad of the fingers, which hold their zero pose."""

    stiffness: float
    damping: float


@dataclass(frozen=True)
class BalanceConfig:
    """Everything that can be tuned; times s, heights m.

    Attributes:
        fallen_cosine: Cosine of the pelvis tilt beyond which the robot has fallen (60 degrees; no
            step recovers from there).
        hand_stiffness, hand_damping: N m/rad and N m s/rad of the fingers, which hold their zero
            pose.
    """

    fallen_cosine: float = 0.5
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
    """What others ask for at this tick.

    Attributes:
        torque: The safety supervisor permits torque.
        stand: True: be up; False: be seated.
        velocity: (3,) m/s, m/s, rad/s in the heading frame; zeros to stand.
        may_walk: False at R2 and above: finish the step and stand.
        gaze: (yaw, pitch) rad of the chest relative to the heading.
        released: Something else moves the body (the driver's standby): follow, do not act.
        get_up: Where it lies, get up, and then do as the rest says.
        restricted: At R1 and above: nothing but the model-based controller.
        may_fold: The legs may go on with a change of posture; False where one is locked.
        footsteps: Proposed places of the next landings, the next one first; empty: the planner
            chooses alone.
        limb_targets: Fresh targets of hands and eyes alone; a limb without one goes to its pose.
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
        """Whether the robot shall stand, and torque is permitted."""
        return self.stand and self.torque

    @property
    def shall_get_up(self) -> bool:
        """Whether a robot that lies shall get up, and torque is permitted."""
        return self.get_up and self.torque


class Balanced(NamedTuple):
    """What is known of a body that is balanced; world = odom.

    Attributes:
        base: Where the base is.
        com: (3,) m.
        capture_point: (2,) m.
        sole_positions: (2, 3) m.
        sole_yaws: (2,) rad.
        gait: What the feet do.
    """

    base: BaseEstimate
    com: np.ndarray
    capture_point: np.ndarray
    sole_positions: np.ndarray
    sole_yaws: np.ndarray
    gait: GaitOutput


@dataclass(frozen=True)
class BalanceReport:
    """What the controller knows after a tick; world = odom. Fields it does not know are None.

    Attributes:
        mode: That it tells others.
        base: Where the base is; None until it was at rest once.
        com: (3,) m.
        capture_point: (2,) m.
        sole_positions: (2, 3) m.
        sole_yaws: (2,) rad.
        gait: What the feet do.
        solver_failures: QP solves without a solution since the start.
        expects_fall: A fall is certain.
        carried: kg that the soles feel beyond the model's mass.
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
        """What is known of the body; None where it is not balanced."""
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
