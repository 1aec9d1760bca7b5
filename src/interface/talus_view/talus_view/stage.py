# SPDX-License-Identifier: Apache-2.0
"""The three-dimensional half of the page: robot, voxels, ground layer and balance drawn with viser."""

from __future__ import annotations

import numpy as np
import viser
from talus_core.rotations import matrix_from_quat_xyzw, quat_wxyz_from_xyzw, yaw_of
from viser._messages import SetOrientationMessage

from talus_view import colours
from talus_view.colours import soft_shadow
from talus_view.scene import Balance, BasePose, GroundPicture, Voxels, outline, rectangle
from talus_view.shapes import Mesh, cylinder
from talus_view.surfaces import quads_mesh, voxel_quads
from talus_view.urdf_visuals import RobotVisuals

ODOM = "/odom"  # everything hangs below it; following the robot moves it, so that the camera stays in the user's hand
ROBOT = f"{ODOM}/robot"
LEAST_TURN = 5e-4  # rad of any joint that is worth a new picture: 0.5 mm at a metre
LEAST_MOVE = 5e-4  # m of the base, likewise
FOLLOW_SHARE = 0.15  # of the distance to the robot per frame: about a third of a second at 20 Hz
BAND_HEIGHT = 0.15  # m of the voxels that share a colour
BANDS = np.arange(-0.15, 2.4, BAND_HEIGHT)  # m, between the colours
SINK = 1.2  # cells by which voxels are drawn lower: those of the ground would hide feet and marks
SHADOW_SIZE = 1.1  # m across the soft shadow under the robot
# m from the robot to the floor's centre, away from the first camera: a browser draws what is transparent from far to
# near, and the shadow must come after the floor. Whole metres, as the floor's lines, so that nobody sees it move.
FLOOR_AHEAD = np.array([3.0, 1.0])
ABOVE_GROUND = 0.004  # m that flat marks float above the floor, so that they do not flicker


