# SPDX-License-Identifier: Apache-2.0
"""Keeps the meshes of one robot in the folder `meshes` beside its files, under names of their own.

MuJoCo reads binary STL and OBJ; all else (COLLADA, STL as text) is converted to OBJ.
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import numpy as np

from talus_description.assets.collada import collada_triangles
from talus_description.conversion.remarks import Remarks
from talus_description.formats.urdf_model import DescriptionError, Model, UrdfShape

MESH_FOLDER = "meshes"
READ_BY_MUJOCO = (".stl", ".obj", ".msh")
STL_HEADER_BYTES = 84  # 80 of text, and the number of triangles
STL_TRIANGLE_BYTES = 50


@dataclass(frozen=True)
class MeshAsset:
    """Describes one mesh of an MJCF: its name there, its file in `meshes`, and its scale."""

    name: str
    file: str
    scale: tuple[float, ...]


class MeshStore:
    """Finds the meshes that a description names, and knows what must be copied.

    Attributes:
        assets: By URI and scale, in the order in which they were asked for.
        copies: Contents of files that are not in the folder yet, by their place there.
    """

    def __init__(self, description: Path, folder: Path):
        """Begin without meshes.

        Args:
            description: File that names the meshes: relative paths and packages begin there.
            folder: Of the robot, with the folder `meshes`.
        """
        self._description = description.absolute()
        self._folder = folder.absolute() / MESH_FOLDER
        self._files: dict[Path, str] = {}
        self.assets: dict[tuple[str, tuple[float, ...]], MeshAsset] = {}
        self.copies: dict[str, bytes] = {}

    def asset(self, uri: str, scale: tuple[float, ...]) -> MeshAsset:
        """Return the mesh of a URI. Raises DescriptionError: not found, or not readable."""
        if (uri, scale) not in self.assets:
            file = self.keep(self.locate(uri))
            name = PurePosixPath(uri).stem + ("_mirrored" if min(scale) < 0 else "")
            name = _free(name, {asset.name for asset in self.assets.values()})
            self.assets[uri, scale] = MeshAsset(name, file, scale)
        return self.assets[uri, scale]

    def locate(self, uri: str) -> Path:
        """Return the file of a URI with `package`, `model` or `file`, or of a path.

        Raises DescriptionError, with the places where it was looked for.
        """
        places = list(dict.fromkeys(self._places(uri)))
        for place in places:
            if place.is_file():
                return place
        raise DescriptionError(
            f"{self._description}: mesh '{uri}' is not there; looked at {_few(places)}; put it "
            "there, or name the folder of its package in ROS_PACKAGE_PATH"
        )

    def keep(self, file: Path) -> str:
        """Return a file's path in `meshes`, where it is or goes. Raises DescriptionError."""
        file = file.absolute()
        if file not in self._files:
            is_here = file.is_relative_to(self._folder)
            if is_here and is_read_by_mujoco(file):
                self._files[file] = file.relative_to(self._folder).as_posix()
            else:
                self._files[file] = self._copy(file)
        return self._files[file]

    def _copy(self, file: Path) -> str:
        if is_read_by_mujoco(file):
            name = file.name
            data = file.read_bytes()
        else:
            name = f"{file.stem}.obj"
            data = _converted(file)
        stem, _, suffix = name.rpartition(".")
        taken = {used.rpartition(".")[0] for used in self._files.values()}
        name = f"{_free(stem, taken)}.{suffix.lower()}"
        self.copies[name] = data
        return name

    def _places(self, uri: str) -> Iterator[Path]:
        """Yield where the file of a URI may be, the nearest to the description first."""
        home = self._description.parent
        scheme, _, rest = uri.rpartition("://")
        if scheme == "file":
            rest = unquote(rest)
        elif scheme:
            rest = rest.lstrip("/")  # package:///NAME/... is written, too
        path = PurePosixPath(rest)
        if scheme in ("", "file"):
            yield home / path
            if scheme == "file" or path.is_absolute():
                return
        parts = path.parts
        for first in range(len(parts)):
            yield home.joinpath(*parts[first:])
        if len(parts) < 2:
            return
        for folder in _package_folders(parts[0], home):
            yield folder.joinpath(*parts[1:])
        for first in range(len(parts)):
            yield self._folder.joinpath(*parts[first:])
        for first in range(len(parts)):
            yield (home / MESH_FOLDER).joinpath(*parts[first:])


