# SPDX-License-Identifier: Apache-2.0
"""Finds by name what a Fast DDS profile says that Fast DDS's own XML schema does not know.

Fast DDS drops a whole file for one element that it does not know, and only logs that. This module
understands what that schema uses of XML Schema: nesting, enumerations, patterns, numbers and
unions. It does not check how often or in which order elements come.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

from talus_core.errors import unknown_name_message

_XS = "{http://www.w3.org/2001/XMLSchema}"
_INTEGERS = frozenset(
    f"xs:{sign}{kind}"
    for sign in ("", "unsigned")
    for kind in ("integer", "int", "long", "short", "byte", "Int", "Long", "Short", "Byte")
)
_BOOLEAN_WORDS = ("true", "false", "1", "0")
SCHEMA_NAMES = ("share/fastdds/fastdds_profiles.xsd", "share/fastrtps/fastRTPS_profiles.xsd")


def find_profile_schema(environment: Mapping[str, str]) -> Path | None:
    """Return the schema that is installed with Fast DDS, or None where there is none."""
    prefixes = [
        Path(entry) for entry in environment.get("AMENT_PREFIX_PATH", "").split(":") if entry
    ]
    files = (prefix / name for prefix in prefixes for name in SCHEMA_NAMES)
    return next((file for file in files if file.is_file()), None)


def plain_tag(element: ElementTree.Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


class ProfileSchema:
    """Holds a schema file and judges documents by it."""

    def __init__(self, file: Path):
        """Read the schema `file`."""
        root = ElementTree.parse(file).getroot()
        kinds = (f"{_XS}complexType", f"{_XS}simpleType")
        self._types = {entry.get("name", ""): entry for entry in root if entry.tag in kinds}
        self._roots = {entry.get("name", ""): entry for entry in root.findall(f"{_XS}element")}

    def find_problem(self, document: ElementTree.Element) -> str:
        """Return in words the first thing that the schema does not allow; empty for none."""
        if plain_tag(document) not in self._roots:
            return unknown_name_message("first element", f"<{plain_tag(document)}>", self._roots)
        return self._problem(document, self._roots[plain_tag(document)])

    def _problem(self, element: ElementTree.Element, declaration: ElementTree.Element) -> str:
        definition = self._definition(declaration)
        if definition is None:
            return ""
        if definition.tag == f"{_XS}simpleType":
            text = (element.text or "").strip()
            wrong = f"<{plain_tag(element)}> cannot be '{text}'"
            return "" if self._allows(definition, text) else wrong
        known = self._children(definition)
        for child in element:
            if plain_tag(child) not in known:
                kind = f"element of <{plain_tag(element)}>"
                return unknown_name_message(kind, plain_tag(child), known)
            if problem := self._problem(child, known[plain_tag(child)]):
                return problem
        return ""

    def _definition(self, declaration: ElementTree.Element) -> ElementTree.Element | None:
        """Return an element's type, or None where the schema leaves it to XML's own types."""
        name = declaration.get("type")
        if name is not None:
            return self._types.get(name)
        complex_type = declaration.find(f"{_XS}complexType")
        return declaration.find(f"{_XS}simpleType") if complex_type is None else complex_type

    def _children(self, definition: ElementTree.Element) -> dict[str, ElementTree.Element]:
        """Return the elements that may stand in a type, by name."""
        found: dict[str, ElementTree.Element] = {}
        for part in definition:
            if part.tag == f"{_XS}element":
                found[part.get("name", "")] = part
                continue
            base = self._types.get(part.get("base", "")) if part.tag == f"{_XS}extension" else None
            found |= self._children(part) | ({} if base is None else self._children(base))
        return found

    def _allows(self, definition: ElementTree.Element, text: str) -> bool:
        """Tell whether a simple type allows a value."""
        union = definition.find(f"{_XS}union")
        if union is not None:
            names = union.get("memberTypes", "").split()
            named = [self._types[name] for name in names if name in self._types]
            members = [*named, *union.findall(f"{_XS}simpleType")]
            return any(self._allows(member, text) for member in members)
        restriction = definition.find(f"{_XS}restriction")
        return restriction is None or self._restricts_to(restriction, text)

    def _restricts_to(self, restriction: ElementTree.Element, text: str) -> bool:
        base = restriction.get("base", "")
        if base in _INTEGERS and not _is_integer_within(restriction, text):
            return False
        if base == "xs:boolean" and text not in _BOOLEAN_WORDS:
            return False
        if base in self._types and not self._allows(self._types[base], text):
            return False
        words = [entry.get("value", "") for entry in restriction.findall(f"{_XS}enumeration")]
        patterns = [entry.get("value", "") for entry in restriction.findall(f"{_XS}pattern")]
        has_pattern = not patterns or any(re.fullmatch(pattern, text) for pattern in patterns)
        return has_pattern and (not words or text in words)


def _is_integer_within(restriction: ElementTree.Element, text: str) -> bool:
    try:
        value = int(text)
    except ValueError:
        return False
    least = restriction.find(f"{_XS}minInclusive")
    most = restriction.find(f"{_XS}maxInclusive")
    is_low = least is not None and value < int(least.get("value", "0"))
    is_high = most is not None and value > int(most.get("value", "0"))
    return not is_low and not is_high
