# SPDX-License-Identifier: Apache-2.0
"""Fingerprints everything that a run depends on: modules, data files, versions of libraries.

The import graph is read from the sources, so that no list of dependencies can be forgotten when an
import is added.
"""

from __future__ import annotations

import ast
import hashlib
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path

LABEL_PARTS = 3  # of a test's path: package, folder and file
DIGEST_CHARACTERS = 16  # 64 bits: two states of a tree never meet by chance


@dataclass(frozen=True)
class Closure:
    """Holds everything that the code of a run imports, directly or not.

    Attributes:
        files: Source files of the workspace by their place in it, such as `talus_core/robot.py`.
        libraries: Top-level names of imported packages of others; the standard library is left out.
    """

    files: Mapping[str, Path]
    libraries: frozenset[str]


def run_fingerprint(entries: Sequence[str | Path], sources: Path, data: Sequence[Path] = ()) -> str:
    """Return a hash that changes with every file and library that a run depends on.

    Args:
        entries: Where the run starts: modules by their dotted names, or files outside of packages.
        sources: Folder below which the packages of the workspace lie.
        data: Files and folders that the run reads.
    """
    closure = import_closure(entries, python_packages(sources))
    digest = hashlib.sha256(f"python {platform.python_version()}\n".encode())
    for label, path in sorted({**closure.files, **_data_files(data)}.items()):
        digest.update(f"{label} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    for line in _library_versions(closure.libraries):
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()[:DIGEST_CHARACTERS]


def python_packages(sources: Path) -> dict[str, Path]:
    """Return the folder of every Python package of the workspace by the package's name."""
    folders = (manifest.parent for manifest in sources.rglob("package.xml"))
    inner = {folder.name: folder / folder.name for folder in folders}
    return {name: folder for name, folder in inner.items() if (folder / "__init__.py").is_file()}


def import_closure(entries: Sequence[str | Path], packages: Mapping[str, Path]) -> Closure:
    """Follow the import statements from the entries on, those inside functions included.

    Of a package that is only on the way to one of its modules, the `__init__.py` counts with what
    it imports when it is itself imported: its functions cannot be called without its name.

    Raises:
        ValueError: For an entry that is no module of the workspace, and for a relative import.
    """
    graph = _Graph(packages)
    for entry in entries:
        if isinstance(entry, Path):
            label = "/".join(entry.parts[-LABEL_PARTS:])
            graph.add_file(label, entry, is_whole=True)
        elif not graph.add_module(entry):
            raise ValueError(f"{entry} is no module below {', '.join(sorted(packages))}")
    return graph.closure()


class _Graph:
    """Collects the modules reached so far, each whole or only with what runs at its import."""

    def __init__(self, packages: Mapping[str, Path]):
        self._packages = packages
        self._files: dict[str, Path] = {}
        self._libraries: set[str] = set()
        self._whole: set[str] = set()

    def closure(self) -> Closure:
        return Closure(dict(self._files), frozenset(self._libraries))

    def add_module(self, name: str) -> bool:
        """Add a module of the workspace with all that it imports; return whether there is one."""
        found = self._find(name)
        if found is None:
            return False
        parts = name.split(".")
        for length in range(1, len(parts)):
            parent = self._find(".".join(parts[:length]))
            if parent is not None:
                self.add_file(*parent, is_whole=False)
        self.add_file(*found, is_whole=True)
        return True

    def add_file(self, label: str, path: Path, *, is_whole: bool) -> None:
        if label in self._whole or (label in self._files and not is_whole):
            return
        self._files[label] = path
        if is_whole:
            self._whole.add(label)
        tree = ast.parse(path.read_text(), str(path))
        for module, member in _imported(tree, is_whole, path):
            top = module.partition(".")[0]
            if top in self._packages:
                is_module = bool(member) and self.add_module(f"{module}.{member}")
                if not is_module:
                    self.add_module(module)
            elif top not in sys.stdlib_module_names:
                self._libraries.add(top)

    def _find(self, name: str) -> tuple[str, Path] | None:
        """Return a module's place in the workspace and its file."""
        top, *rest = name.split(".")
        folder = self._packages.get(top)
        if folder is None:
            return None
        stem = folder.joinpath(*rest)
        path = stem / "__init__.py" if (stem / "__init__.py").is_file() else stem.with_suffix(".py")
        return (str(path.relative_to(folder.parent)), path) if path.is_file() else None


def _imported(tree: ast.Module, is_whole: bool, path: Path) -> Iterator[tuple[str, str]]:
    """Yield each imported module with what is taken from it: a module, too, or a name; or ''."""
    for node in _that_run(tree, is_whole):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module is None:
                raise ValueError(
                    f"{path}:{node.lineno}: a relative import, which cannot be followed"
                )
            yield from ((node.module, alias.name) for alias in node.names)


def _that_run(node: ast.AST, is_whole: bool) -> Iterator[ast.AST]:
    """Yield the nodes that may run: all but imports for types; or those that run at the import."""
    yield node
    for child in ast.iter_child_nodes(node):
        is_later = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        if not _is_for_types(child) and (is_whole or not is_later):
            yield from _that_run(child, is_whole)


def _is_for_types(node: ast.AST) -> bool:
    """Tell whether it is `if TYPE_CHECKING:`, which never runs."""
    if not isinstance(node, ast.If):
        return False
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _data_files(data: Iterable[Path]) -> dict[str, Path]:
    """Return the files, and all files below the folders, by their place in what was given."""
    found: dict[str, Path] = {}
    for place in data:
        inside = sorted(place.rglob("*")) if place.is_dir() else [place]
        found |= {str(path.relative_to(place.parent)): path for path in inside if path.is_file()}
    return found


def _library_versions(libraries: Iterable[str]) -> list[str]:
    """Return each library with the versions of its distributions; generated messages have none."""
    holders = _distributions_by_package()
    lines = []
    for name in sorted(libraries):
        versions = [f"{holder}={version(holder)}" for holder in sorted(set(holders.get(name, ())))]
        lines.append(f"{name} {' '.join(versions)}")
    return lines


@cache
def _distributions_by_package() -> Mapping[str, Sequence[str]]:
    """Return what `packages_distributions` does, which takes a second."""
    return packages_distributions()
