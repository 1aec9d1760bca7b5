# SPDX-License-Identifier: Apache-2.0
"""Makes files and command lines that are almost right: their structure is known.

YAML, JSON and XML are trees; a few of their entries are put, dropped, doubled or renamed. One in
four is spoilt as text. `smallest` takes back every edit that a failure does not need.
"""

from __future__ import annotations

import copy
import json
import random
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import yaml
from message_mutation import minimised_bytes, spoilt

Place = tuple[str | int, ...]
MOST_MINIMISED_BYTES = 3000  # longer ones are shown as they are: each byte costs a trial


class Raw(str):
    """Is text that stands in a YAML file as it is."""


VALUES = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        3,
        10**30,
        10**400,
        1e308,
        -1e-3,
        5e-324,
        [],
        {},
        [[]],
        {"x": 1},
        [0.0],
    ),
    *("", "x", "talus40", "base_link", "..", "/", "/dev/null", "é\u202e", "x" * 10_000, "nan"),
)
YAML_VALUES = tuple(
    map(
        Raw,
        (
            *(".nan", ".inf", "-.inf", "2001-99-99", "2001-01-01", "9" * 5000, "&a [*a]"),
            *("[" * 1500 + "]" * 1500, "!!python/object/apply:os.system [x]", "!!binary x"),
            *("12:99:99", "0x", "1_000", "{? [a] : b}", "{? {a: b} : c}", "{<<: 3}", "*nothing"),
            *("!!set {a}", "!!omap [a]", "!!float x", "!!int x", "!!timestamp x", "\x00", "\udc80"),
        ),
    )
)
XML_VALUES = (
    *("", "0", "-1", "nan", "inf", "1e999", "1,5", "0 0", "0 0 0", "0 0 0 0", "0 0 0 0 0 0"),
    *("x", "floor", "torso", "true", "é\u202e", "x" * 5000, "..", "/dev/null", "\x01", "1e308"),
    *(
        "$(arg x)",
        "$(var x)",
        "$(find-pkg-share x)",
        "$(eval 1/0)",
        "$(eval 'x')",
        "$(",
        "package://x/y",
    ),
)
SPOILT_HEADS = (
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b'<?xml version="1.0" encoding="klingon"?>',
    b'<?xml version="1.0" encoding="utf-16"?>',
    b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]>',
    b"%YAML 9.9\n---\n",
    b"\xff",
)


@dataclass(frozen=True)
class Edit:
    """Describe one change of a tree: `what` is put, drop, twice or rename."""

    place: Place
    what: str
    value: Any = None


@dataclass(frozen=True)
class Draft:
    """Hold the edits of a sample; `spoil` are the file's bytes where they were spoilt besides."""

    edits: tuple[Edit, ...]
    data: bytes
    is_spoilt: bool = False

    def __str__(self) -> str:
        if self.is_spoilt:
            return f"{len(self.data)} bytes {self.data[:300]!r} after {self.edits}"
        return str([(e.place, e.what, str(e.value)[:60]) for e in self.edits])


class TreeFiles:
    """Makes files whose contents are trees of dicts, lists and scalars."""

    def __init__(
        self,
        parse: Callable[[bytes], Any],
        write: Callable[[Any], bytes],
        values: tuple[Any, ...],
    ):
        self._parse, self._write, self._values = parse, write, values
        self._trees: dict[bytes, Any] = {}

    def sample(self, data: bytes) -> Draft:
        """Return the draft of a file that is right."""
        return Draft((), self._write(self._tree(data)))

    def made(self, chance: random.Random, sample: Draft) -> Draft:
        """Return a file with a few edits, one in four spoilt besides."""
        tree = self._tree(sample.data)
        places = list(_places(tree))
        edits = tuple(self._edit(chance, tree, places) for _ in range(chance.randrange(1, 4)))
        draft = self._drafted(edits, sample)
        if chance.random() < 0.75:
            return draft
        data = spoilt(chance, draft.data)
        if chance.random() < 0.3:
            data = chance.choice(SPOILT_HEADS) + draft.data
        return replace(draft, data=data, is_spoilt=True)

    def smallest(self, value: Draft, sample: Draft, fails: Callable[[Draft], bool]) -> Draft:
        """Return the draft without the edits, or with the fewest bytes, that a failure spares."""
        if value.is_spoilt:
            if len(value.data) > MOST_MINIMISED_BYTES:
                return value
            data = minimised_bytes(value.data, lambda trial: fails(replace(value, data=trial)))
            return Draft((), data, is_spoilt=True)
        for edit in value.edits:
            fewer = tuple(kept for kept in value.edits if kept is not edit)
            trial = self._drafted(fewer, sample)
            if fails(trial):
                value = trial
        return value

    def _tree(self, data: bytes) -> Any:
        if data not in self._trees:
            self._trees[data] = self._parse(data)
        return self._trees[data]

    def _drafted(self, edits: tuple[Edit, ...], sample: Draft) -> Draft:
        tree = copy.deepcopy(self._tree(sample.data))
        for edit in edits:
            tree = _edited(tree, edit)
        return Draft(edits, self._write(tree))

    def _edit(self, chance: random.Random, tree: Any, places: list[Place]) -> Edit:
        place = chance.choice(places)
        kind = chance.random()
        if not place or kind < 0.55:
            return Edit(place, "put", chance.choice(self._values))
        if kind < 0.7:  # a value of another entry: names that are there, but not here
            return Edit(place, "put", copy.deepcopy(_get(tree, chance.choice(places))))
        if kind < 0.85:
            return Edit(place, "drop")
        if kind < 0.93:
            return Edit(place, "twice")
        return Edit(place, "rename", chance.choice(("x", "", "name", 3, None, "é", "1")))


