# SPDX-License-Identifier: Apache-2.0
"""Writes the shapes of a compiled MuJoCo model as visuals and collisions of URDF links.

URDF has no capsule: it becomes the cylinder of its whole length. A collision mesh becomes the box
around it, which the map's filter of the robot's own body can use.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping

import mujoco
import numpy as np
from transforms3d.euler import mat2euler
from transforms3d.quaternions import quat2mat

from talus_description.assets.mesh_store import MESH_FOLDER, MeshAsset, obj_of_triangles
from talus_description.conversion.remarks import Remarks

SubElement = ElementTree.SubElement
VISIBLE_GROUPS = 3  # of geoms, 0 to 2: what MuJoCo's viewer shows unasked
GeomType = mujoco.mjtGeom


class UrdfShapes:
    """Writes the shapes of one compiled model.

    Attributes:
        made: Mesh files that were made here, by name: of meshes without a file of their own.
    """

    def __init__(self, model: mujoco.MjModel, meshes: Mapping[str, MeshAsset], remarks: Remarks):
        """Begin without a shape.

        Args:
            model: The robot alone.
            meshes: Files of the meshes by their name in the model.
            remarks: Gets what URDF cannot say.
        """
        self._model = model
        self._meshes = meshes
        self._remarks = remarks
        self.made: dict[str, bytes] = {}
        paired = {int(geom) for geoms in (model.pair_geom1, model.pair_geom2) for geom in geoms}
        meets = (model.geom_contype | model.geom_conaffinity) != 0
        self._solid = [bool(meets[i]) or i in paired for i in range(model.ngeom)]
        self._seen = [
            int(model.geom_group[i]) < VISIBLE_GROUPS and self._rgba(i)[3] > 0.0
            for i in range(model.ngeom)
        ]
        if not any(self._seen):
            self._seen = self._solid

    def add(self, link: ElementTree.Element, body: int, shift: np.ndarray) -> None:
        """Write the shapes of a body; `shift`: origin of the link in the body, (3,) m."""
        for geom in np.flatnonzero(self._model.geom_bodyid == body):
            if self._seen[geom]:
                self._visual(link, int(geom), shift)
        for geom in np.flatnonzero(self._model.geom_bodyid == body):
            if self._solid[geom]:
                self._collision(link, int(geom), shift)

    def _visual(self, link: ElementTree.Element, geom: int, shift: np.ndarray) -> None:
        element = SubElement(link, "visual")
        if self._model.geom_type[geom] == GeomType.mjGEOM_MESH:
            self._mesh(element, geom, shift)
        else:
            self._primitive(element, geom, shift)
        rgba = " ".join(f"{value:.4g}" for value in self._rgba(geom))
        material = SubElement(element, "material", name=f"rgba_{rgba.replace(' ', '_')}")
        SubElement(material, "color", rgba=rgba)

    def _collision(self, link: ElementTree.Element, geom: int, shift: np.ndarray) -> None:
        element = SubElement(link, "collision")
        if self._model.geom_type[geom] == GeomType.mjGEOM_MESH:
            self._remarks.changed(
                link.get("name", ""), "collision mesh: in the URDF the box around it"
            )
        self._primitive(element, geom, shift)

    def _primitive(self, element: ElementTree.Element, geom: int, shift: np.ndarray) -> None:
        """Write a box, cylinder or sphere, or the box around any other shape."""
        model = self._model
        kind = model.geom_type[geom]
        size = model.geom_size[geom]
        turn = quat2mat(model.geom_quat[geom])
        place = model.geom_pos[geom] - shift
        if kind == GeomType.mjGEOM_SPHERE:
            shape = {"radius": size[0]}
            tag = "sphere"
        elif kind in (GeomType.mjGEOM_CYLINDER, GeomType.mjGEOM_CAPSULE):
            ends = size[0] if kind == GeomType.mjGEOM_CAPSULE else 0.0
            shape = {"radius": size[0], "length": 2.0 * (size[1] + ends)}
            tag = "cylinder"
        else:
            centre = model.geom_aabb[geom][:3]
            half = model.geom_aabb[geom][3:]
            if kind == GeomType.mjGEOM_BOX:
                centre = np.zeros(3)
                half = size
            _origin(element, place + turn @ centre, turn)
            box = SubElement(SubElement(element, "geometry"), "box")
            box.set("size", " ".join(f"{2.0 * value:.6g}" for value in half))
            return
        _origin(element, place, turn)
        values = {key: f"{value:.6g}" for key, value in shape.items()}
        SubElement(SubElement(element, "geometry"), tag, values)

    def _mesh(self, element: ElementTree.Element, geom: int, shift: np.ndarray) -> None:
        """Write a mesh; MuJoCo moved its points to its centre of mass, the file has not."""
        model = self._model
        at = int(model.geom_dataid[geom])
        asset = self._meshes.get(model.mesh(at).name) or self._made(at)
        turn = quat2mat(model.geom_quat[geom])
        place = model.geom_pos[geom] - shift
        if asset.file not in self.made:
            turn = turn @ quat2mat(model.mesh_quat[at]).T
            place = place - turn @ model.mesh_pos[at]
        _origin(element, place, turn)
        mesh = SubElement(SubElement(element, "geometry"), "mesh")
        mesh.set("filename", f"{MESH_FOLDER}/{asset.file}")
        if tuple(asset.scale) != (1.0, 1.0, 1.0):
            mesh.set("scale", " ".join(f"{value:.9g}" for value in asset.scale))

    def _made(self, mesh: int) -> MeshAsset:
        """Write the points that the model holds of a mesh as a file."""
        model = self._model
        first = model.mesh_vertadr[mesh]
        count = model.mesh_vertnum[mesh]
        start = model.mesh_faceadr[mesh]
        faces = model.mesh_facenum[mesh]
        points = model.mesh_vert[first : first + count]
        triangles = points[model.mesh_face[start : start + faces]]
        file = f"{model.mesh(mesh).name or mesh}.of_model.obj"
        self.made[file] = obj_of_triangles(triangles.astype(float))
        return MeshAsset(model.mesh(mesh).name, file, (1.0, 1.0, 1.0))

    def _rgba(self, geom: int) -> np.ndarray:
        material = int(self._model.geom_matid[geom])
        return self._model.mat_rgba[material] if material >= 0 else self._model.geom_rgba[geom]


def _origin(element: ElementTree.Element, position: np.ndarray, rotation: np.ndarray) -> None:
    rpy = mat2euler(rotation)
    SubElement(
        element,
        "origin",
        xyz=" ".join(f"{value:.9g}" for value in position),
        rpy=" ".join(f"{value:.9g}" for value in rpy),
    )
