# SPDX-License-Identifier: Apache-2.0
"""Checks when the base is found for the first time, and when it is found anew."""

from dataclasses import replace

import numpy as np
from standing_robot import ROBOT, state_at_rest
from talus_core.physics import GRAVITY_MPS2
from talus_core.state import RobotState
from talus_dynamics.robot_dynamics import WholeBodyModel
from talus_estimation.estimator import EstimatorConfig
from talus_estimation.start_pose import QUIET_TIME_S, Localiser

DT = 0.002  # s
TURN_RADPS = 0.1  # of a body that is moved: five times what counts as quiet


def at_rest(turn: float = 0.0, torque: bool = False) -> RobotState:
    return replace(
        state_at_rest(),
        angular_velocity=np.array([turn, 0.0, 0.0]),
        linear_acceleration=np.array([0.0, 0.0, GRAVITY_MPS2]),
        torque_enabled=torque,
    )


def ticks_until_found(localiser: Localiser, state: RobotState, may_start: bool) -> int | None:
    for tick in range(int(2.0 * QUIET_TIME_S / DT)):
        if localiser.locate(state, may_start, on_feet=False) is not None:
            return tick + 1
    return None


def test_the_base_is_found_first_wherever_the_imu_is_quiet_with_torque_or_without():
    needed = int(QUIET_TIME_S / DT)
    for torque in (False, True):
        localiser = Localiser(WholeBodyModel(ROBOT), EstimatorConfig(), DT)
        state = at_rest(torque=torque)
        assert ticks_until_found(localiser, state, may_start=not torque) == needed


def test_a_body_that_is_moved_is_not_found():
    localiser = Localiser(WholeBodyModel(ROBOT), EstimatorConfig(), DT)
    assert ticks_until_found(localiser, at_rest(TURN_RADPS), may_start=True) is None