class Stage:
    """Draws; knows nothing of ROS. Every method is cheap when nothing changed, and is for `Page.call`."""

    def __init__(self, server: viser.ViserServer, foot_size: tuple[float, float]):
        """`foot_size`: length and width of a sole in m."""
        self._scene = server.scene
        self._foot_size = foot_size
        self._robot: RobotVisuals | None = None
        self._links: list[viser.FrameHandle] = []
        self._drawn = np.zeros(0)
        self._shown: dict[str, tuple[np.ndarray, ...]] = {}
        self._centre = np.zeros(3)
        self._yaw = 0.0
        self._odom = self._scene.add_frame(ODOM, show_axes=False)
        self._base = self._scene.add_frame(ROBOT, show_axes=False)
        self._shadow = self._scene.add_image(f"{ODOM}/shadow", soft_shadow(), SHADOW_SIZE, SHADOW_SIZE, format="png")
        self._floor = _furnish(server)

    def set_robot(self, robot: RobotVisuals) -> None:
        """Another robot to draw: one scene node per link below its parent's; so the browser does the kinematics."""
        if self._robot is not None:
            self._base.remove()
            self._base = self._scene.add_frame(ROBOT, show_axes=False)
        self._robot, self._drawn = robot, robot.tree.values({})
        self._base.position = (0.0, 0.0, -robot.lowest(self._drawn))
        paths = {robot.tree.root: ROBOT}
        quats, positions = robot.tree.child_quats(self._drawn), robot.tree.child_positions(self._drawn)
        self._links = []
        for joint, quat_wxyz, position in zip(robot.tree.joints, quats, positions, strict=True):
            paths[joint.child] = path = f"{paths[joint.parent]}/{joint.child}"
            self._links.append(self._scene.add_frame(path, show_axes=False, wxyz=quat_wxyz, position=position))
        for i, skin in enumerate(robot.skins):
            _add_mesh(self._scene, f"{paths[skin.link]}/skin_{i}", skin.mesh, skin.colour)

    def draw_robot(self, joints: dict[str, float], pose: BasePose | None, is_followed: bool) -> None:
        """Joint positions in rad by name, the base, and whether the view moves with it."""
        self._draw_joints(joints)
        if pose is not None:
            self._draw_base(pose)
        target = np.array([*pose.position[:2], 0.0]) if pose is not None and is_followed else np.zeros(3)
        self._centre = self._centre + FOLLOW_SHARE * (target - self._centre)
        if np.abs(self._centre + self._odom.position).max() > LEAST_MOVE:
            self._odom.position = -self._centre

    def draw_voxels(self, voxels: Voxels | None) -> None:
        """Occupied voxels, coloured by height, or none."""
        if not self._is_new(f"{ODOM}/voxels", np.zeros((0, 3)) if voxels is None else voxels.centres):
            return
        quads = np.zeros((0, 4, 3)) if voxels is None else voxel_quads(voxels.centres, voxels.size)
        bands = np.digitize(quads.mean(axis=1)[:, 2], BANDS)
        for band in range(len(BANDS) + 1):
            path, skin = f"{ODOM}/voxels/{band}", quads[bands == band]
            if len(skin) == 0:
                self._remove(path)
            elif self._is_new(path, skin):
                middle = BANDS[min(band, len(BANDS) - 1)] - 0.5 * BAND_HEIGHT
                colour = tuple(colours.height_colours(np.array([middle]))[0].tolist())
                sunk = skin - np.array([0.0, 0.0, SINK * voxels.size])
                _add_mesh(self._scene, path, quads_mesh(sunk), colour)

    def draw_ground(self, picture: GroundPicture | None) -> None:
        """A picture flat on the ground, or none."""
        if picture is None:
            return self._remove(f"{ODOM}/ground")
        if not self._is_new(f"{ODOM}/ground", picture.pixels, picture.corner):
            return
        height, width = picture.pixels.shape[:2]
        size = picture.resolution * np.array([width, height])
        turn = np.array([[np.cos(picture.yaw), -np.sin(picture.yaw)], [np.sin(picture.yaw), np.cos(picture.yaw)]])
        centre = picture.corner + np.array([*(turn @ (size / 2.0)), ABOVE_GROUND])
        # viser's images show row 0 at their -y side, with x to the right: as a grid seen from above.
        self._scene.add_image(
            f"{ODOM}/ground",
            picture.pixels,
            render_width=float(size[0]),
            render_height=float(size[1]),
            format="png",
            position=tuple(centre),
            wxyz=(np.cos(picture.yaw / 2.0), 0.0, 0.0, np.sin(picture.yaw / 2.0)),
            receive_shadow=False,
            cast_shadow=False,
        )

    def draw_balance(self, balance: Balance | None) -> None:
        """Support polygon, footsteps, capture point, centre of pressure and of mass, or nothing."""
        has_polygon = balance is not None and len(balance.support_polygon) > 2
        self._lines("support", outline(balance.support_polygon) if has_polygon else None, colours.SUPPORT)
        steps = [] if balance is None else [rectangle(p, self._yaw, *self._foot_size) for p in balance.footsteps]
        self._lines("footsteps", np.concatenate([outline(s) for s in steps]) if steps else None, colours.LEFT_FOOT)
        marks = {
            "capture_point": (None if balance is None else balance.capture_point, colours.CAPTURE_POINT),
            "centre_of_pressure": (None if balance is None else balance.centre_of_pressure, colours.CENTRE_OF_PRESSURE),
        }
        for name, (point, colour) in marks.items():
            self._disc(name, point, colour)

    def _draw_joints(self, joints: dict[str, float]) -> None:
        if self._robot is None:
            return
        tree = self._robot.tree
        values = tree.values(joints)
        moved = np.flatnonzero(np.abs(values - self._drawn) > LEAST_TURN)
        if len(moved) == 0:
            return
        self._drawn[moved] = values[moved]
        quats = tree.child_quats(values)
        for i in moved:
            if tree.joints[i].is_prismatic:
                self._links[i].position = tree.child_positions(values)[i]
            else:
                _turn(self._links[i], quats[i])

    def _draw_base(self, pose: BasePose) -> None:
        self._yaw = yaw_of(matrix_from_quat_xyzw(pose.quat_xyzw))
        if np.abs(pose.position - self._base.position).max() > LEAST_MOVE:
            self._base.position = pose.position
            self._shadow.position = (*pose.position[:2], ABOVE_GROUND / 2.0)
            place = np.round(pose.position[:2]) + FLOOR_AHEAD
            if np.any(place != self._floor.position[:2]):
                self._floor.position = (*place, 0.0)
        quat_wxyz = quat_wxyz_from_xyzw(pose.quat_xyzw)
        if np.abs(quat_wxyz - self._base.wxyz).max() > LEAST_TURN / 2.0:
            _turn(self._base, quat_wxyz)

    def _lines(self, name: str, segments: np.ndarray | None, colour: colours.Colour) -> None:
        """Line segments (n, 2, 3) m, or none."""
        if segments is None:
            return self._remove(f"{ODOM}/{name}")
        path, points = f"{ODOM}/{name}", (segments + np.array([0.0, 0.0, 2.0 * ABOVE_GROUND])).astype(np.float32)
        if self._is_new(path, points):
            self._scene.add_line_segments(path, points, colors=colour, line_width=4.0)

    def _disc(self, name: str, point: np.ndarray | None, colour: colours.Colour) -> None:
        path = f"{ODOM}/{name}"
        if point is None or not np.all(np.isfinite(point)):
            return self._remove(path)
        handle = self._scene.get_handle_by_name(path)
        if handle is None:
            handle = _add_mesh(self._scene, path, cylinder(0.022, 0.008), colour)
        place = point + np.array([0.0, 0.0, 3.0 * ABOVE_GROUND])
        if np.abs(place - handle.position).max() > LEAST_MOVE:
            handle.position = place

    def _is_new(self, path: str, *arrays: np.ndarray) -> bool:
        """Whether these are not what `path` shows already, to a millimetre; they are remembered."""
        shown = self._shown.get(path)
        is_same = shown is not None and all(
            a.shape == b.shape and np.allclose(a, b, atol=1e-3) for a, b in zip(arrays, shown, strict=True)
        )
        if not is_same:
            self._shown[path] = arrays
        return not is_same

    def _remove(self, path: str) -> None:
        self._shown.pop(path, None)
        handle = self._scene.get_handle_by_name(path)
        if handle is not None:
            handle.remove()


