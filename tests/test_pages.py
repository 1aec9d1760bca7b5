# SPDX-License-Identifier: Apache-2.0
"""Every link of the pages leads to what it names, and every page is two steps from the first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sources import ROOT, markdown_pages

PAGES = markdown_pages()
MOST_STEPS = 2  # from the first page: one to a page or an index, one on
MACHINE = "robot|body|node|driver|drive|gate|supervisor|controller|planner|policy|recorder"
PERSON = re.compile(rf"\b(?:(?:{MACHINE})s?,? (?:who|whom)|he|she|him|his)\b", re.IGNORECASE)


def prose(page: Path) -> str:
    """Return the text of a page without fenced code and code in a line."""
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text())
    return re.sub(r"`[^`\n]*`", "", text)


def links(page: Path) -> list[tuple[Path, str]]:
    """Return where the relative links of a page lead: file or folder, and heading or nothing."""
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    found = []
    for target in targets:
        if "://" not in target:
            file, _, heading = target.partition("#")
            found.append(((page.parent / file).resolve() if file else page, heading))
    return found


def code_links(page: Path) -> list[tuple[str, Path]]:
    """Return what a page says in code, with the Python file that it links for it."""
    found = re.findall(r"\[([^\]]*)\]\(([^)#\s]+\.py)\)", page.read_text())
    return [
        (name, page.parent / target)
        for words, target in found
        for name in re.findall(r"`([A-Za-z_.]+)`", words)
        if name != Path(target).name
    ]


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings get, as GitHub makes them."""
    headings = re.findall(r"(?m)^#+ (.*)$", page.read_text())
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def as_page(target: Path) -> Path:
    """Return the page that a reader of a link sees: of a folder its README."""
    return target / "README.md" if target.is_dir() else target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path):
    assert [str(target) for target, _ in links(page) if not target.exists()] == []
    assert [
        f"{target}#{heading}"
        for target, heading in links(page)
        if heading and heading not in anchors(as_page(target))
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_link_names_stands_in_its_file(page: Path):
    assert [
        f"{name} in {target.name}"
        for name, target in code_links(page)
        if not set(name.split(".")) <= set(re.findall(r"\w+", target.read_text()))
    ] == []


def test_every_page_is_two_steps_from_the_first():
    seen = {ROOT / "README.md"}
    for _ in range(MOST_STEPS):
        targets = {as_page(target) for page in seen for target, _ in links(page)}
        seen |= targets & set(PAGES)
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in seen] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_machines_are_no_persons(page: Path):
    assert PERSON.findall(prose(page)) == []
