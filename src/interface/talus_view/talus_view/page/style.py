# SPDX-License-Identifier: Apache-2.0
"""Holds the style sheet of the page, and the pieces of HTML that carry its marks."""

from __future__ import annotations

from html import escape

PAD_ICONS: dict[str, str] = {  # in reading order, three to a row
    "turn left": "rotate-2",
    "forward": "arrow-up",
    "turn right": "rotate-clockwise-2",
    "left": "arrow-left",
    "halt": "player-stop",
    "right": "arrow-right",
    "back": "arrow-down",
}

PAGE_STYLE = """<style>
.talus-card { margin: 0 0.75em 0.6em; font-size: 0.9em; line-height: 1.45; }
.talus-level { color: #fff; border-radius: 8px; padding: 0.6em 0.9em; margin-bottom: 0.6em; }
.talus-title { font-size: 1.45em; font-weight: 700; line-height: 1.2; }
.talus-small { font-size: 0.88em; opacity: 0.9; }
.talus-rows { display: grid; grid-template-columns: 6em 1fr; row-gap: 0.1em; }
.talus-rows span { opacity: 0.65; }
.talus-rows b { font-weight: 600; font-variant-numeric: tabular-nums; }
.talus-bar {
  height: 6px;
  border-radius: 3px;
  background: rgba(128, 128, 128, 0.25);
  margin: 0.5em 0 0.9em;
}
.talus-bar div { height: 100%; border-radius: 3px; }
.talus-caption {
  margin: -0.2em 0.9em 0.7em;
  font-size: 0.8em;
  opacity: 0.7;
  text-align: center;
  cursor: help;
}
div:has(> div > .talus-pad) {
  display: grid;
  column-gap: 0;
}
div:has(> div > .talus-pad-2) { grid-template-columns: repeat(2, minmax(0, 1fr)); }
div:has(> div > .talus-pad-3) { grid-template-columns: repeat(3, minmax(0, 1fr)); }
div:has(> div > .talus-pad-4) { grid-template-columns: repeat(4, minmax(0, 1fr)); }
div:has(> div > .talus-pad) > div:not(:has(> button)) { grid-column: 1 / -1; }
div:has(> div > .talus-pad) > div:not(:has(> button)):has(.talus-pad) { display: none; }
div:has(> div > .talus-pad) > div:has(> button) {
  margin-inline: 0.2em !important;
  padding-bottom: 0.4em !important;
}
div:has(> div > .talus-pad) button {
  --button-padding-x: 0.1em;
  font-size: 0.85em;
  border-radius: 6px;
}
div:has(> div > .talus-pad) .mantine-Button-section { margin-inline-end: 0.35em; }
div:has(> div > .talus-pad) .mantine-Button-section svg { display: block; }
div:has(> div > .talus-pad-3) button, div:has(> div > .talus-pad-4) button { font-size: 0.8em; }
div:has(> div > .talus-pad-3) > div:nth-of-type(8) { grid-column: 2; }
div:has(> div > .talus-pad-3) button { height: 3.8em !important; }
div:has(> div > .talus-pad-3) .mantine-Button-inner {
  flex-direction: column;
  justify-content: center;
  gap: 0.15em;
}
div:has(> div > .talus-pad-3) .mantine-Button-section { margin: 0; height: auto; flex: none; }
div:has(> div > .talus-pad-3) .mantine-Button-section * { width: 1.6em; height: 1.6em; }
div:has(> div > .talus-pad-3) .mantine-Button-label { overflow: visible; height: auto; }

/* STOP stays at the top while the panel scrolls, and its panel cannot be folded away. */
.mantine-ScrollArea-content div:has(.talus-stop) { overflow: visible !important; }
div:has(> .talus-stop) + div {
  position: sticky;
  top: 0;
  z-index: 5;
  background: var(--mantine-color-body);
}
div:has(> .talus-stop) + div button {
  height: 3em !important;
  font-size: 1.15em;
  letter-spacing: 0.08em;
}
div:has(> .talus-stop) + div button { border-radius: 8px; }
div:has(+ div .talus-stop) > div > [aria-label="Collapse panel area"] { display: none !important; }
</style>"""

STOP_MARKER = '<div class="talus-stop"></div>'


def caption(text: str, tooltip: str) -> str:
    """Return a small line with more to read on hovering."""
    return f'<div class="talus-caption" title="{escape(tooltip)}">{escape(text)}</div>'


def pad_marker(columns: int) -> str:
    """Return a mark that makes its container a grid of buttons with so many columns."""
    return f'<div class="talus-pad talus-pad-{columns}"></div>'
