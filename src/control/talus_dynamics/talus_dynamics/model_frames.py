# SPDX-License-Identifier: Apache-2.0
"""Finds frames of a robot's model by their roles, and joints among the model's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from talus_core.robot import RobotDescription

HAND_FRAMES = ("left_gripper", "right_gripper")  # names in robot.yaml


@dataclass(frozen=True)
class ModelFrames:
    """Holds the numbers of frames, and what is rigidly known of them.

    Attributes:
        feet: Left and right sole.
        base, torso, imu, gaze: Frames that robot.yaml names so.
        hands: Left and right gripper; None where the robot has none.
        imu_in_base: Pose of the IMU in the base.
        gaze_in_base: (3,) way from the base to the eyes in the neutral pose, m.
    """

    feet: tuple[int, int]
    base: int
    torso: int
    imu: int
    gaze: int
    hands: tuple[int | None, int | None]
    imu_in_base: pin.SE3
    gaze_in_base: np.ndarray


@dataclass(frozen=True)
class JointPlaces:
    """Maps structural joints in Talus's order to places in pinocchio's vectors.

    Attributes:
        v_index: (joints,) places among velocities.
        q_index: (joints,) places among positions.
        order: (joints,) Talus's places in pinocchio's order.
    """

    v_index: np.ndarray
    q_index: np.ndarray
    order: np.ndarray

    @staticmethod
    def of(model: pin.Model, names: Sequence[str]) -> JointPlaces:
        """Return the places of the joints `names` in a model."""
        ids = [model.getJointId(name) for name in names]
        v_index = np.array([model.joints[i].idx_v for i in ids])
        q_index = np.array([model.joints[i].idx_q for i in ids])
        return JointPlaces(v_index, q_index, np.argsort(v_index))


def find_frames(model: pin.Model, description: RobotDescription) -> ModelFrames:
    """Find all frames that the robot's files name; raises KeyError where the model lacks one."""
    names = description.frames
    data = model.createData()
    pin.framesForwardKinematics(model, data, pin.neutral(model))
    base = frame_id(model, names["base"])
    imu = frame_id(model, names["imu"])
    gaze = frame_id(model, names["gaze"])
    left, right = (frame_id(model, foot.frame) for foot in description.feet)
    left_hand, right_hand = (
        frame_id(model, names[hand]) if hand in names else None for hand in HAND_FRAMES
    )
    in_base = data.oMf[base].inverse()
    return ModelFrames(
        feet=(left, right),
        base=base,
        torso=frame_id(model, names["torso"]),
        imu=imu,
        gaze=gaze,
        hands=(left_hand, right_hand),
        imu_in_base=in_base * data.oMf[imu],
        gaze_in_base=(in_base * data.oMf[gaze]).translation.copy(),
    )


def frame_id(model: pin.Model, name: str) -> int:
    """Return the number of a frame; raises KeyError where there is none of that name."""
    if not model.existFrame(name):
        raise KeyError(name)
    return int(model.getFrameId(name))
