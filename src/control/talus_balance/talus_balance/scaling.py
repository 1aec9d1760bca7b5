# SPDX-License-Identifier: Apache-2.0
"""The controller's gains and bounds for a robot of another size: those of talus40, scaled by what each depends on.

Dynamic similarity (Hof, "Scaling gait data to body size", Gait & Posture 1996): with lengths l, times go with
sqrt(l / g), speeds with sqrt(l g), accelerations stay, but for the swing's, which the hip's torque bounds. What depends
on the feet follows the feet, forces the weight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import TypeVar

import numpy as np
import pinocchio as pin
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import RobotDescription

from talus_balance.controller import BalanceConfig
from talus_balance.model.posture import pose_facts
from talus_balance.model.robot_dynamics import WholeBodyModel
from talus_balance.stepping.gait_types import GaitConfig
from talus_balance.stepping.swing_foot import SwingConfig
from talus_balance.whole_body.gains import Gains
from talus_balance.whole_body.whole_body_control import WholeBodyConfig

Config = TypeVar("Config")
DIGITS = 3  # of a ratio: the same robot from other files gets the same gains, to the bit


@dataclass(frozen=True)
class Proportions:
    """What gains depend on; lengths m.

    Attributes:
        mass: kg.
        height: Of the centre of mass over the soles, standing.
        leg: From hip to ankle, straight.
        hips: Between the feet with straight parallel legs.
        foot_length, foot_width: Of a sole.
        ankle_lack: Of the sole's length ahead of its centre, that the ankle's torque does not reach.
        swing: m/s^2 of the foot, by the torque of the hip that swings the leg forward.
    """

    mass: float
    height: float
    leg: float
    hips: float
    foot_length: float
    foot_width: float
    ankle_lack: float
    swing: float


TALUS40 = Proportions(
    57.0, 0.9094, 0.8, 0.18, 0.24, 0.11, 0.02693, 86.46
)  # what the defaults of the controller belong to


def config_for(description: RobotDescription) -> BalanceConfig:
    """The default configuration of this robot."""
    return scaled(BalanceConfig(), proportions(description))


def proportions(description: RobotDescription) -> Proportions:
    """Of a robot whose neutral pose has straight legs."""
    model = WholeBodyModel(description)
    data, neutral = model.model.createData(), pin.neutral(model.model)
    pin.framesForwardKinematics(model.model, data, neutral)
    leg, foot = description.groups["left_leg"], description.feet[0]
    hip, ankle = (data.oMi[model.model.getJointId(name)].translation for name in (leg[0], leg[-1]))
    left, right = (data.oMf[sole].translation for sole in model.feet)
    hip_pitch, ankle_pitch = _pitching(model, leg[:3]), _pitching(model, leg[-2:])
    reach = _effort(description, ankle_pitch) / (model.mass * GRAVITY_MPS2) - float((left - ankle)[0])
    length, stand = float(np.linalg.norm(ankle - hip)), description.poses["stand"][description.structural_indices]
    return Proportions(
        mass=model.mass,
        height=pose_facts(model, stand).com_height,
        leg=length,
        hips=float(np.linalg.norm((left - right)[:2])),
        foot_length=foot.length,
        foot_width=foot.width,
        ankle_lack=max(0.5 * foot.length - reach, 0.0),
        swing=_effort(description, hip_pitch) / _inertia(model, stand, hip_pitch) * length,
    )


def _pitching(model: WholeBodyModel, joints: Sequence[str]) -> str:
    """The one that turns about y in the neutral pose."""
    jacobian = pin.computeJointJacobians(model.model, model.model.createData(), pin.neutral(model.model))
    return max(joints, key=lambda name: abs(jacobian[4, _place(model, name)]))


def _inertia(model: WholeBodyModel, stand: np.ndarray, joint: str) -> float:
    """kg m^2 of all that a joint moves, with the structural joints at `stand` (n,) rad."""
    q, place = pin.neutral(model.model), _place(model, joint)
    q[model.q_index] = stand
    return float(pin.crba(model.model, model.model.createData(), q)[place, place])


def _place(model: WholeBodyModel, joint: str) -> int:
    return model.model.joints[model.model.getJointId(joint)].idx_v


def _effort(description: RobotDescription, joint: str) -> float:
    return float(description.limits.effort[description.joint_names.index(joint)])


def scaled(config: BalanceConfig, robot: Proportions) -> BalanceConfig:
    """`config`, which is for talus40, for a robot of these proportions."""
    ratio = Proportions(*(round(a / b, DIGITS) for a, b in zip(astuple(robot), astuple(TALUS40), strict=True)))
    time = round(math.sqrt(ratio.height), DIGITS)  # and speed
    predictor = _times(config.off_feet.predictor, reach=ratio.leg, missed=ratio.leg, horizon=time)
    ground = _times(config.reference.ground, tilt_filter=time, telling=ratio.leg)
    reference = _times(config.reference, stand_up_time=time, sit_down_time=time, max_lift=ratio.leg)
    return replace(
        config,
        reference=replace(reference, ground=ground),
        gait=_gait(config.gait, ratio, time, robot.foot_width - TALUS40.foot_width),
        body=_body(config.body, ratio, time),
        off_feet=replace(config.off_feet, predictor=predictor),
    )


def _times(config: Config, **factors: float) -> Config:
    return replace(config, **{name: getattr(config, name) * factor for name, factor in factors.items()})


def _gait(c: GaitConfig, ratio: Proportions, time: float, wider: float) -> GaitConfig:
    """`wider`: m that the soles are wider than those of talus40."""
    leg, length, width = ratio.leg, ratio.foot_length, ratio.foot_width
    planner = _times(c.planner, step_width=ratio.hips, forward=leg, backward=leg, wide=leg, swing_speed=time)
    planner = _times(planner, duration=time, quickest=time, min_duration=time, max_duration=time, freeze=time)
    planner = _times(planner, stride=leg, swing_acceleration=ratio.swing, apart=length, tandem=width)
    planner = _times(planner, pressure_x=length, pressure_y=width, weight_time=leg**2)  # against squares of lengths
    scaled_gait = _times(c, zmp_x=length, zmp_y=width, stand_margin_x=length, stand_margin_y=width)
    scaled_gait = _times(scaled_gait, settle_offset=length, settle_offset_y=ratio.hips, settle_speed=time)
    return replace(
        _times(scaled_gait, double_time=time, max_shift=time, pivot_x=ratio.ankle_lack, hasty_depth=leg),
        planner=replace(planner, narrow=c.planner.narrow + wider),  # what is left between the soles stays
        swing=_swing(c.swing, ratio, time),
    )


def _swing(c: SwingConfig, ratio: Proportions, time: float) -> SwingConfig:
    leg = ratio.leg
    lengths = _times(c, clearance=leg, max_lowering=leg, retreat=leg, near=leg)
    strengths = _times(lengths, max_acceleration=ratio.swing, hasty=ratio.swing, sagittal=ratio.swing)
    return _times(strengths, lowering=time, rise_time=time, least_swing=time, max_jerk=ratio.swing / time)


def _body(c: WholeBodyConfig, ratio: Proportions, time: float) -> WholeBodyConfig:
    tasks = {name: value for name, value in vars(c).items() if isinstance(value, Gains)}
    quick = {name: _times(gains, kp=time**-2, kd=1.0 / time) for name, gains in tasks.items()}
    moment = ratio.mass * ratio.height
    quick["momentum"] = _times(quick["momentum"], weight=moment**-2)
    return replace(
        c,
        **quick,
        qp=_times(c.qp, sole_shrink=ratio.foot_width, min_force=ratio.mass, wrench_regularisation=ratio.mass**-2),
    )
