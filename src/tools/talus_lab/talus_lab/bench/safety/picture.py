# SPDX-License-Identifier: Apache-2.0
"""The matrix as one picture: faults down, postures across, each cell coloured by its worst outcome (SVG)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from talus_lab.bench.safety.figures import WORST_FIRST
from talus_lab.bench.safety.rows import ELSEWHERE, IN_PROCESS, Row
from talus_lab.bench.safety.runs import Case
from talus_lab.scenario.record import Outcome

COLOURS = {
    "ok": "#2e9e5b",
    "late": "#f2c14e",
    "not seated": "#f2c14e",
    "moved": "#ef8a3c",
    "no reaction": "#ef8a3c",
    "false alarm": "#9b6fc3",
    "not nominal": "#9b6fc3",
    "error": "#9b6fc3",
    "fell": "#c9302c",
    ELSEWHERE: "#c9d3dc",
}
ROW_H, TITLE_W, CELL_W, TOP, LEFT, LEGEND_W = 20, 330, 110, 56, 12, 920


def svg(rows: Sequence[Row], postures: Sequence[str], outcomes: Mapping[Case, Outcome], caption: str) -> str:
    """Text of the file."""
    width = max(LEFT + TITLE_W + CELL_W * len(postures) + LEFT, LEGEND_W)
    height = TOP + ROW_H * len(rows) + 46
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        _text(LEFT, 22, caption, 14),
    ]
    parts += [_text(LEFT + TITLE_W + CELL_W * i + 4, TOP - 8, name, 12) for i, name in enumerate(postures)]
    for j, row in enumerate(rows):
        y = TOP + ROW_H * j
        parts.append(_text(LEFT, y + 14, f"{row.name}  {row.title}", 12))
        for i, posture in enumerate(postures):
            word, count = _cell(row, posture, outcomes)
            if word:
                x = LEFT + TITLE_W + CELL_W * i
                fill = f'fill="{COLOURS[word]}"'
                parts.append(f'<rect x="{x}" y="{y}" width="{CELL_W - 2}" height="{ROW_H - 2}" {fill}/>')
                parts.append(_text(x + 5, y + 14, f"{word} {count}".strip(), 11))
    parts += _legend(height - 26)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _cell(row: Row, posture: str, outcomes: Mapping[Case, Outcome]) -> tuple[str, str]:
    """The worst verdict, and how many runs had it; empty where the row has no such posture."""
    if row.where != IN_PROCESS:
        return row.where, ""
    verdicts = [o.verdict for case, o in outcomes.items() if (case.row, case.posture) == (row.name, posture)]
    if not verdicts:
        return "", ""
    worst = min(verdicts, key=WORST_FIRST.index)
    return worst, f"{verdicts.count(worst)}/{len(verdicts)}"


def _legend(y: int) -> list[str]:
    parts, x = [], LEFT
    for word, colour in COLOURS.items():
        parts.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(x + 16, y + 11, word, 11))
        x += 30 + 7 * len(word)
    return parts


def _text(x: int, y: int, text: str, size: int) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}">{escape(text)}</text>'
