# SPDX-License-Identifier: Apache-2.0
"""Counts what a network's tensors get right over many pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from talus_perception.seeing.decode import Outputs, Sighting, found_objects, found_people, overlap
from talus_perception.words import CAMERA_FAULTS, CANONICAL_FOCAL_PX, SURFACES, THINGS
from talus_perception.worlds.truth import FLOOR_BIT, FREE_BIT, STEP_EDGE_BIT, FrameTruth

OVERLAP = 0.5  # intersection over union from which a box is found
LEAST_SURFACE_CELLS = 200  # of the truth, over all pictures, for a class to count
SURE = 0.5
CLOSE_M = 1.5  # things nearer than this count for the position error
NOTHING_TO_FIND = float("nan")


@dataclass
class Scores:
    """Adds up pictures; `summary` divides."""

    confusion: np.ndarray = field(
        default_factory=lambda: np.zeros((len(SURFACES), len(SURFACES)), np.int64)
    )
    sums: dict[str, list[float]] = field(default_factory=dict)
    bits: dict[str, np.ndarray] = field(default_factory=dict)
    objects: list[Sighting] = field(default_factory=list)
    object_truths: list[Sighting] = field(default_factory=list)
    people: list[Sighting] = field(default_factory=list)
    person_truths: list[Sighting] = field(default_factory=list)
    pictures: int = 0

    def add(self, outputs: Outputs, truth: FrameTruth) -> None:
        """Score all heads but health on one sound picture."""
        number = self.pictures
        self.pictures += 1
        flat = truth.surface.ravel() * len(SURFACES) + outputs.dense("semantics_class").ravel()
        self.confusion += np.bincount(flat.astype(np.int64), minlength=len(SURFACES) ** 2).reshape(
            self.confusion.shape
        )
        scale = float(truth.focal[0]) / CANONICAL_FOCAL_PX
        self._add_depth(outputs, truth, scale)
        for name, bit in (("floor", FLOOR_BIT), ("free", FREE_BIT), ("step_edge", STEP_EDGE_BIT)):
            self._add_bits(
                f"ground_{name}_f1", outputs.dense(f"ground_{name}") > SURE, truth.ground & bit > 0
            )
        self._add_bits("motion_moving_f1", outputs.dense("motion_moving") > SURE, truth.moving > 0)
        self._put("ground_height_mm", 1e3 * np.abs(outputs.dense("ground_height") - truth.height))
        known = ~np.isnan(truth.flow[..., 0].astype(np.float32))
        flow = np.moveaxis(outputs.dense("motion_flow"), 0, -1) - truth.flow.astype(np.float32)
        self._put("motion_flow_px", np.linalg.norm(flow[known], axis=-1))
        cosine = np.clip(outputs.dense("attitude_up") @ truth.attitude[:3], -1, 1)
        self._put("attitude_up_deg", np.degrees(np.arccos(cosine)))
        height = outputs.dense("attitude_height") - truth.attitude[3]
        self._put("attitude_height_mm", 1e3 * np.abs(height))
        scan = truth.scan.astype(np.float32)
        self._put("scan_absrel", np.abs(outputs.dense("scan_range") * scale - scan) / scan)
        self.objects += found_objects(outputs, number, scale)
        self.people += found_people(outputs, number)
        self.object_truths += [
            Sighting(
                THINGS[int(row[0])],
                1.0,
                number,
                (
                    row[1] - row[9] / 2,
                    row[2] - row[10] / 2,
                    row[1] + row[9] / 2,
                    row[2] + row[10] / 2,
                ),
                (row[1], row[2], row[3]),
                float(truth.focal[0]),
            )
            for row in truth.things
        ]
        self.person_truths += [
            Sighting("person", 1.0, number, tuple(row[:4])) for row in truth.people
        ]

    def _add_depth(self, outputs: Outputs, truth: FrameTruth, scale: float) -> None:
        depth = truth.depth.astype(np.float32)
        known = depth > 0
        off = np.abs(outputs.dense("depth") * scale - depth)[known] / depth[known]
        self._put("depth_absrel", off)
        normal = truth.normal.astype(np.float32) / 127.0
        known = np.abs(normal).sum(-1) > 0.5
        cosine = (np.moveaxis(outputs.dense("normals"), 0, -1) * normal).sum(-1)[known]
        self._put("normals_deg", np.degrees(np.arccos(np.clip(cosine, -1, 1))))

    def add_fault(self, outputs: Outputs, fault: str) -> None:
        """Score the health head on a picture with a fault, or "" for a sound one."""
        said = {
            name: float(outputs.dense(f"health_{name}").item()) > SURE for name in CAMERA_FAULTS
        }
        if fault:
            self._put("health_recall", np.array([float(said[fault])]))
        else:
            self._put("health_false_alarms", np.array([float(any(said.values()))]))

    def _put(self, name: str, values: np.ndarray) -> None:
        total = self.sums.setdefault(name, [0.0, 0.0])
        total[0] += float(np.sum(values))
        total[1] += float(np.size(values))

    def _add_bits(self, name: str, said: np.ndarray, true: np.ndarray) -> None:
        counts = self.bits.setdefault(name, np.zeros(3))
        counts += (np.sum(said & true), np.sum(said & ~true), np.sum(~said & true))

    def summary(self) -> dict[str, float]:
        """Return all scores by name; NaN where nothing was to be found."""
        out = {"pictures": float(self.pictures), "seg_miou": self._miou()}
        out["seg_accuracy"] = float(np.trace(self.confusion) / max(self.confusion.sum(), 1))
        out |= {name: total / max(count, 1.0) for name, (total, count) in sorted(self.sums.items())}
        for name, (hit, extra, missed) in sorted(self.bits.items()):
            out[name] = float(2 * hit / max(2 * hit + extra + missed, 1.0))
        precisions = [
            average_precision(
                [each for each in self.objects if each.kind == kind],
                [each for each in self.object_truths if each.kind == kind],
            )
            for kind in THINGS
        ]
        out |= {f"ap50_{kind}": ap for kind, ap in zip(THINGS, precisions, strict=True)}
        known = [ap for ap in precisions if ap == ap]
        out["object_map50"] = float(np.mean(known)) if known else NOTHING_TO_FIND
        out["object_position_mm"] = self._position_error()
        out["people_ap50"] = average_precision(self.people, self.person_truths)
        out["people_recall_1fp"] = recall_at(self.people, self.person_truths, self.pictures)
        return out

    def surface_scores(self) -> dict[str, float]:
        """Return the intersection over union of each surface that there was."""
        hit = np.diag(self.confusion).astype(float)
        union = self.confusion.sum(0) + self.confusion.sum(1) - hit
        there = self.confusion.sum(1) >= LEAST_SURFACE_CELLS
        return {
            name: float(hit[i] / max(union[i], 1)) for i, name in enumerate(SURFACES) if there[i]
        }

    def _miou(self) -> float:
        scores = list(self.surface_scores().values())
        return float(np.mean(scores)) if scores else NOTHING_TO_FIND

    def _position_error(self) -> float:
        """Return the median distance, mm, of things nearer than CLOSE_M from where they are."""
        errors = []
        for found, true in matches(self.objects, self.object_truths):
            if true is None or found.kind != true.kind or true.point[2] > CLOSE_M:
                continue
            (u, v, depth) = found.point
            (x, y, z) = true.point
            sideways = np.hypot(
                u * depth - x * z - 159.5 * (depth - z), v * depth - y * z - 127.5 * (depth - z)
            )
            errors.append(1e3 * float(np.hypot(sideways / true.focal, depth - z)))
        return float(np.median(errors)) if errors else NOTHING_TO_FIND


def matches(
    found: list[Sighting], truths: list[Sighting]
) -> list[tuple[Sighting, Sighting | None]]:
    """Return what was found, surest first, with the truth that it hits; each truth once."""
    by_picture: dict[tuple[int, str], list[Sighting]] = {}
    for true in truths:
        by_picture.setdefault((true.picture, true.kind), []).append(true)
    out: list[tuple[Sighting, Sighting | None]] = []
    for each in sorted(found, key=lambda one: -one.score):
        left = by_picture.get((each.picture, each.kind), [])
        best = max(left, key=lambda true: overlap(each.box, true.box), default=None)
        if best is not None and overlap(each.box, best.box) >= OVERLAP:
            left.remove(best)
            out.append((each, best))
        else:
            out.append((each, None))
    return out


def average_precision(found: list[Sighting], truths: list[Sighting]) -> float:
    """Return the area under precision over recall; NaN where there was nothing."""
    if not truths:
        return NOTHING_TO_FIND
    hits = np.array([true is not None for _, true in matches(found, truths)], float)
    if not len(hits):
        return 0.0
    recall = np.cumsum(hits) / len(truths)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def recall_at(found: list[Sighting], truths: list[Sighting], false_alarms: int) -> float:
    """Return the share of truths that are found before so many false alarms."""
    if not truths:
        return NOTHING_TO_FIND
    hits = 0
    wrong = 0
    for _, true in matches(found, truths):
        hits += true is not None
        wrong += true is None
        if wrong > false_alarms:
            break
    return hits / len(truths)