def gather_meshes(model: Model, store: MeshStore, remarks: Remarks) -> None:
    """Ask for all meshes of a URDF; one that cannot be read is lost where it is for the eye alone.

    Raises DescriptionError for a collision mesh that is not there or cannot be read.
    """
    for link in model.links.values():
        for element in link.visuals:
            try:
                _ask_for(element.shape, store)
            except DescriptionError as error:
                remarks.lost(f"visual of {link.name}", str(error))
        for element in link.collisions:
            _ask_for(element.shape, store)


def _ask_for(shape: UrdfShape, store: MeshStore) -> None:
    if shape.kind == "mesh":
        store.asset(shape.file, shape.size)


def is_read_by_mujoco(file: Path) -> bool:
    """Return whether MuJoCo reads a mesh file as it is."""
    suffix = file.suffix.lower()
    return suffix in READ_BY_MUJOCO and (suffix != ".stl" or _is_binary_stl(file))


def obj_of_triangles(triangles: np.ndarray) -> bytes:
    """Return a Wavefront OBJ file of triangles (n, 3, 3), equal corners shared."""
    points, at = np.unique(triangles.reshape(-1, 3).round(9), axis=0, return_inverse=True)
    lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in points]
    lines += [f"f {a} {b} {c}" for a, b, c in at.reshape(-1, 3) + 1 if len({a, b, c}) == 3]
    return ("\n".join(lines) + "\n").encode()


def _converted(file: Path) -> bytes:
    try:
        data = file.read_bytes()
        suffix = file.suffix.lower()
        if suffix == ".dae":
            return obj_of_triangles(collada_triangles(data))
        if suffix == ".stl":
            return obj_of_triangles(_stl_text_triangles(data))
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise DescriptionError(f"mesh {file}: {error}; save it as OBJ or binary STL") from error
    raise DescriptionError(f"mesh {file}: stl, obj, msh and dae are read; save it as OBJ")


def _stl_text_triangles(data: bytes) -> np.ndarray:
    words = data.split()
    corners = [words[i + 1 : i + 4] for i, word in enumerate(words) if word == b"vertex"]
    if not corners or len(corners) % 3:
        raise ValueError(f"{len(corners)} corners; an STL file has three a triangle")
    return np.array(corners, dtype=float).reshape(-1, 3, 3)


def _is_binary_stl(file: Path) -> bool:
    """Return whether the size is what the number of triangles in the header says."""
    with file.open("rb") as stream:
        header = stream.read(STL_HEADER_BYTES)
    count = int.from_bytes(header[80:84], "little")
    return file.stat().st_size == STL_HEADER_BYTES + STL_TRIANGLE_BYTES * count


def _package_folders(package: str, home: Path) -> Iterator[Path]:
    """Yield where a package may be: above the file, and where ROS looks."""
    for above in (home, *home.parents):
        if above.name == package or _package_name(above) == package:
            yield above
        yield above / package
    for root in _listed("ROS_PACKAGE_PATH"):
        yield root / package
        if root.name == package or _package_name(root) == package:
            yield root
    for root in _listed("AMENT_PREFIX_PATH"):
        yield root / "share" / package


def _listed(variable: str) -> Sequence[Path]:
    return [Path(entry) for entry in os.environ.get(variable, "").split(os.pathsep) if entry]


def _package_name(folder: Path) -> str:
    try:
        return (ElementTree.parse(folder / "package.xml").getroot().findtext("name") or "").strip()
    except (OSError, ElementTree.ParseError):
        return ""


def _free(name: str, taken: set[str]) -> str:
    """Return a name that is not taken: itself, or with the first number that makes it so."""
    number = 1
    found = name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def _few(places: list[Path], most: int = 3) -> str:
    listed = ", ".join(str(place) for place in places[:most])
    return listed if len(places) <= most else f"{listed} and {len(places) - most} more"
