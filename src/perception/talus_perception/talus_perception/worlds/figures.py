# SPDX-License-Identifier: Apache-2.0
"""Puts people into a world: bodies and poses that were baked once, clothed by paint and offset."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from talus_perception.worlds.things import Part, Person, Plan, Thing, Vector, colour

FIGURES_FILE = Path(__file__).with_name("figures.npz")
FIGURE_UNIT_M = 1e-4  # of the whole numbers in the file
SKIN, HAIR, SHIRT, TROUSERS, SHOES = range(5)
# m, the most that each of those lies off the body.
LOOSE_M = (0.0, 0.03, 0.03, 0.025, 0.012)
HELD_OUT_EVERY = 5  # each fifth figure is never seen in training
MOST_PEOPLE = 5
WALK_M_S = 1.6
# Linear, of the palest and the darkest; people have all between.
PALE = np.array((0.95, 0.77, 0.66))
DARK = np.array((0.22, 0.13, 0.09))


@dataclass(frozen=True)
class Figures:
    """Holds baked people; they look along x and stand on z = 0.

    Attributes:
        vertices: (figures, vertices, 3), m.
        faces: (faces, 3), vertex numbers, of all figures alike.
        regions: (faces,), SKIN to SHOES.
        hands: (vertices,), 1 for the left hand, 2 for the right, else 0.
        key_points: (figures, 17, 3), m.
        walks: (figures,), whether a figure's pose is one of walking.
    """

    vertices: np.ndarray
    faces: np.ndarray
    regions: np.ndarray
    hands: np.ndarray
    key_points: np.ndarray
    walks: np.ndarray

    def of_split(self, is_held_out: bool) -> Figures:
        """Return those for training, or those that training never sees."""
        chosen = (np.arange(len(self.vertices)) % HELD_OUT_EVERY == 0) == is_held_out
        return Figures(
            self.vertices[chosen],
            self.faces,
            self.regions,
            self.hands,
            self.key_points[chosen],
            self.walks[chosen],
        )


def load_figures(path: Path = FIGURES_FILE) -> Figures:
    """Read the baked people."""
    with np.load(path) as file:
        return Figures(
            file["vertices"] * FIGURE_UNIT_M,
            file["faces"].astype(np.int32),
            file["regions"],
            file["hands"],
            file["key_points"] * FIGURE_UNIT_M,
            file["walks"],
        )


@dataclass(frozen=True)
class Clothing:
    """Holds the meshes of a person's regions: name, vertices (n, 3), faces (m, 3)."""

    name: str
    vertices: np.ndarray
    faces: np.ndarray


def add_people(rng: np.random.Generator, plan: Plan, figures: Figures) -> None:
    """Put people into the room, some of them walking; their meshes are made later."""
    for _ in range(int(rng.integers(0, MOST_PEOPLE + 1))):
        place = plan.free_place(rng, 0.3)
        if place is None:
            continue
        number = int(rng.integers(len(figures.vertices)))
        plan.things.append(_person(rng, plan, figures, number, place))
        plan.taken.append((*place, 0.35))


def _person(
    rng: np.random.Generator, plan: Plan, figures: Figures, number: int, place: tuple[float, float]
) -> Thing:
    vertices = figures.vertices[number]
    skin = PALE + float(rng.random()) * (DARK - PALE)
    tints: list[Vector] = [
        (float(skin[0]), float(skin[1]), float(skin[2])),
        *(colour(rng, 0.03) for _ in range(4)),
    ]
    if rng.random() < 0.2:  # a warning vest
        tints[SHIRT] = ((1.0, 0.45, 0.05), (0.85, 1.0, 0.1))[int(rng.integers(2))]
    if rng.random() < 0.15:  # bald, or short sleeves' colour on the head: a cap
        tints[HAIR] = tints[SKIN] if rng.random() < 0.5 else tints[SHIRT]
    meshes = clothes(rng, figures, number, f"figure_{len(plan.things)}")
    parts = []
    for region, mesh in enumerate(meshes):
        is_painted = region in (SHIRT, TROUSERS) and rng.random() < 0.4
        number_of_paint = int(rng.integers(plan.paints)) if is_painted else None
        parts.append(
            MeshPart(
                mesh.name, (1, 1, 1), (0, 0, 0), "person", number_of_paint, tints[region], mesh=mesh
            )
        )
    yaw = float(rng.uniform(-math.pi, math.pi))
    speed = (
        float(rng.uniform(0.3, WALK_M_S)) if figures.walks[number] and rng.random() < 0.8 else 0.0
    )
    low = vertices.min(0)
    high = vertices.max(0)
    hands = np.stack([_corners(vertices[figures.hands == side]) for side in (1, 2)])
    return Thing(
        "person",
        tuple(parts),
        (*place, 0.0),
        yaw,
        tuple(float(v) for v in high - low),  # type: ignore[arg-type]
        tuple(float(v) for v in 0.5 * (high + low)),  # type: ignore[arg-type]
        (speed * math.cos(yaw), speed * math.sin(yaw), 0.0),
        period=2 * math.pi,
        person=Person(figures.key_points[number], hands, vertices[::4]),
    )


@dataclass(frozen=True)
class MeshPart(Part):
    """Describes a part whose shape is a mesh of its own."""

    mesh: Clothing | None = None


def clothes(rng: np.random.Generator, figures: Figures, number: int, name: str) -> list[Clothing]:
    """Return the mesh of each region of a figure, moved off the body as clothes are."""
    vertices = figures.vertices[number]
    normals = vertex_normals(vertices, figures.faces)
    meshes = []
    for region, most in enumerate(LOOSE_M):
        faces = figures.faces[figures.regions == region]
        used, faces = np.unique(faces, return_inverse=True)
        wave = 1.0 + 0.5 * np.sin(vertices[used] @ rng.uniform(-25, 25, 3) + rng.uniform(0, 6))
        loose = float(rng.uniform(0.0, most)) * wave[:, None]
        meshes.append(
            Clothing(
                f"{name}_{region}", vertices[used] + loose * normals[used], faces.reshape(-1, 3)
            )
        )
    return meshes


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Return outward unit normals (n, 3) of vertices (n, 3), by the area of the faces there."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    across = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], across)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _corners(points: np.ndarray) -> np.ndarray:
    """Return the eight corners of the box around points (n, 3)."""
    ends = np.stack([points.min(0), points.max(0)])
    return np.array(
        [(ends[i, 0], ends[j, 1], ends[k, 2]) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    )
