# SPDX-License-Identifier: Apache-2.0
"""Tests the tests of the safety kernel by mutation.

Changes one operator or number at a time and sees whether a test notices.

./talus exec -- python tests/mutate_safety_kernel.py [--sample N] [--seed N] [--seconds N]
    [FILE ...]

What was found is kept by the hash of a file and its tests, so that a run that was cut short goes on
where it was. Own code, since tools for this start a new interpreter and import everything for every
mutant: here each is a fork.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import hashlib
import io
import json
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "safety" / "talus_safety"
sys.path[:0] = [str(PACKAGE / "test"), str(Path(__file__).parent)]

import numpy  # noqa: E402, F401  here once, not in every fork
import pytest  # noqa: E402
import talus_core.robot  # noqa: E402, F401
from test_safety_kernel import KERNEL  # noqa: E402

LIMIT_S = 60  # of processor time per mutant: a loop without end counts as noticed
TESTS_OF = {
    "limits": ("config", "bundle"),
    "decide/rule": ("seams", "watch", "phases"),
    "decide/gate/decision": ("seams", "phases", "gate"),
    "decide/gate/gate_facts": ("seams", "phases"),
    "decide/gate/gate_rules": ("seams", "config", "phases", "gate"),
    "decide/gate/permit": ("seams", "ladder"),
    "decide/gate/phases": ("phases",),
    "decide/gate/watchdog": ("ladder",),
    "decide/supervisor/facts": ("seams", "supervisor", "watch", "conversions"),
    "decide/supervisor/ladder": ("ladder",),
    "decide/supervisor/outside_rules": ("config", "watch"),
    "decide/supervisor/rules": ("readme", "config", "supervisor", "watch", "silence"),
    "decide/supervisor/silence_rules": ("silence", "watch", "config"),
    "decide/supervisor/supervisor": ("seams", "supervisor"),
    "judge/consistency": ("consistency",),
    "judge/fall": ("fall",),
    "judge/heat": ("heat",),
    "judge/limiter": ("limiter",),
    "judge/drive_checks": ("monitors", "encoders", "drive_answers"),
    "judge/drive_monitor": ("monitors", "encoders"),
    "judge/imu_monitor": ("imu_monitor",),
    "judge/plausible": ("plausible",),
    "judge/power": ("power",),
    "measure/body": ("body",),
    "measure/body_scale": ("body_scale",),
    "measure/contact": ("stance",),
    "measure/passed_torque": ("consistency",),
    "measure/rest": ("rest",),
    "measure/soles": ("consistency", "body_scale"),
    "measure/stance": ("stance",),
    "measure/tilt": ("tilt",),
    "measure/urdf_tree": ("body",),
}
OF_ALL = Path(__file__).with_name("test_generated_docs.py")  # of its pages those of safety
CHOICE = "not random and not story_hold and not (test_generated_docs and not talus_safety)"
UNCHANGED = -1  # number of the file as it is
STORE = ROOT / ".talus" / "mutants"

SWAPS: dict[type, type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}


def mutants(tree: ast.Module) -> Iterator[tuple[int, str, ast.Module]]:
    """Yield line, change in words and changed tree, one after the other."""
    for place, node in enumerate(ast.walk(tree)):
        for choice in range(len(_changes(node))):
            changed = copy.deepcopy(tree)
            twin = next(item for at, item in enumerate(ast.walk(changed)) if at == place)
            words = _changes(twin)[choice]()
            yield getattr(node, "lineno", 0), words, ast.fix_missing_locations(changed)


def _changes(node: ast.AST) -> list:
    if isinstance(node, ast.Compare):
        return [
            lambda i=i: _swap(node.ops, i) for i, op in enumerate(node.ops) if type(op) in SWAPS
        ]
    if isinstance(node, (ast.BoolOp, ast.BinOp)) and type(node.op) in SWAPS:
        return [lambda: _swap_operator(node)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [lambda: _drop_not(node)]
    if isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
        return [lambda: _other_value(node)]
    return []


def _swap(operators: list, place: int) -> str:
    before = operators[place]
    operators[place] = SWAPS[type(before)]()
    return f"{type(before).__name__} -> {type(operators[place]).__name__}"


def _swap_operator(node: ast.BoolOp | ast.BinOp) -> str:
    before = type(node.op)
    node.op = SWAPS[before]()
    return f"{before.__name__} -> {type(node.op).__name__}"


def _drop_not(node: ast.UnaryOp) -> str:
    node.op, node.operand = ast.Not(), ast.UnaryOp(ast.Not(), node.operand)
    return "Not dropped"


def _other_value(node: ast.Constant) -> str:
    before = node.value
    node.value = (
        not before if isinstance(before, bool) else before + 1 if before == 0 else before * 2
    )
    return f"{before} -> {node.value}"


def is_noticed(name: str, tree: ast.Module) -> bool:
    """Return whether a test of that file fails, in a fork whose module is the mutant."""
    child = os.fork()
    if child == 0:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            os._exit(_test(name, tree))
    _, status = os.waitpid(child, 0)
    return status != 0


class Store:
    """Keeps whether a mutant was noticed, by file, its tests and its number.

    Every answer is on disk at once.
    """

    def __init__(self, name: str):
        content = b"".join(
            path.read_bytes() for path in (PACKAGE / "talus_safety" / f"{name}.py", *_tests(name))
        )
        STORE.mkdir(parents=True, exist_ok=True)
        self._path = (
            STORE / f"{name.replace('/', '_')}_{hashlib.sha256(content).hexdigest()[:12]}.jsonl"
        )
        lines = self._path.read_text().splitlines() if self._path.is_file() else []
        self.known: dict[int, bool] = dict(json.loads(line) for line in lines)

    def put(self, number: int, noticed: bool) -> None:
        """Keep one answer on disk."""
        self.known[number] = noticed
        with self._path.open("a") as file:
            file.write(json.dumps([number, noticed]) + "\n")


def _tests(name: str) -> list[Path]:
    return [
        OF_ALL,
        *(
            PACKAGE / "test" / f"test_safety_{part}.py"
            for part in TESTS_OF[name.removeprefix("kernel/")]
        ),
    ]


def _test(name: str, tree: ast.Module) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S))
    mutated = PACKAGE / "talus_safety" / f"{name}.py"
    compiled = SourceFileLoader.source_to_code

    def source_to_code(loader: SourceFileLoader, data: bytes, path: str, **options: int):
        return compiled(loader, tree if Path(path).resolve() == mutated else data, path, **options)

    SourceFileLoader.source_to_code = source_to_code
    SourceFileLoader.path_stats = _no_cache
    chosen = map(str, _tests(name))
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-k", CHOICE, *chosen]))


def _no_cache(loader: SourceFileLoader, path: str) -> dict:
    raise OSError("a mutant is never cached, and no other module in its place")


def main() -> int:
    """Print one line per survivor, then the count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "files", nargs="*", default=KERNEL, help="of the kernel, as kernel/judge/limiter"
    )
    parser.add_argument(
        "--sample", type=int, default=0, help="so many mutants, chosen at random; 0 = all"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--seconds",
        type=float,
        default=float("inf"),
        help="stop after so long; call again to go on",
    )
    wish = parser.parse_args()
    until = time.monotonic() + wish.seconds
    stores, chosen = {name: Store(name) for name in wish.files}, []
    for name in wish.files:
        tree = ast.parse((PACKAGE / "talus_safety" / f"{name}.py").read_text())
        chosen += [(name, number, *mutant) for number, mutant in enumerate(mutants(tree))]
        if UNCHANGED not in stores[name].known and time.monotonic() < until:
            stores[name].put(UNCHANGED, is_noticed(name, tree))
        if stores[name].known.get(UNCHANGED):
            print(
                f"error: the tests of {name}.py fail without a mutation; mend them first",
                file=sys.stderr,
            )
            return 2
    if wish.sample:
        chosen = random.Random(wish.seed).sample(chosen, min(wish.sample, len(chosen)))
    for name, number, _, _, tree in chosen:
        if number not in stores[name].known and time.monotonic() < until:
            stores[name].put(number, is_noticed(name, tree))
    survivors = [item for item in chosen if stores[item[0]].known.get(item[1]) is False]
    for name, _, line, words, _ in survivors:
        print(f"survives: {name}.py:{line}: {words}")
    missing = sum(number not in stores[name].known for name, number, *_ in chosen)
    print(f"{len(chosen) - missing} of {len(chosen)} mutants, {len(survivors)} survive")
    return 0


if __name__ == "__main__":
    sys.exit(main())
