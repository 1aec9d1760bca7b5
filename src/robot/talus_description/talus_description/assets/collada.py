# SPDX-License-Identifier: Apache-2.0
"""Reads the triangles of a COLLADA file (.dae): shapes and where its scene puts them, no colours.

COLLADA 1.4.1 and 1.5: geometries of triangles, polylists and polygons, nodes with their transforms,
units of length, and the axis that is up. Deformed and animated shapes are not read.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

import numpy as np
from talus_core.files.data_files import ContentError, xml_root
from transforms3d.axangles import axangle2mat

# From a file's axes to URDF's, z up: what URDF readers do with `up_axis`.
UPRIGHT = {
    "X_UP": np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    "Y_UP": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),
    "Z_UP": np.eye(3),
}
POLYGONS = ("triangles", "polylist", "polygons")


def collada_triangles(data: bytes) -> np.ndarray:
    """Return all triangles of a file, (n, 3, 3) m, z up. Raises ValueError."""
    try:
        root = xml_root(data)
    except ContentError as error:
        raise ValueError(f"no COLLADA: {error}") from error
    for element in root.iter():
        element.tag = element.tag.partition("}")[2] or element.tag
    named = {element.get("id", ""): element for element in root.iter() if element.get("id")}
    unit = root.find("asset/unit")
    axis = root.findtext("asset/up_axis", "Y_UP").strip()
    upright = np.eye(4)
    upright[:3, :3] = UPRIGHT.get(axis, np.eye(3)) * float(
        "1" if unit is None else unit.get("meter", "1")
    )
    parts = [
        _moved(triangles, upright @ transform)
        for scene in root.iter("visual_scene")
        for geometry, transform in _instances(scene, named, np.eye(4))
        for triangles in _geometry(geometry, named)
    ]
    if not parts:
        raise ValueError("it holds no triangles in a scene")
    return np.concatenate(parts)


def _instances(
    node: ElementTree.Element, named: dict[str, ElementTree.Element], above: np.ndarray
) -> Iterator[tuple[ElementTree.Element, np.ndarray]]:
    """Yield the geometries below a node, each with its transform (4, 4)."""
    here = above
    for element in node:
        here = here @ _transform(element)
    for element in node:
        if element.tag == "node":
            yield from _instances(element, named, here)
        elif element.tag in ("instance_geometry", "instance_node"):
            target = named.get(element.get("url", "").removeprefix("#"))
            if target is not None and target.tag == "geometry":
                yield target, here
            elif target is not None:
                yield from _instances(target, named, here)


def _transform(element: ElementTree.Element) -> np.ndarray:
    """Return what an element of a node does to what follows, (4, 4)."""
    out = np.eye(4)
    if element.tag not in ("matrix", "translate", "rotate", "scale"):
        return out
    values = np.array((element.text or "").split(), dtype=float)
    if element.tag == "matrix":
        return values.reshape(4, 4)
    if element.tag == "translate":
        out[:3, 3] = values
    elif element.tag == "scale":
        out[:3, :3] = np.diag(values)
    else:
        out[:3, :3] = axangle2mat(values[:3], np.radians(values[3]))
    return out


def _geometry(
    geometry: ElementTree.Element, named: dict[str, ElementTree.Element]
) -> Iterator[np.ndarray]:
    for kind in POLYGONS:
        for polygons in geometry.iter(kind):
            yield from _polygons(polygons, named)


def _polygons(
    element: ElementTree.Element, named: dict[str, ElementTree.Element]
) -> Iterator[np.ndarray]:
    inputs = element.findall("input")
    vertex = next((i for i in inputs if i.get("semantic") == "VERTEX"), None)
    if vertex is None:
        return
    points = _positions(vertex.get("source", ""), named)
    stride = 1 + max(int(i.get("offset", 0)) for i in inputs)
    offset = int(vertex.get("offset", 0))
    counts = element.findtext("vcount")
    for block in element.findall("p"):
        at = np.array((block.text or "").split(), dtype=int).reshape(-1, stride)[:, offset]
        if element.tag == "triangles":
            yield points[at.reshape(-1, 3)]
            continue
        sizes = [len(at)] if counts is None else [int(word) for word in counts.split()]
        corners = np.split(at, np.cumsum(sizes)[:-1])
        fans = [
            (face[0], face[i], face[i + 1]) for face in corners for i in range(1, len(face) - 1)
        ]
        if fans:
            yield points[np.array(fans)]


def _positions(source: str, named: dict[str, ElementTree.Element]) -> np.ndarray:
    """Return the points behind the `VERTEX` input of polygons, (n, 3)."""
    vertices = named[source.removeprefix("#")]
    for entry in vertices.iter("input"):
        if entry.get("semantic") == "POSITION":
            array = named[entry.get("source", "").removeprefix("#")].find("float_array")
            if array is not None:
                return np.array((array.text or "").split(), dtype=float).reshape(-1, 3)
    raise ValueError(f"vertices '{source}' have no positions")


def _moved(triangles: np.ndarray, transform: np.ndarray) -> np.ndarray:
    moved = triangles @ transform[:3, :3].T + transform[:3, 3]
    # A mirroring transform turns every triangle inside out.
    return moved[:, ::-1] if np.linalg.det(transform[:3, :3]) < 0.0 else moved
