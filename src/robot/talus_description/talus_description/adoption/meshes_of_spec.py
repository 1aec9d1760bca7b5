# SPDX-License-Identifier: Apache-2.0
"""Copies the meshes and textures of a MuJoCo spec into the robot's folder."""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np

from talus_description.assets.mesh_store import MeshAsset, MeshStore
from talus_description.conversion.remarks import Remarks


def take_meshes(spec: mujoco.MjSpec, folder: Path, remarks: Remarks) -> dict[str, MeshAsset]:
    """Copy files to `folder`, and return those of meshes by the mesh's name.

    Meshes without a file, and those that the spec moves, are left out: their points are in the
    compiled model alone.

    Args:
        spec: Its `meshdir` and `texturedir` are absolute; they become `folder`.
        folder: Made where there is something to copy.
        remarks: Gets textures that cannot be copied.

    Raises:
        DescriptionError: A file that is not there.
    """
    store = MeshStore(Path(spec.meshdir, "mesh"), folder.parent)
    found = {}
    for mesh in spec.meshes:
        if not mesh.file:
            continue
        name = mesh.name or Path(mesh.file).stem
        mesh.name = name
        mesh.file = store.keep(store.locate(_path(spec, spec.meshdir, mesh.file)))
        if not np.any(mesh.refpos) and np.allclose(mesh.refquat, (1.0, 0.0, 0.0, 0.0)):
            found[name] = MeshAsset(name, mesh.file, tuple(map(float, mesh.scale)))
    for texture in spec.textures:
        if any(texture.cubefiles):
            remarks.lost(f"texture '{texture.name}'", "of six files: one is copied at most")
            texture.cubefiles = [""] * 6
        if texture.file:
            name = texture.name or Path(texture.file).stem
            texture.name = name
            file = store.locate(_path(spec, spec.texturedir, texture.file))
            texture.file = file.name
            store.copies[file.name] = file.read_bytes()
    if store.copies:
        folder.mkdir(exist_ok=True)
    for name, data in store.copies.items():
        (folder / name).write_bytes(data)
    spec.meshdir = spec.texturedir = str(folder)
    spec.strippath = False
    return found


def _path(spec: mujoco.MjSpec, folder: str, file: str) -> str:
    return str(Path(folder, Path(file).name if spec.strippath else file))
