# SPDX-License-Identifier: Apache-2.0
"""Draws a scorecard: survived shoves by heading, and each figure's share of its aim."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from talus_lab.bench.balance.cases.catalogue import FIGURE_TARGETS, FigureTarget
from talus_lab.bench.report import BenchReport

PICTURE_WIDTH_PX = 1720
PICTURE_HEIGHT_PX = 900
SUPERSAMPLING = 3  # drawn so many times larger, then scaled down: smooth edges
INK_COLOUR = "#1f2933"
GREY_COLOUR = "#7b8794"
GRID_COLOUR = "#dde3e9"
PAPER_COLOUR = "#ffffff"
HELD_COLOUR = "#2a9d8f"
HALF_COLOUR = "#e07a3f"
CEILING_COLOUR = "#9aa5b1"
# Title -> case and centre of its polar plot.
POLAR_PLOTS = {
    "Standing": ("standing_push_torso", (300, 480)),
    "Walking, 0.5 m/s": ("walking_push_torso", (860, 480)),
}
POLAR_RADIUS_PX = 220
RING_MPS = 0.5  # between two rings
BARS_LEFT_PX = 1180
BARS_TOP_PX = 140
BAR_STEP_PX = 49
BAR_LENGTH_PX = 330
BAR_HEIGHT_PX = 15

Point = tuple[float, float]
Row = Mapping[str, Any]


def draw(report: BenchReport, path: Path, subtitle: str) -> None:
    """Write a report as PNG; what was not measured is left out."""
    canvas = _Canvas()
    canvas.text((60, 36), "Balance scorecard", 34)
    canvas.text((60, 84), subtitle, 17, GREY_COLOUR)
    tables = {case: _by_heading(report.rows, case) for case, _ in POLAR_PLOTS.values()}
    values = [
        row[key] for table in tables.values() for row in table for key in ("dv_50", "ceiling")
    ]
    top = RING_MPS * math.ceil(max(values, default=1.5) / RING_MPS)
    for title, (case, centre) in POLAR_PLOTS.items():
        _polar(canvas, title, tables[case], centre, POLAR_RADIUS_PX / top)
    _legend(canvas)
    _bars(canvas, report.summary)
    canvas.save(path)


def _by_heading(rows: Sequence[Row], case: str) -> list[Row]:
    found = [row for row in rows if row.get("case") == case and row.get("heading_deg") != "worst"]
    return sorted(found, key=lambda row: row["heading_deg"])


def _polar(canvas: _Canvas, title: str, table: Sequence[Row], centre: Point, scale: float) -> None:
    """Plot dv as the distance from the middle: forward is up, left is left."""
    canvas.text((centre[0], centre[1] - POLAR_RADIUS_PX - 86), title, 22, anchor="mm")
    rings = [
        number * RING_MPS for number in range(1, round(POLAR_RADIUS_PX / scale / RING_MPS) + 1)
    ]
    for dv in rings:
        canvas.circle(centre, dv * scale, GRID_COLOUR)
    for heading in range(0, 360, 45):
        canvas.line([centre, _place(centre, heading, POLAR_RADIUS_PX)], GRID_COLOUR)
    for heading, name in ((0, "forward"), (90, "left"), (180, "backward"), (270, "right")):
        canvas.text(
            _place(centre, heading, POLAR_RADIUS_PX + (38 if heading % 180 else 30)),
            name,
            15,
            GREY_COLOUR,
            "mm",
        )
    if not table:
        canvas.text(centre, "not measured by heading", 16, GREY_COLOUR, "mm")
        return

    def outline(key: str) -> list[Point]:
        return [_place(centre, row["heading_deg"], row[key] * scale) for row in table]

    canvas.dashes(outline("ceiling"), CEILING_COLOUR)
    canvas.area(outline("dv_95"), HELD_COLOUR)
    canvas.closed(outline("dv_50"), HALF_COLOUR)
    for point in outline("dv_95"):
        canvas.dot(point, HELD_COLOUR)
    for dv in rings:
        canvas.text((centre[0] + 6, centre[1] - dv * scale - 2), f"{dv:g}", 13, GREY_COLOUR, "ld")


def _place(centre: Point, heading_deg: float, radius: float) -> Point:
    angle = math.radians(heading_deg)
    return centre[0] - radius * math.sin(angle), centre[1] - radius * math.cos(angle)


def _legend(canvas: _Canvas) -> None:
    y = PICTURE_HEIGHT_PX - 116
    canvas.text((60, y), "Shove of 0.1 s at the chest, dv = impulse / mass, m/s", 17)
    entries = (
        (HELD_COLOUR, "at least 95 % survive, in every phase"),
        (HALF_COLOUR, "half survive"),
        (CEILING_COLOUR, "inverted pendulum"),
    )
    x = 60.0
    for colour, text in entries:
        canvas.line([(x, y + 43), (x + 28, y + 43)], colour, 4)
        canvas.text((x + 38, y + 43), text, 16, anchor="lm")
        x += 78 + canvas.length(text, 16)


def _bars(canvas: _Canvas, summary: Mapping[str, float]) -> None:
    canvas.text((BARS_LEFT_PX, BARS_TOP_PX - 50), "Share of the aim", 22)
    shown = [(target, summary.get(key)) for key, target in FIGURE_TARGETS.items()]
    for number, (target, value) in enumerate(shown):
        _bar(canvas, BARS_TOP_PX + number * BAR_STEP_PX, target, value)
    y = BARS_TOP_PX + len(shown) * BAR_STEP_PX + 14
    canvas.line([(BARS_LEFT_PX, y - 5), (BARS_LEFT_PX, y + 9)], INK_COLOUR, 3)
    canvas.text(
        (BARS_LEFT_PX + 12, y - 8),
        "must be reached (green where it is); a full bar is the aim",
        15,
        GREY_COLOUR,
    )


def _bar(canvas: _Canvas, y: float, target: FigureTarget, value: float | None) -> None:
    canvas.text((BARS_LEFT_PX, y), target.name, 15)
    box = (BARS_LEFT_PX, y + 24, BARS_LEFT_PX + BAR_LENGTH_PX, y + 24 + BAR_HEIGHT_PX)
    canvas.bar(box, GRID_COLOUR)
    if value is None:
        canvas.text((box[2] + 14, y + 31), "not measured", 15, GREY_COLOUR, "lm")
        return
    share = target.share(value)
    must = target.share(target.must)
    if share > 0.0:
        colour = HELD_COLOUR if share >= must else HALF_COLOUR
        canvas.bar((box[0], box[1], box[0] + max(share * BAR_LENGTH_PX, 4), box[3]), colour)
    x = BARS_LEFT_PX + must * BAR_LENGTH_PX
    canvas.line([(x, box[1] - 4), (x, box[3] + 4)], INK_COLOUR, 3)
    canvas.text((box[2] + 14, y + 31), f"{value:.3g} {target.unit}".rstrip(), 16, anchor="lm")


class _Canvas:
    """Draws in units of the finished picture."""

    def __init__(self) -> None:
        self._image = Image.new(
            "RGB",
            (PICTURE_WIDTH_PX * SUPERSAMPLING, PICTURE_HEIGHT_PX * SUPERSAMPLING),
            PAPER_COLOUR,
        )
        self._draw = ImageDraw.Draw(self._image)

    def save(self, path: Path) -> None:
        self._image.resize((PICTURE_WIDTH_PX, PICTURE_HEIGHT_PX), Image.Resampling.LANCZOS).save(
            path
        )

    def text(
        self, at: Point, text: str, size: float, colour: str = INK_COLOUR, anchor: str = "la"
    ) -> None:
        self._draw.text(
            self._at(at), text, colour, ImageFont.load_default(size * SUPERSAMPLING), anchor
        )

    def length(self, text: str, size: float) -> float:
        return ImageFont.load_default(size * SUPERSAMPLING).getlength(text) / SUPERSAMPLING

    def line(self, points: Sequence[Point], colour: str, width: float = 1.0) -> None:
        self._draw.line(
            [self._at(point) for point in points],
            colour,
            round(width * SUPERSAMPLING),
            joint="curve",
        )

    def closed(self, points: Sequence[Point], colour: str) -> None:
        self.line([*points, points[0], points[1 % len(points)]], colour, 3.0)

    def dashes(self, points: Sequence[Point], colour: str, dash: float = 7.0) -> None:
        for start, end in zip(points, [*points[1:], points[0]], strict=True):
            parts = max(1, round(math.dist(start, end) / dash))
            for part in range(0, parts, 2):
                self.line(
                    [_between(start, end, part / parts), _between(start, end, (part + 1) / parts)],
                    colour,
                    2.0,
                )

    def area(self, points: Sequence[Point], colour: str) -> None:
        layer = Image.new("L", self._image.size, 0)
        ImageDraw.Draw(layer).polygon([self._at(point) for point in points], fill=90)
        self._image.paste(Image.new("RGB", self._image.size, colour), mask=layer)
        self._draw = ImageDraw.Draw(self._image)
        self.closed(points, colour)

    def circle(self, centre: Point, radius: float, colour: str) -> None:
        self._draw.circle(
            self._at(centre), radius * SUPERSAMPLING, outline=colour, width=SUPERSAMPLING
        )

    def dot(self, at: Point, colour: str) -> None:
        self._draw.circle(
            self._at(at), 5 * SUPERSAMPLING, fill=colour, outline=PAPER_COLOUR, width=SUPERSAMPLING
        )

    def bar(self, box: tuple[float, float, float, float], colour: str) -> None:
        self._draw.rounded_rectangle(
            [SUPERSAMPLING * edge for edge in box], 5 * SUPERSAMPLING, fill=colour
        )

    def _at(self, point: Point) -> Point:
        return point[0] * SUPERSAMPLING, point[1] * SUPERSAMPLING


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
