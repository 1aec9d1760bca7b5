# SPDX-License-Identifier: Apache-2.0
"""Draws the page's three-dimensional half: floor, light, first camera, strokes for widgets."""

from __future__ import annotations

import numpy as np
import viser
from viser._messages import SetOrientationMessage

from talus_view.drawing import colours
from talus_view.drawing.shapes import Mesh, cylinder

# Everything hangs below this frame; following the robot moves it, so that the camera stays under
# the user's control.
ODOM_PATH = "/odom"
LEAST_MOVE_M = 5e-4  # least motion that is worth a new picture: a tenth of a pixel at two metres
ABOVE_GROUND_M = 0.004  # height of flat marks above the floor, so that they do not flicker
_SAME_TO_M = 1e-3  # within which what is drawn already counts as the same
_MARK_RADIUS_M = 0.022  # of a disc on the ground: seen from 3 m, and smaller than a sole
_MARK_HEIGHT_M = 0.008
_LINE_WIDTH_PX = 4.0  # on the screen: still seen from across a hall


class Canvas:
    """Draws below the frame `odom`; every stroke is cheap when nothing changed.

    Attributes:
        scene: viser's scene, for what this class does not offer.
        odom: The frame below which all hangs.
        floor: The floor.
    """

    def __init__(self, server: viser.ViserServer):
        """Furnish the scene of a page."""
        self.scene = server.scene
        self.odom = self.scene.add_frame(ODOM_PATH, show_axes=False)
        self.floor = _furnish(server)
        self._shown: dict[str, tuple[np.ndarray, ...]] = {}

    def add_mesh(self, path: str, mesh: Mesh, colour: colours.Colour) -> viser.MeshHandle:
        """Draw a mesh at a path of the scene."""
        return self.scene.add_mesh_simple(
            path, mesh.vertices, mesh.faces, color=colour, cast_shadow=False, receive_shadow=False
        )

    def draw_lines(self, name: str, segments: np.ndarray | None, colour: colours.Colour) -> None:
        """Draw line segments (n, 2, 3) m in odom, or none."""
        path = f"{ODOM_PATH}/{name}"
        if segments is None:
            self.remove(path)
            return
        points = (segments + np.array([0.0, 0.0, 2.0 * ABOVE_GROUND_M])).astype(np.float32)
        if self.is_new(path, points):
            self.scene.add_line_segments(
                path, points, colour, thickness=_LINE_WIDTH_PX, thickness_units="screen"
            )

    def draw_mark(self, name: str, point: np.ndarray | None, colour: colours.Colour) -> None:
        """Draw a small disc at a point (3,) m in odom, or none."""
        path = f"{ODOM_PATH}/{name}"
        if point is None or not np.all(np.isfinite(point)):
            self.remove(path)
            return
        handle = self.scene.get_handle_by_name(path)
        if handle is None:
            handle = self.add_mesh(path, cylinder(_MARK_RADIUS_M, _MARK_HEIGHT_M), colour)
        place = point + np.array([0.0, 0.0, 3.0 * ABOVE_GROUND_M])
        if np.abs(place - handle.position).max() > LEAST_MOVE_M:
            handle.position = place

    def is_new(self, path: str, *arrays: np.ndarray) -> bool:
        """Tell whether `path` shows something else already, to a millimetre, and remember these."""
        shown = self._shown.get(path)
        is_same = shown is not None and all(
            a.shape == b.shape and np.allclose(a, b, atol=_SAME_TO_M)
            for a, b in zip(arrays, shown, strict=True)
        )
        if not is_same:
            self._shown[path] = arrays
        return not is_same

    def remove(self, path: str) -> None:
        """Take away what a path of the scene shows."""
        self._shown.pop(path, None)
        handle = self.scene.get_handle_by_name(path)
        if handle is not None:
            handle.remove()


def turn_node(handle: viser.SceneNodeHandle, quat_wxyz: np.ndarray) -> None:
    """Set `handle.wxyz` at an eighth of its cost (25 instead of 200 us), for each frame's turns.

    The public setter spends its time in numpy.allclose; the caller has already decided that the
    turn is worth drawing.
    """
    handle.wxyz[:] = quat_wxyz
    handle._impl.api._queue_scene_message(
        SetOrientationMessage(handle.name, tuple(quat_wxyz.tolist()))
    )


def _furnish(server: viser.ViserServer) -> viser.GridHandle:
    """Add floor, light and the first camera; return the floor."""
    scene = server.scene
    floor = scene.add_grid(
        f"{ODOM_PATH}/floor",
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
    # No environment map and no cast shadows: with software rendering, all that a machine without
    # GPU has, they take thirty and three times as long.
    scene.configure_environment_map(None)
    scene.configure_default_lights(enabled=True, cast_shadow=False)
    scene.add_light_hemisphere(
        "/sky", sky_color=(255, 255, 255), ground_color=(150, 155, 165), intensity=1.5
    )
    camera = server.initial_camera
    # The first camera looks over the robot's shoulder: its left is the driver's left, and what it
    # maps lies ahead; inside a lane of shelves.
    camera.position = (-2.6, -1.15, 1.85)
    camera.look_at = (0.3, 0.05, 0.75)
    camera.fov = np.radians(45.0)
    return floor
