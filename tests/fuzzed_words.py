# SPDX-License-Identifier: Apache-2.0
"""Lists the command lines of all tools; what is wrong with one must be one line, and code 2."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from file_mutation import Words
from fuzzed_doors import Door
from talus_cli import operator as operator_tool
from talus_cli.run import cli as run_tool
from talus_cli.run.options import parse_options
from talus_core.errors import TalusError
from talus_lab.bench import __main__ as bench_tool
from talus_lab.scenario import __main__ as scenario_tool
from talus_launch import cli as launch_tool
from talus_launch.reading.resolve import resolve
from talus_recorder import recover as recover_tool
from talus_recorder import verify as verify_tool

ROOT = Path(__file__).parents[1]


class UnclearError(Exception):
    """Says that a refusal is no clear line."""


def refuses(read: Callable[[], object]) -> None:
    """Let a reader accept a file, or refuse it in words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read()
        except TalusError as error:
            if not str(error).strip():
                raise UnclearError("a refusal without a word") from None


def said(main: Callable[[list[str]], int], words: list[str]) -> None:
    """Run a tool in this process; what it refuses must be one line, and code 2."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as end:
            code = int(end.code or 0)
    lines = err.getvalue().splitlines()
    if code == 2 and len(lines) != 1:
        raise UnclearError(f"code 2 with {len(lines)} lines: {' | '.join(lines)[:300]}")
    if code not in (0, 1, 2):
        raise UnclearError(f"code {code}: {' | '.join(lines)[:300]}")


def word_doors(folder: Path) -> list[Door]:
    """Return the doors of the command lines of tools; `folder`: where they may write."""
    worlds = ROOT / "urdf" / "worlds" / "flat.xml"
    run_words = ["--headless", "--driver", "mock", "--world", str(worlds), "--seconds", "5"]
    run_words += ["--cmd-vel", "0.1", "0", "0", "--seed", "1", "--no-perception", "--fast"]
    options = ("--robot", "--robots", "--policy", "--port", "--json", "--operator-key", "--people")
    launch = [str(ROOT / "launch" / "sim.launch.xml"), "driver:=mock", "world:=flat", "view:=false"]
    key = folder / "words.key"
    key.write_text("5a" * 32)
    key.chmod(0o600)
    keyed = ["--key-file", str(key)]
    scenario = [str(ROOT / "scenarios" / "two_faults.yaml")]
    missing = str(folder / "missing.yaml")
    bench = Words(("control", "balance", "safety", "--json", "--seeds", "--rows"))
    operator = Words(("--robot", "--new-key", "HOST:1"))
    verify, recover = _tool(verify_tool.main, missing), _tool(recover_tool.main, missing)
    return [
        Door("words run", Words((*options, *run_words)), run_words, _options, 0.05),
        Door("words launch", Words(tuple(launch)), launch, _launched, 0.05),
        Door(
            "words scenario",
            Words(("--graph", "--nodes", "--json")),
            scenario,
            _idle(scenario_tool, "_play"),
            0.2,
        ),
        Door(
            "words bench",
            bench,
            ["safety", "--rows", "F01"],
            _tool(bench_tool.main, "--no-such-option"),
            0.2,
        ),
        Door(
            "words operator",
            operator,
            ["--robot", "127.0.0.1:1"],
            _idle(operator_tool, "hold"),
            0.5,
        ),
        Door("words verify", Words(("--key-file",)), keyed, verify, 0.5),
        Door("words recover", Words(("--key-file",)), keyed, recover, 0.5),
    ]


def _launched(words: list[str]) -> None:
    def read() -> None:
        file, arguments = launch_tool.split_words(words)
        resolve(file, arguments, os.environ)

    refuses(read)


def _options(words: list[str]) -> None:
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        refuses(lambda: parse_options(words, run_tool.available()))


def _tool(main: Callable[[list[str]], int], last: str) -> Callable[[list[str]], None]:
    """Return the door of a tool that the last word keeps from going to work."""
    return lambda words: said(main, [*words, last])


def _idle(module: Any, work: str) -> Callable[[list[str]], None]:
    """Return the door of a tool whose function `work` does nothing."""

    def take(words: list[str]) -> None:
        kept = getattr(module, work)
        setattr(module, work, _refused)
        try:
            said(module.main, words)
        finally:
            setattr(module, work, kept)

    return take


def _refused(*_: object) -> NoReturn:
    raise TalusError("it would go to work")
