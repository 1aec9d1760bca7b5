# SPDX-License-Identifier: Apache-2.0
"""Stages a robot with one depth camera, for tests of the nodes that look through it."""

import numpy as np
from geometry_msgs.msg import TransformStamped
from map_scene import CAMERA, depth_of_boxes, pose_looking
from sensor_msgs.msg import CameraInfo, Image
from sim_assertions import LATCHED
from std_msgs.msg import String
from talus_core.rotations import quat_xyzw_from_matrix
from tf2_msgs.msg import TFMessage

EYE = pose_looking((0.0, 0.0, 1.5), pitch=0.4)
URDF = """<robot name="box"><link name="base_link">
  <collision><geometry><box size="0.2 0.2 0.2"/></geometry></collision></link></robot>"""


def transform(stamp, parent, child, position=(0, 0, 0), rotation=None):
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    message.header.stamp.sec, message.header.stamp.nanosec = stamp
    p, q = message.transform.translation, message.transform.rotation
    p.x, p.y, p.z = map(float, position)
    q.x, q.y, q.z, q.w = map(
        float, quat_xyzw_from_matrix(np.eye(3) if rotation is None else rotation)
    )
    return message


class StagedEye:
    """Acts as all around a node that looks at depth images: one camera in front of boxes."""

    def __init__(self, node, boxes):
        self.node = node
        self._ticks = 0
        self._depth = depth_of_boxes(boxes, EYE)
        description = node.create_publisher(String, "robot_description", LATCHED)
        description.publish(String(data=URDF))
        self._tf = node.create_publisher(TFMessage, "tf", 10)
        self._info = node.create_publisher(CameraInfo, "camera/eye/camera_info", 10)
        self._image = node.create_publisher(Image, "camera/eye/depth/image_raw", 10)
        node.create_timer(0.05, self._tick)

    def _tick(self):
        self._ticks += 1
        stamp = divmod(self._ticks * 100_000_000, 10**9)
        frames = [
            transform(stamp, "odom", "base_link", (0, 0, 0.9)),
            transform(stamp, "base_link", "base_footprint", (0, 0, -0.9)),
            transform(stamp, "base_link", "eye_optical", EYE.position - [0, 0, 0.9], EYE.rotation),
        ]
        self._tf.publish(TFMessage(transforms=frames))
        info = CameraInfo(width=CAMERA.width, height=CAMERA.height, k=CAMERA.matrix.ravel())
        self._info.publish(info)
        image = Image(
            width=CAMERA.width, height=CAMERA.height, encoding="32FC1", step=4 * CAMERA.width
        )
        image.header.frame_id = "eye_optical"
        image.header.stamp.sec, image.header.stamp.nanosec = stamp
        image.data = self._depth.tobytes()
        self._image.publish(image)
