# SPDX-License-Identifier: Apache-2.0
"""Draws the matrix as SVG: faults down, postures across, each cell by its worst outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from talus_lab.bench.safety.figures import WORST_FIRST
from talus_lab.bench.safety.rows import IN_PROCESS, NOT_IN_PROCESS, Row
from talus_lab.bench.safety.runs import MatrixCase
from talus_lab.scenario.record import ScenarioOutcome

VERDICT_COLOURS = {
    "ok": "#2e9e5b",
    "late": "#f2c14e",
    "not seated": "#f2c14e",
    "moved": "#ef8a3c",
    "no reaction": "#ef8a3c",
    "false alarm": "#9b6fc3",
    "not nominal": "#9b6fc3",
    "error": "#9b6fc3",
    "fell": "#c9302c",
    NOT_IN_PROCESS: "#c9d3dc",
}
CELL_HEIGHT_PX = 20
CELL_WIDTH_PX = 110
TITLE_WIDTH_PX = 330
TABLE_TOP_PX = 56
MARGIN_PX = 12
LEGEND_WIDTH_PX = 920


def svg(
    rows: Sequence[Row],
    postures: Sequence[str],
    outcomes: Mapping[MatrixCase, ScenarioOutcome],
    caption: str,
) -> str:
    """Return the text of the file."""
    table_width = MARGIN_PX + TITLE_WIDTH_PX + CELL_WIDTH_PX * len(postures) + MARGIN_PX
    width = max(table_width, LEGEND_WIDTH_PX)
    height = TABLE_TOP_PX + CELL_HEIGHT_PX * len(rows) + 46
    size = f'width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">',
        f'<rect {size} fill="white"/>',
        _text(MARGIN_PX, 22, caption, 14),
    ]
    parts += [_text(_left(i) + 4, TABLE_TOP_PX - 8, name, 12) for i, name in enumerate(postures)]
    for number, row in enumerate(rows):
        y = TABLE_TOP_PX + CELL_HEIGHT_PX * number
        parts.append(_text(MARGIN_PX, y + 14, f"{row.name}  {row.title}", 12))
        for i, posture in enumerate(postures):
            word, count = _cell(row, posture, outcomes)
            parts += _box(_left(i), y, word, count) if word else []
    parts += _legend(height - 26)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _left(column: int) -> int:
    return MARGIN_PX + TITLE_WIDTH_PX + CELL_WIDTH_PX * column


def _box(x: int, y: int, word: str, count: str) -> list[str]:
    size = f'width="{CELL_WIDTH_PX - 2}" height="{CELL_HEIGHT_PX - 2}"'
    return [
        f'<rect x="{x}" y="{y}" {size} fill="{VERDICT_COLOURS[word]}"/>',
        _text(x + 5, y + 14, f"{word} {count}".strip(), 11),
    ]


def _cell(
    row: Row, posture: str, outcomes: Mapping[MatrixCase, ScenarioOutcome]
) -> tuple[str, str]:
    """Return the worst verdict, and how many runs had it; empty without such a posture."""
    if row.where != IN_PROCESS:
        return row.where, ""
    verdicts = [
        o.verdict for case, o in outcomes.items() if (case.row, case.posture) == (row.name, posture)
    ]
    if not verdicts:
        return "", ""
    worst = min(verdicts, key=WORST_FIRST.index)
    return worst, f"{verdicts.count(worst)}/{len(verdicts)}"


def _legend(y: int) -> list[str]:
    parts: list[str] = []
    x = MARGIN_PX
    for word, colour in VERDICT_COLOURS.items():
        parts.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(x + 16, y + 11, word, 11))
        x += 30 + 7 * len(word)
    return parts


def _text(x: int, y: int, text: str, size: int) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}">{escape(text)}</text>'
