# SPDX-License-Identifier: Apache-2.0
"""Messages to the snapshots of `scene`, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from geometry_msgs.msg import Point, TwistStamped, Vector3
from nav_msgs.msg import OccupancyGrid, Odometry
from sensor_msgs.msg import BatteryState, Image, JointState, PointCloud2
from talus_core.rotations import matrix_from_quat_xyzw, yaw_of

from talus_interfaces.msg import BalanceState, ElevationMap, SafetyState
from talus_interfaces.srv import Push
from talus_view.colours import elevation_colours, occupancy_colours
from talus_view.pictures import colour_picture, depth_as_colours, depth_picture, fitted
from talus_view.scene import Balance, BasePose, Battery, GroundPicture, Joints, Safety, Voxels, spacing
from talus_view.shapes import MeshFileError
from talus_view.teleop import Velocity


def joints_from(message: JointState) -> Joints:
    """Positions by name."""
    return Joints(dict(zip(message.name, message.position, strict=False)))


def base_from(message: Odometry) -> BasePose:
    """Of base_link in odom."""
    p, q, twist = message.pose.pose.position, message.pose.pose.orientation, message.twist.twist
    velocity = np.array([twist.linear.x, twist.linear.y, twist.linear.z])
    return BasePose(np.array([p.x, p.y, p.z]), np.array([q.x, q.y, q.z, q.w]), velocity, twist.angular.z)


def safety_from(message: SafetyState) -> Safety:
    """The stop ladder."""
    return Safety(
        message.level,
        message.cause,
        message.clears_by,
        message.latched,
        message.armed,
        message.torque_permitted,
    )


def balance_from(message: BalanceState) -> Balance:
    """Mode and margins."""
    return Balance(
        mode=message.mode,
        left_contact=message.left_contact,
        right_contact=message.right_contact,
        centre_of_mass=_point(message.centre_of_mass),
        capture_point=_point(message.capture_point),
        centre_of_pressure=_point(message.centre_of_pressure),
        capture_margin=message.capture_margin,
        support_polygon=_points(message.support_polygon.points),
        footsteps=_points(message.footsteps),
    )


def battery_from(message: BatteryState) -> Battery:
    """The pack."""
    return Battery(message.percentage, message.voltage, message.current)


def voxels_from(message: PointCloud2) -> Voxels:
    """Occupied voxels of a cloud with float32 fields x, y, z."""
    offsets = {field.name: field.offset for field in message.fields}
    kind = np.dtype(
        {
            "names": ["x", "y", "z"],
            "formats": ["<f4"] * 3,
            "offsets": [offsets[axis] for axis in "xyz"],
            "itemsize": message.point_step,
        }
    )
    cloud = np.frombuffer(message.data, dtype=kind, count=message.width * message.height)
    centres = np.stack([cloud["x"], cloud["y"], cloud["z"]], axis=1)
    centres = centres[np.isfinite(centres).all(axis=1)]
    return Voxels(centres, spacing(centres))


def occupancy_from(message: OccupancyGrid) -> GroundPicture:
    """An occupancy grid as a picture on the floor."""
    cells = np.array(message.data, dtype=np.int8).reshape(message.info.height, message.info.width)
    origin = message.info.origin
    q = origin.orientation
    yaw = yaw_of(matrix_from_quat_xyzw(np.array([q.x, q.y, q.z, q.w])))
    pixels = occupancy_colours(cells)
    return GroundPicture(pixels, message.info.resolution, _point(origin.position), yaw)


def elevation_from(message: ElevationMap) -> GroundPicture:
    """An elevation map as a picture on the floor."""
    elevation = np.array(message.elevation, dtype=np.float32).reshape(message.height, message.width)
    corner = _point(message.origin) * [1.0, 1.0, 0.0]
    pixels = elevation_colours(elevation)
    return GroundPicture(pixels, message.resolution, corner, 0.0)


def picture_from(message: Image, width: int) -> np.ndarray:
    """A colour picture, at most `width` pixels wide. Raises PictureError."""
    return fitted(colour_picture(message.data, message.height, message.width, message.step, message.encoding), width)


def depth_from(message: Image, width: int) -> np.ndarray:
    """A depth picture as colours, at most `width` pixels wide. Raises PictureError."""
    metres = depth_picture(message.data, message.height, message.width, message.step, message.encoding)
    return depth_as_colours(fitted(metres, width))


def twist_from(velocity: Velocity, stamp, frame: str) -> TwistStamped:
    """A velocity command."""
    message = TwistStamped()
    message.header.stamp, message.header.frame_id = stamp, frame
    message.twist.linear.x, message.twist.linear.y = velocity.forward, velocity.left
    message.twist.angular.z = velocity.turn
    return message


def push_from(direction: tuple[float, float], size: float, base: BasePose | None, duration: float) -> Push.Request:
    """A push of `size` N s in a direction of the robot's heading frame (forward, left), over `duration` s."""
    yaw = 0.0 if base is None else yaw_of(matrix_from_quat_xyzw(base.quat_xyzw))
    forward, left = direction
    impulse = Vector3(
        x=size * (forward * np.cos(yaw) - left * np.sin(yaw)), y=size * (forward * np.sin(yaw) + left * np.cos(yaw))
    )
    return Push.Request(impulse=impulse, duration=duration)


def mesh_file(uri: str) -> Path:
    """The file of a mesh URI (`package://`, `file://` or a path). Raises MeshFileError."""
    if not uri.startswith("package://"):
        return Path(uri.removeprefix("file://"))
    package, _, path = uri.removeprefix("package://").partition("/")
    try:
        return Path(get_package_share_directory(package)) / path
    except PackageNotFoundError as error:
        raise MeshFileError(f"{uri}: package '{package}' is not installed; source its workspace") from error


def _point(point: Point) -> np.ndarray:
    return np.array([point.x, point.y, point.z])


def _points(points) -> np.ndarray:
    return np.array([(p.x, p.y, p.z) for p in points], dtype=float).reshape(-1, 3)
