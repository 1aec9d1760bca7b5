# SPDX-License-Identifier: Apache-2.0
"""Draws the robot in its pose: a tree of scene nodes, so that the browser does the kinematics."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
import viser
from talus_core.errors import RefusedInputError, TalusError
from talus_core.rotations import quat_wxyz_from_xyzw

from talus_view.drawing.canvas import ABOVE_GROUND_M, LEAST_MOVE_M, ODOM_PATH, turn_node
from talus_view.drawing.colours import soft_shadow
from talus_view.drawing.urdf_visuals import RobotVisuals, parse_urdf
from talus_view.scene import BasePose
from talus_view.widget import Delivery, Hearing, Message, PageTopic, Site, Widget

ROBOT_PATH = f"{ODOM_PATH}/robot"
LEAST_TURN_RAD = 5e-4  # least turn of a joint that is worth a new picture: 0.5 mm at a metre
FOLLOW_SHARE = 0.15  # of the distance to the robot per frame: about a third of a second at 20 Hz
SHADOW_SIZE_M = 1.1  # across the soft shadow under the robot: its shoulders and arms
# m from the robot to the floor's centre, away from the first camera: a browser draws what is
# transparent from far to near, and the shadow must come after the floor. Whole metres, as the
# floor's lines, so that the motion is invisible.
FLOOR_AHEAD_M = np.array([3.0, 1.0])

DESCRIPTION_TOPIC = PageTopic(
    "robot_description", "std_msgs/msg/String", Delivery.LATCHED, Hearing.ALWAYS
)
JOINT_STATES_TOPIC = PageTopic("joint_states", "sensor_msgs/msg/JointState", Delivery.NEWEST)


class RobotWidget(Widget):
    """Shows the robot, its shadow, and the view that follows it."""

    place = 50
    topics = (DESCRIPTION_TOPIC, JOINT_STATES_TOPIC)

    def __init__(self, site: Site):
        self._site = site
        self._canvas = site.canvas
        self._robot: RobotVisuals | None = None
        self._links: list[viser.FrameHandle] = []
        self._joints: dict[str, float] = {}
        self._names: frozenset[str] = frozenset()
        self._drawn = np.zeros(0)
        self._centre = np.zeros(3)
        scene = site.canvas.scene
        self._base = scene.add_frame(ROBOT_PATH, show_axes=False)
        self._shadow = scene.add_image(
            f"{ODOM_PATH}/shadow", soft_shadow(), SHADOW_SIZE_M, SHADOW_SIZE_M, format="png"
        )
        with site.panel.folder("Show"):
            self._follow = site.panel.gui.add_checkbox("Follow robot", True)

    def hear(self, topic: PageTopic, message: Message, wall: float) -> None:
        """Take joint positions, or another robot."""
        if topic is JOINT_STATES_TOPIC:
            self._joints |= joints_from(message, self._names)
            return
        try:
            robot = parse_urdf(message.data, self._site.graph.mesh_file)
        except TalusError as error:
            raise RefusedInputError(f"the robot cannot be drawn: {error}") from error
        self._set_robot(robot)
        self._site.scene.put(robot, wall)

    def draw(self, wall: float) -> None:
        """Move what moved, and the view with the robot."""
        pose = self._site.scene.get(BasePose, wall)
        self._draw_joints()
        if pose is not None:
            self._draw_base(pose)
        target = np.zeros(3)
        if pose is not None and self._follow.value:
            target[:2] = pose.position[:2]
        self._centre = self._centre + FOLLOW_SHARE * (target - self._centre)
        odom = self._canvas.odom
        if np.abs(self._centre + odom.position).max() > LEAST_MOVE_M:
            odom.position = -self._centre

    def _set_robot(self, robot: RobotVisuals) -> None:
        """Draw another robot: one scene node per link, below its parent's."""
        scene = self._canvas.scene
        if self._robot is not None:
            self._base.remove()
            self._base = scene.add_frame(ROBOT_PATH, show_axes=False)
        self._robot = robot
        self._names = frozenset(joint.name for joint in robot.tree.joints)
        self._drawn = robot.tree.values({})
        self._base.position = (0.0, 0.0, -robot.lowest(self._drawn))
        paths = {robot.tree.root: ROBOT_PATH}
        quats = robot.tree.child_quats(self._drawn)
        positions = robot.tree.child_positions(self._drawn)
        self._links = []
        for joint, quat, position in zip(robot.tree.joints, quats, positions, strict=True):
            path = f"{paths[joint.parent]}/{joint.child}"
            paths[joint.child] = path
            self._links.append(scene.add_frame(path, show_axes=False, wxyz=quat, position=position))
        for i, skin in enumerate(robot.skins):
            self._canvas.add_mesh(f"{paths[skin.link]}/skin_{i}", skin.mesh, skin.colour)

    def _draw_joints(self) -> None:
        if self._robot is None:
            return
        tree = self._robot.tree
        values = tree.values(self._joints)
        moved = np.flatnonzero(np.abs(values - self._drawn) > LEAST_TURN_RAD)
        if len(moved) == 0:
            return
        self._drawn[moved] = values[moved]
        quats = tree.child_quats(values)
        for i in moved:
            if tree.joints[i].is_prismatic:
                self._links[i].position = tree.child_positions(values)[i]
            else:
                turn_node(self._links[i], quats[i])

    def _draw_base(self, pose: BasePose) -> None:
        if np.abs(pose.position - self._base.position).max() > LEAST_MOVE_M:
            self._base.position = pose.position
            self._shadow.position = (*pose.position[:2], ABOVE_GROUND_M / 2.0)
            floor = self._canvas.floor
            place = np.round(pose.position[:2]) + FLOOR_AHEAD_M
            if np.any(place != floor.position[:2]):
                floor.position = (*place, 0.0)
        quat_wxyz = quat_wxyz_from_xyzw(pose.quat_xyzw)
        if np.abs(quat_wxyz - self._base.wxyz).max() > LEAST_TURN_RAD / 2.0:
            turn_node(self._base, quat_wxyz)


def joints_from(message: Message, known: Collection[str]) -> dict[str, float]:
    """Read from a JointState the positions of joints that are known, in rad by name."""
    found = zip(message.name, message.position, strict=False)
    return {name: angle for name, angle in found if name in known and math.isfinite(angle)}
