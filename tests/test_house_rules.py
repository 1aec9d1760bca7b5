# SPDX-License-Identifier: Apache-2.0
"""Checks the house rules that a tool can: lengths, language, names, state, types, lint."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from sources import PACKAGES, ROOT, markdown_pages, tracked_python_files

# Lines that are not blank; what reads well is a third of these.
FILE_CAP, FUNCTION_CAP, NODE_CAP, LAUNCH_CAP = 400, 60, 150, 60
README_WORDS_CAP = 900  # two screens; what is more goes to docs/
SPDX = "# SPDX-License-Identifier: Apache-2.0"
FILES = tracked_python_files()
SOURCES = [
    path
    for path in FILES
    if path.is_relative_to(ROOT / "src")
    and "test" not in path.relative_to(ROOT).parts
    and path.name != "conftest.py"
]
TREES = {path: ast.parse(path.read_text()) for path in FILES}

# A class with more state than this holds several ideas.
ATTRIBUTES_CAP = 16
# Class -> why it holds more.
LARGE_CLASSES: dict[str, str] = {}  # name -> why it holds so much
LEAST_WORDS = 3  # in the first sentence of a docstring
FRAGMENT_STARTS = ("Of ", "As ", "Who ", "Or ")
# Name -> why it is defined in more than one file.
SEVERAL_HOMES: dict[str, str] = {}
MODULES_CAP = 12  # in one folder, `__init__.py` aside
# Folders that a registry lists: one more thing is one more file there, and needs no edit here.
LISTED_FOLDERS = ("src/interface/talus_view/talus_view/widgets",)


def length(path: Path) -> int:
    return sum(bool(line.strip()) for line in path.read_text().splitlines())


def too_long(paths: list[Path], cap: int) -> dict[str, int]:
    return {str(path.relative_to(ROOT)): length(path) for path in paths if length(path) > cap}


def test_files_are_short():
    assert too_long(FILES, FILE_CAP) == {}


def test_nodes_are_thin():
    nodes = [
        path
        for path in FILES
        if path.name.endswith("_node.py") and not path.name.startswith("test_")
    ]
    assert too_long(nodes, NODE_CAP) == {}


def test_launch_files_are_short():
    assert too_long(sorted((ROOT / "launch").glob("*.xml")), LAUNCH_CAP) == {}


def words_to_read(page: str) -> int:
    """Count the words of a page, without generated tables and fenced code."""
    generated = r"(?ms)^<!-- generated.*?^<!-- end -->$"
    fenced = r"(?ms)^```.*?^```$"
    return len(re.sub(fenced, "", re.sub(generated, "", page)).split())


def test_readmes_are_short():
    assert {
        str(page.relative_to(ROOT)): words_to_read(page.read_text())
        for page in markdown_pages()
        if page.name == "README.md" and words_to_read(page.read_text()) > README_WORDS_CAP
    } == {}


def test_words_of_generated_tables_and_code_do_not_count():
    table = "<!-- generated: topics -->\n| a | b |\n<!-- end -->\n"
    code = "```python\nx = 1\n```\n"
    assert words_to_read(f"# Two words\n{table}{code}{table}and five more") == 6


def test_functions_are_short():
    long = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
                and node.end_lineno - node.lineno >= FUNCTION_CAP
            ):
                long[f"{path.relative_to(ROOT)}:{node.name}"] = node.end_lineno - node.lineno + 1
    assert long == {}


def test_every_file_names_its_licence():
    assert [
        str(path.relative_to(ROOT))
        for path in FILES
        if SPDX not in path.read_text().splitlines()[:2]
    ] == []


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]])
def test_ruff_has_nothing_to_say(command):
    ruff = [Path(os.environ["VIRTUAL_ENV"], "bin", "ruff"), *command, "--quiet", "--no-cache", "."]
    done = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout + done.stderr == ""


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def nodes(paths: list[Path], *kinds: type[ast.AST]) -> Iterator[tuple[Path, ast.AST]]:
    """Yield all syntax nodes of some kinds with their files."""
    for path in paths:
        yield from ((path, node) for node in ast.walk(TREES[path]) if isinstance(node, kinds))


def is_fragment(docstring: str) -> bool:
    """Return whether the first sentence of a docstring lacks what makes it one."""
    sentence = docstring.split("\n")[0].split(". ")[0].rstrip(".")
    return len(sentence.split()) < LEAST_WORDS or sentence.startswith(FRAGMENT_STARTS)


def test_docstrings_begin_with_a_sentence_on_one_line():
    fragments = []
    for path, node in nodes(
        SOURCES, ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef
    ):
        docstring = ast.get_docstring(node)
        if docstring and (is_fragment(docstring) or not ends_on_first_line(docstring)):
            fragments.append(place(path, node))
    assert fragments == []


def ends_on_first_line(docstring: str) -> bool:
    """Return whether the first line ends a sentence, or a formula that names shapes or a list."""
    first = docstring.split("\n")[0].rstrip()
    return first.endswith((".", ":", "!", "?", ")"))


@pytest.mark.parametrize("text", ["Of a seat.", "Keep it.", "Or nothing of all that."])
def test_fragments_are_found(text):
    assert is_fragment(text)


def test_a_statement_assigns_one_thing():
    assert [
        place(path, node)
        for path, node in nodes(SOURCES, ast.Assign)
        if isinstance(node.value, ast.Tuple) and isinstance(node.targets[0], ast.Tuple)
    ] == []


def test_no_string_stands_alone():
    """A string that is a statement of its own is a line that was cut in two."""
    alone = []
    for path, node in nodes(FILES, ast.stmt, ast.Module):
        body = getattr(node, "body", None)
        has_docstring = isinstance(
            node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        )
        for statement in body[has_docstring:] if isinstance(body, list) else []:
            value = statement.value if isinstance(statement, ast.Expr) else None
            is_string = isinstance(value, ast.Constant) and isinstance(value.value, str)
            if is_string or isinstance(value, ast.JoinedStr):
                alone.append(place(path, statement))
    assert alone == []


def attributes(class_node: ast.ClassDef) -> set[str]:
    """Return the dataclass fields and the `self.x` that methods of a class assign."""
    fields = {
        statement.target.id
        for statement in class_node.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    }
    return fields | {
        node.attr
        for node in ast.walk(class_node)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }


def test_classes_hold_little_state():
    assert {
        f"{place(path, node)} {node.name}": len(attributes(node))
        for path, node in nodes(SOURCES, ast.ClassDef)
        if len(attributes(node)) > ATTRIBUTES_CAP and node.name not in LARGE_CLASSES
    } == {}


def test_no_object_is_asked_what_it_has():
    assert [
        place(path, node)
        for path, node in nodes(SOURCES, ast.Call)
        if isinstance(node.func, ast.Name)
        and (node.func.id == "hasattr" or (node.func.id == "getattr" and len(node.args) == 3))
    ] == []


# The shell around intakes; a bare intake lets one message of somebody else end the node.
SHELL = (
    "src/common/talus_ros/talus_ros/fast_link_node.py",
    "src/common/talus_ros/talus_ros/intake/intake_node.py",
    "src/tools/talus_lab/talus_lab/bench/executor_peer_node.py",  # measured as rclpy is
)
BARE_INTAKES = ("create_subscription", "create_service")


def test_every_intake_is_behind_the_shell():
    bare = [
        place(path, node)
        for path, node in nodes(SOURCES, ast.Call)
        if isinstance(node.func, ast.Attribute)
        and node.func.attr in BARE_INTAKES
        and str(path.relative_to(ROOT)) not in SHELL
    ]
    assert bare == [], "use FastLink.subscribe and Intakes.serve of talus_ros"


def test_every_executor_is_behind_the_shell():
    bare = [
        place(path, node)
        for path, node in nodes(SOURCES, ast.Call)
        if isinstance(node.func, ast.Name)
        and node.func.id.endswith("ThreadedExecutor")
        and not (str(path.relative_to(ROOT)) in SHELL or path.stem == "run_node")
    ]
    assert bare == [], "use IntakeExecutor or ExecutorThread of talus_ros"


def defined_names(tree: ast.Module) -> Iterator[str]:
    """Yield the public classes and upper-case constants of a module."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        for target in targets:
            for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                if isinstance(part, ast.Name) and part.id.isupper():
                    yield part.id


def test_a_name_has_one_home():
    homes = defaultdict(set)
    for path in SOURCES:
        for name in defined_names(TREES[path]):
            if not name.startswith("_"):
                homes[name].add(str(path.relative_to(ROOT)))
    several = {name: found for name, found in homes.items() if len(found) > 1}
    assert {name: found for name, found in several.items() if name not in SEVERAL_HOMES} == {}
    assert set(SEVERAL_HOMES) <= set(several), "an exception that is no longer needed"


def test_folders_are_no_heaps():
    modules = defaultdict(int)
    for path in SOURCES:
        modules[str(path.parent.relative_to(ROOT))] += path.name != "__init__.py"
    wide = {
        folder: count
        for folder, count in modules.items()
        if count > MODULES_CAP and folder not in LISTED_FOLDERS
    }
    assert wide == {}


def test_types_agree():
    packages = [
        word
        for name, folder in PACKAGES.items()
        if (folder / name / "__init__.py").exists() and (folder / "setup.py").exists()
        for word in ("-p", name)
    ]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", *packages],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)