def _turn(handle: viser.SceneNodeHandle, quat_wxyz: np.ndarray) -> None:
    """`handle.wxyz = quat_wxyz` at an eighth of its cost (25 instead of 200 us), for what turns at every frame.

    The public setter spends its time in numpy.allclose; `Stage` has already decided that the turn is worth drawing.
    """
    handle.wxyz[:] = quat_wxyz
    handle._impl.api._queue_scene_message(SetOrientationMessage(handle.name, tuple(quat_wxyz.tolist())))


def _furnish(server: viser.ViserServer) -> viser.GridHandle:
    """Floor, light and the first camera; the floor."""
    scene = server.scene
    floor = scene.add_grid(
        f"{ODOM}/floor",
        infinite_grid=True,
        cell_size=0.25,
        section_size=1.0,
        cell_color=colours.GRID_CELL,
        section_color=colours.GRID_SECTION,
        fade_distance=18.0,
        shadow_opacity=0.0,
        plane_color=colours.BACKGROUND,
        plane_opacity=1.0,
    )
    scene.set_background_image(np.full((1, 1, 3), colours.BACKGROUND, dtype=np.uint8), format="png")
    scene.configure_fog(9.0, 26.0, color=colours.BACKGROUND)
    # No environment map and no cast shadows: they make software rendering, all that a machine without GPU has,
    # thirty and three times slower.
    scene.configure_environment_map(None)
    scene.configure_default_lights(enabled=True, cast_shadow=False)
    scene.add_light_hemisphere("/sky", sky_color=(255, 255, 255), ground_color=(150, 155, 165), intensity=1.5)
    camera = server.initial_camera
    # Over the robot's shoulder: its left is the driver's left, and what it maps lies ahead; inside a lane of shelves.
    camera.position, camera.look_at = (-2.6, -1.15, 1.85), (0.3, 0.05, 0.75)
    camera.fov = np.radians(45.0)
    return floor


def _add_mesh(scene: viser.SceneApi, path: str, mesh: Mesh, colour: colours.Colour) -> viser.MeshHandle:
    return scene.add_mesh_simple(path, mesh.vertices, mesh.faces, color=colour, cast_shadow=False, receive_shadow=False)
