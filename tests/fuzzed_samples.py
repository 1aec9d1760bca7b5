# SPDX-License-Identifier: Apache-2.0
"""Makes messages and requests that every node of the robot would use: what fuzzers begin with."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import TransformStamped, Vector3
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import (
    DescribeParameters,
    GetParameters,
    GetParameterTypes,
    ListParameters,
    SetParameters,
    SetParametersAtomically,
)
from sensor_msgs.msg import CameraInfo, Image, JointState, Joy, PointCloud2, PointField
from talus_core.robot import load_robot
from tf2_msgs.msg import TFMessage

from talus_interfaces import msg, srv

ROOT = Path(__file__).parents[1]
ROBOT_FOLDER = ROOT / "urdf" / "talus40"
ROBOT = load_robot(ROBOT_FOLDER)
JOINTS = len(ROBOT.joint_names)


def message_sample(topic: str, kind: type) -> Any:
    """Return a message of a topic that the node would use."""
    message = kind()
    make = {
        msg.RobotState: _robot_state,
        msg.ElevationMap: _elevation,
        PointCloud2: _moving,
        Image: _image,
        CameraInfo: _camera,
        JointState: _joints,
        msg.SimulatorState: _simulator,
        TFMessage: _transforms,
        Joy: lambda: Joy(axes=[0.0] * 6, buttons=[0] * 12),
    }.get(kind)
    message = message if make is None else make()
    if topic == "cmd_vel":
        message.twist.linear.x = 0.2
    if kind is msg.LimbTargets:
        message.targets = [msg.LimbTarget(limb="left_hand", frame_id="base_link")]
        message.targets[0].pose.orientation.w = 1.0
    return message


def _robot_state() -> msg.RobotState:
    pose = array("d", ROBOT.poses["sit"])
    state = msg.RobotState(
        stamp=Time(sec=1), sequence=1, position=pose, velocity=[0.0] * JOINTS, effort=[0.0] * JOINTS
    )
    state.linear_acceleration[2] = 9.81
    return state


def _elevation() -> msg.ElevationMap:
    message = msg.ElevationMap(resolution=0.05, width=20, height=20, elevation=[0.0] * 400)
    message.header.frame_id = "odom"
    message.variance = [0.01] * 400
    return message


def _moving() -> PointCloud2:
    names = ("x", "y", "z", "vx", "vy")
    fields = [PointField(name=n, offset=4 * i, datatype=7, count=1) for i, n in enumerate(names)]
    rows = np.ones((3, 5), np.float32)
    return PointCloud2(
        height=1, width=3, fields=fields, point_step=20, row_step=60, data=rows.tobytes()
    )


def _image() -> Image:
    depth = np.ones((6, 8), np.float32)
    return Image(encoding="32FC1", width=8, height=6, step=32, data=depth.tobytes())


def _camera() -> CameraInfo:
    return CameraInfo(width=8, height=6, k=[4.0, 0.0, 3.5, 0.0, 4.0, 2.5, 0.0, 0.0, 1.0])


def _joints() -> JointState:
    return JointState(name=list(ROBOT.joint_names), position=array("d", ROBOT.poses["sit"]))


def _simulator() -> msg.SimulatorState:
    return msg.SimulatorState(stamp=Time(sec=1), sequence=1, qpos=[0.0] * (JOINTS + 7))


def _transforms() -> TFMessage:
    moved = TransformStamped(child_frame_id="base_link")
    moved.header.frame_id = "odom"
    moved.transform.rotation.w = 1.0
    return TFMessage(transforms=[moved])


def request_sample(kind: Any) -> Any:
    """Return a request of a service that the node would serve."""
    value = ParameterValue(type=1, bool_value=False, string_value="x", double_array_value=[0.0])
    parameters = [Parameter(name="use_sim_time", value=value), Parameter(name="robot", value=value)]
    make = {
        SetParameters: lambda: SetParameters.Request(parameters=parameters),
        SetParametersAtomically: lambda: SetParametersAtomically.Request(parameters=parameters),
        GetParameters: lambda: GetParameters.Request(names=["use_sim_time", "robot"]),
        GetParameterTypes: lambda: GetParameterTypes.Request(names=["use_sim_time", "robot"]),
        DescribeParameters: lambda: DescribeParameters.Request(names=["use_sim_time", "robot"]),
        ListParameters: lambda: ListParameters.Request(prefixes=["step", ""], depth=2),
        srv.Push: lambda: srv.Push.Request(link="torso", impulse=Vector3(x=1.0), duration=0.1),
        srv.SetFriction: lambda: srv.SetFriction.Request(target="floor", friction=0.5),
        srv.InjectFault: lambda: srv.InjectFault.Request(
            name="drive.off", target="l_knee", severity=0.5, duration=0.01
        ),
        srv.MapFile: lambda: srv.MapFile.Request(path="fuzzed_map.npz"),
    }.get(kind, kind.Request)
    return make()
