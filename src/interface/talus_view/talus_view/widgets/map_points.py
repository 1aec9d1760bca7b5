# SPDX-License-Identifier: Apache-2.0
"""Draws the occupied voxels of the map, coloured by height."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talus_view.drawing.canvas import ODOM_PATH
from talus_view.drawing.colours import height_colours
from talus_view.drawing.surfaces import quads_mesh, voxel_quads
from talus_view.widget import Hearing, Message, PageTopic, Site, Widget

BAND_HEIGHT_M = 0.15  # of the voxels that share a colour: three voxels of the map
BANDS_M = np.arange(-0.15, 2.4, BAND_HEIGHT_M)  # borders between the colours, over the ground
SUNK_CELLS = 1.2  # by which voxels are drawn lower: those of the ground would hide feet and marks
DEFAULT_VOXEL_M = 0.05  # edge of a voxel of which there are too few to tell: the map's default
_LEAST_VOXEL_M = 1e-3  # no map has cells of a millimetre
_PATH = f"{ODOM_PATH}/voxels"


@dataclass(frozen=True)
class OccupiedVoxels:
    """Hold occupied voxels: centres (n, 3) m, edge length m."""

    centres: np.ndarray
    size: float


NO_VOXELS = OccupiedVoxels(np.zeros((0, 3)), DEFAULT_VOXEL_M)


class MapPointsWidget(Widget):
    """Shows occupied voxels, with a switch."""

    place = 60
    topics = (PageTopic("map/points", "sensor_msgs/msg/PointCloud2", hearing=Hearing.DRAWN),)

    def __init__(self, site: Site):
        self._canvas = site.canvas
        self._period_s = site.config.map_period_s
        with site.panel.folder("Show"):
            self._is_shown = site.panel.gui.add_checkbox("Voxels", True)

    @property
    def period_s(self) -> float:
        """Return the shortest wall time between two drawings, s."""
        return self._period_s

    def wanted(self) -> tuple[PageTopic, ...]:
        """Return the map's points, if they are switched on."""
        return self.topics if self._is_shown.value else ()

    def hear(self, topic: PageTopic, message: Message, wall: float) -> None:
        """Draw the new voxels."""
        self._draw_voxels(voxels_from(message))

    def draw(self, wall: float) -> None:
        """Take the voxels away where they are switched off."""
        if not self._is_shown.value:
            self._draw_voxels(NO_VOXELS)

    def _draw_voxels(self, voxels: OccupiedVoxels) -> None:
        if not self._canvas.is_new(_PATH, voxels.centres):
            return
        quads = voxel_quads(voxels.centres, voxels.size)
        bands = np.digitize(quads.mean(axis=1)[:, 2], BANDS_M)
        for band in range(len(BANDS_M) + 1):
            self._draw_band(band, quads[bands == band], voxels.size)

    def _draw_band(self, band: int, skin: np.ndarray, size: float) -> None:
        """Draw the voxels of one colour: quads (n, 4, 3) m."""
        path = f"{_PATH}/{band}"
        if len(skin) == 0:
            self._canvas.remove(path)
        elif self._canvas.is_new(path, skin):
            middle = BANDS_M[min(band, len(BANDS_M) - 1)] - 0.5 * BAND_HEIGHT_M
            red, green, blue = height_colours(np.array([middle]))[0].tolist()
            sunk = skin - np.array([0.0, 0.0, SUNK_CELLS * size])
            self._canvas.add_mesh(path, quads_mesh(sunk), (red, green, blue))


def voxels_from(message: Message) -> OccupiedVoxels:
    """Read occupied voxels from a PointCloud2 with float32 fields x, y, z."""
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
    return OccupiedVoxels(centres, spacing(centres))


def spacing(centres: np.ndarray) -> float:
    """Return the edge length in m of voxels whose `centres` (n, 3) lie on a grid.

    It is the least distance along any axis.
    """
    if len(centres) == 0:
        return DEFAULT_VOXEL_M
    gaps = np.concatenate([np.diff(np.unique(np.round(centres[:, axis], 4))) for axis in range(3)])
    gaps = gaps[gaps > _LEAST_VOXEL_M]
    return float(gaps.min()) if len(gaps) else DEFAULT_VOXEL_M
