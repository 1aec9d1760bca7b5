# SPDX-License-Identifier: Apache-2.0
"""Reads the poses of a URDF."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np

from talus_core.rotations import matrix_from_rpy


def urdf_vector(text: str) -> np.ndarray:
    """Return the numbers of an attribute, separated by spaces."""
    return np.array([float(word) for word in text.split()])


def urdf_pose(origin: ElementTree.Element | None) -> tuple[np.ndarray, np.ndarray]:
    """Return rotation (3, 3) and position (3,), m, of an `<origin>`; none is no displacement."""
    if origin is None:
        return np.eye(3), np.zeros(3)
    rotation = matrix_from_rpy(*urdf_vector(origin.get("rpy", "0 0 0")))
    return rotation, urdf_vector(origin.get("xyz", "0 0 0"))
