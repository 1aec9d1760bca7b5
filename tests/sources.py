# SPDX-License-Identifier: Apache-2.0
"""Lists the checkout as tests see it: its packages, their files and what these import."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from talus_cli.bootstrap.preparing.fingerprint import package_folders

ROOT = Path(__file__).parents[1]
PACKAGES = package_folders(ROOT / "src")
PAGE_FOLDERS = ("docs", "docker", "src", "tests", "scenarios", "policies", "config", "urdf")


def python_files(package: str) -> Iterator[Path]:
    """Return the package's own Python files: neither its tests nor its setup.py."""
    folder = PACKAGES[package]
    yield from (
        path
        for path in sorted(folder.rglob("*.py"))
        if "test" not in path.relative_to(folder).parts[:-1]
    )


def tracked_python_files() -> list[Path]:
    """Return every Python file of the checkout, tests included."""
    found = [ROOT / "conftest.py"]
    for folder in ("src", "tests"):
        found += sorted((ROOT / folder).rglob("*.py"))
    return found


def markdown_pages() -> list[Path]:
    """Return every Markdown page of the checkout."""
    found = sorted(ROOT.glob("*.md"))
    for folder in PAGE_FOLDERS:
        found += sorted((ROOT / folder).rglob("*.md"))
    return found


@cache
def imported(path: Path) -> frozenset[tuple[str, str | None]]:
    """Return what a file imports, at its top or within a function.

    Each is a module and a name that is taken from it; None where the module itself is imported.
    """
    found: set[tuple[str, str | None]] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            found |= {(alias.name, None) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            found |= {(str(node.module), alias.name) for alias in node.names}
    return frozenset(found)


def imports(path: Path) -> frozenset[str]:
    """Return dotted names of the modules that a file imports, except the standard library's."""
    modules = {module for module, _ in imported(path)}
    return frozenset(name for name in modules if name.split(".")[0] not in sys.stdlib_module_names)


def module_name(path: Path, package: str) -> str:
    """Return the dotted name of a package's file; that of a folder for its `__init__.py`."""
    parts = path.relative_to(PACKAGES[package]).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(path: Path, modules: set[str]) -> set[str]:
    """Return which of the `modules` a file imports: not a package that only holds such a one."""
    inner = {module if name is None else f"{module}.{name}" for module, name in imported(path)}
    outer = {module for module, name in imported(path) if f"{module}.{name}" not in modules}
    return (inner | outer) & modules


def top_level(names: frozenset[str]) -> set[str]:
    """Return the first part of each dotted name."""
    return {name.split(".")[0] for name in names}