def _places(tree: Any, above: Place = ()) -> Iterator[Place]:
    yield above
    below = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    for step, value in below:
        yield from _places(value, (*above, step))


def _get(tree: Any, place: Place) -> Any:
    for step in place:
        tree = tree[step]
    return tree


def _edited(tree: Any, edit: Edit) -> Any:
    """Return the tree with an edit; without it where an earlier one took its place away."""
    if not edit.place:
        return edit.value
    try:
        holder = _get(tree, edit.place[:-1])
        last: Any = edit.place[-1]
        old = holder[last]
    except (KeyError, IndexError, TypeError):
        return tree
    if not isinstance(holder, (dict, list)):
        return tree
    if edit.what == "put":
        holder[last] = edit.value
    elif edit.what == "drop":
        del holder[last]
    elif isinstance(holder, list):
        holder.insert(last, copy.deepcopy(old))
    elif edit.what == "rename":
        holder[edit.value] = holder.pop(last)
    else:
        holder[f"{last}_2"] = copy.deepcopy(old)
    return tree


def _yaml_bytes(tree: Any) -> bytes:
    """Write a tree as YAML in the words of JSON, its raw texts as they are."""
    raws: list[str] = []

    def plain(value: Any) -> Any:
        if isinstance(value, Raw):
            raws.append(value)
            return f"@raw {len(raws) - 1}@"
        if isinstance(value, dict):
            return {plain(k) if isinstance(k, Raw) else k: plain(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        return value

    text = json.dumps(plain(tree), ensure_ascii=False, default=str)
    for number, raw in enumerate(raws):
        text = text.replace(f'"@raw {number}@"', raw)
    return text.encode("utf-8", "surrogateescape")


def _yaml_tree(data: bytes) -> Any:
    return yaml.load(data, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _xml_tree(data: bytes) -> Any:
    def plain(element: ElementTree.Element, above: str) -> list[Any]:
        space, _, tag = element.tag.rpartition("}")
        own = {} if space == above else {"xmlns": space[1:]}
        children = [plain(child, space) for child in element]
        return [tag, {**own, **element.attrib}, children, element.text or ""]

    return plain(ElementTree.fromstring(data), "")


def _xml_bytes(tree: Any) -> bytes:
    """Write a tree as XML, as far as it still is one."""

    def text(part: Any) -> str:
        if not (isinstance(part, list) and len(part) >= 3 and isinstance(part[1], dict)):
            return escape(str(part))
        tag, attributes, children = part[:3]
        words = "".join(f" {name}={quoteattr(str(value))}" for name, value in attributes.items())
        inner = (
            "".join(map(text, children)) if isinstance(children, list) else escape(str(children))
        )
        said = escape(str(part[3])) if len(part) > 3 else ""
        return f"<{tag}{words}>{said}{inner}</{tag}>"

    return text(tree).encode("utf-8", "surrogateescape")


YAML = TreeFiles(_yaml_tree, _yaml_bytes, VALUES + YAML_VALUES)
JSON = TreeFiles(json.loads, lambda tree: json.dumps(tree, default=str).encode(), VALUES)
XML = TreeFiles(_xml_tree, _xml_bytes, XML_VALUES)


class Octets:
    """Makes bytes of no known structure: files of others' formats, datagrams, key files."""

    def made(self, chance: random.Random, sample: bytes) -> bytes:
        """Return the bytes changed in places, cut off, prolonged, or noise."""
        return spoilt(chance, sample)

    def smallest(self, value: bytes, sample: bytes, fails: Callable[[bytes], bool]) -> bytes:
        """Return the shortest beginning that fails, with zeros where they do as well."""
        return value if len(value) > MOST_MINIMISED_BYTES else minimised_bytes(value, fails)


class Words:
    """Makes command lines: words dropped, doubled, exchanged, and values put for others."""

    def __init__(self, values: tuple[str, ...]):
        """Take words that the tool knows."""
        own = ("", "x", "-1", "nan", "1e999", "--", "-", "--x", "--help", "é\u202e", "/dev/null")
        self._values = (*values, *own, "x" * 3000, "..", "a:=b", ":=", "0", "\n", "9" * 5000)

    def made(self, chance: random.Random, sample: list[str]) -> list[str]:
        """Return a command line that is almost the sample."""
        words = list(sample)
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(words) + 1)
            kind = chance.randrange(4)
            if kind == 0:
                words.insert(at, chance.choice(self._values))
            elif kind == 1:
                words[at : at + 1] = []
            elif kind == 2:
                words[at : at + 1] = [chance.choice(self._values)]
            else:
                words[at:at] = words[at : at + 1]
        return words

    def smallest(
        self, value: list[str], sample: list[str], fails: Callable[[list[str]], bool]
    ) -> list[str]:
        """Return the fewest words that fail."""
        for place in reversed(range(len(value))):
            trial = [word for number, word in enumerate(value) if number != place]
            if fails(trial):
                value = trial
        return value
