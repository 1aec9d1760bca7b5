# SPDX-License-Identifier: Apache-2.0
"""One picture of a scorecard: survived shoves by heading, and every figure as its share of the aim."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from talus_lab.bench.balance.catalogue import TARGETS, Target
from talus_lab.bench.report import BenchReport

WIDTH, HEIGHT = 1720, 900
FINER = 3  # drawn so many times larger, then scaled down: smooth edges
INK, GREY, GRID, PAPER = "#1f2933", "#7b8794", "#dde3e9", "#ffffff"
HELD, HALF, CEILING, SHORT = "#2a9d8f", "#e07a3f", "#9aa5b1", "#c9d1d9"
POLAR = {"Standing": ("standing_push_torso", (300, 480)), "Walking, 0.5 m/s": ("walking_push_torso", (860, 480))}
RADIUS = 220
RING = 0.5  # m/s between two rings
BARS_X, BARS_Y, BAR_STEP, BAR_LENGTH, BAR_HEIGHT = 1180, 140, 49, 330, 15

Point = tuple[float, float]
Row = Mapping[str, Any]


def draw(report: BenchReport, path: Path, subtitle: str) -> None:
    """Write the picture as PNG; what was not measured is left out."""
    canvas = _Canvas()
    canvas.text((60, 36), "Balance scorecard", 34)
    canvas.text((60, 84), subtitle, 17, GREY)
    tables = {case: _by_heading(report.rows, case) for case, _ in POLAR.values()}
    values = [row[key] for table in tables.values() for row in table for key in ("dv_50", "ceiling")]
    top = RING * math.ceil(max(values, default=1.5) / RING)
    for title, (case, centre) in POLAR.items():
        _polar(canvas, title, tables[case], centre, RADIUS / top)
    _legend(canvas)
    _bars(canvas, report.summary)
    canvas.save(path)


def _by_heading(rows: Sequence[Row], case: str) -> list[Row]:
    found = [row for row in rows if row.get("case") == case and row.get("heading_deg") != "worst"]
    return sorted(found, key=lambda row: row["heading_deg"])


def _polar(canvas: _Canvas, title: str, table: Sequence[Row], centre: Point, scale: float) -> None:
    """Forward is up, left is left; the distance from the middle is dv."""
    canvas.text((centre[0], centre[1] - RADIUS - 86), title, 22, anchor="mm")
    rings = [number * RING for number in range(1, round(RADIUS / scale / RING) + 1)]
    for dv in rings:
        canvas.circle(centre, dv * scale, GRID)
    for heading in range(0, 360, 45):
        canvas.line([centre, _place(centre, heading, RADIUS)], GRID)
    for heading, name in ((0, "forward"), (90, "left"), (180, "backward"), (270, "right")):
        canvas.text(_place(centre, heading, RADIUS + (38 if heading % 180 else 30)), name, 15, GREY, "mm")
    if not table:
        canvas.text(centre, "not measured by heading", 16, GREY, "mm")
        return

    def outline(key: str) -> list[Point]:
        return [_place(centre, row["heading_deg"], row[key] * scale) for row in table]

    canvas.dashes(outline("ceiling"), CEILING)
    canvas.area(outline("dv_95"), HELD)
    canvas.closed(outline("dv_50"), HALF)
    for point in outline("dv_95"):
        canvas.dot(point, HELD)
    for dv in rings:
        canvas.text((centre[0] + 6, centre[1] - dv * scale - 2), f"{dv:g}", 13, GREY, "ld")


def _place(centre: Point, heading_deg: float, radius: float) -> Point:
    angle = math.radians(heading_deg)
    return centre[0] - radius * math.sin(angle), centre[1] - radius * math.cos(angle)


def _legend(canvas: _Canvas) -> None:
    y = HEIGHT - 116
    canvas.text((60, y), "Shove of 0.1 s at the chest, dv = impulse / mass, m/s", 17)
    entries = ((HELD, "at least 95 % survive, in every phase"), (HALF, "half survive"), (CEILING, "inverted pendulum"))
    x = 60
    for colour, text in entries:
        canvas.line([(x, y + 43), (x + 28, y + 43)], colour, 4)
        canvas.text((x + 38, y + 43), text, 16, anchor="lm")
        x += 78 + canvas.length(text, 16)


def _bars(canvas: _Canvas, summary: Mapping[str, float]) -> None:
    canvas.text((BARS_X, BARS_Y - 50), "Share of the aim", 22)
    shown = [(target, summary.get(key)) for key, target in TARGETS.items()]
    for number, (target, value) in enumerate(shown):
        _bar(canvas, BARS_Y + number * BAR_STEP, target, value)
    y = BARS_Y + len(shown) * BAR_STEP + 14
    canvas.line([(BARS_X, y - 5), (BARS_X, y + 9)], INK, 3)
    canvas.text((BARS_X + 12, y - 8), "must be reached (green where it is); a full bar is the aim", 15, GREY)


def _bar(canvas: _Canvas, y: float, target: Target, value: float | None) -> None:
    canvas.text((BARS_X, y), target.name, 15)
    box = (BARS_X, y + 24, BARS_X + BAR_LENGTH, y + 24 + BAR_HEIGHT)
    canvas.bar(box, GRID)
    if value is None:
        canvas.text((box[2] + 14, y + 31), "not measured", 15, GREY, "lm")
        return
    share, must = target.share(value), target.share(target.must)
    if share > 0.0:
        colour = HELD if share >= must else HALF
        canvas.bar((box[0], box[1], box[0] + max(share * BAR_LENGTH, 4), box[3]), colour)
    x = BARS_X + must * BAR_LENGTH
    canvas.line([(x, box[1] - 4), (x, box[3] + 4)], INK, 3)
    canvas.text((box[2] + 14, y + 31), f"{value:.3g} {target.unit}".rstrip(), 16, anchor="lm")


class _Canvas:
    """Drawing in units of the finished picture."""

    def __init__(self) -> None:
        self._image = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), PAPER)
        self._draw = ImageDraw.Draw(self._image)

    def save(self, path: Path) -> None:
        self._image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(path)

    def text(self, at: Point, text: str, size: float, colour: str = INK, anchor: str = "la") -> None:
        self._draw.text(self._at(at), text, colour, ImageFont.load_default(size * FINER), anchor)

    def length(self, text: str, size: float) -> float:
        return ImageFont.load_default(size * FINER).getlength(text) / FINER

    def line(self, points: Sequence[Point], colour: str, width: float = 1.0) -> None:
        self._draw.line([self._at(point) for point in points], colour, round(width * FINER), joint="curve")

    def closed(self, points: Sequence[Point], colour: str) -> None:
        self.line([*points, points[0], points[1 % len(points)]], colour, 3.0)

    def dashes(self, points: Sequence[Point], colour: str, dash: float = 7.0) -> None:
        for start, end in zip(points, [*points[1:], points[0]], strict=True):
            parts = max(1, round(math.dist(start, end) / dash))
            for part in range(0, parts, 2):
                self.line([_between(start, end, part / parts), _between(start, end, (part + 1) / parts)], colour, 2.0)

    def area(self, points: Sequence[Point], colour: str) -> None:
        layer = Image.new("L", self._image.size, 0)
        ImageDraw.Draw(layer).polygon([self._at(point) for point in points], fill=90)
        self._image.paste(Image.new("RGB", self._image.size, colour), mask=layer)
        self._draw = ImageDraw.Draw(self._image)
        self.closed(points, colour)

    def circle(self, centre: Point, radius: float, colour: str) -> None:
        self._draw.circle(self._at(centre), radius * FINER, outline=colour, width=FINER)

    def dot(self, at: Point, colour: str) -> None:
        self._draw.circle(self._at(at), 5 * FINER, fill=colour, outline=PAPER, width=FINER)

    def bar(self, box: tuple[float, float, float, float], colour: str) -> None:
        self._draw.rounded_rectangle([FINER * edge for edge in box], 5 * FINER, fill=colour)

    def _at(self, point: Point) -> Point:
        return point[0] * FINER, point[1] * FINER


def _between(start: Point, end: Point, share: float) -> Point:
    return tuple(a + share * (b - a) for a, b in zip(start, end, strict=True))
