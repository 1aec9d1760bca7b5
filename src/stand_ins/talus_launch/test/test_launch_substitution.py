# SPDX-License-Identifier: Apache-2.0
"""Checks the `$(...)` syntax, and what each substitution gives."""

from __future__ import annotations

import pytest
from launch_files import Workspace
from talus_launch.errors import LaunchError
from talus_launch.reading.expression import evaluate
from talus_launch.reading.scope import Scope
from talus_launch.reading.substitution import (
    SubstitutionCall,
    SubstitutionSyntaxError,
    parse_template,
)


@pytest.fixture
def scope(workspace: Workspace) -> Scope:
    variables = {"robot": "talus40", "n": "3", "yes": "true", "name": "robot"}
    return Scope(workspace.share / "a.launch.xml", variables, workspace.environment)


def test_template_is_text_and_calls():
    assert parse_template("a$(var b)/$(env C d)") == (
        "a",
        SubstitutionCall("var", (("b",),)),
        "/",
        SubstitutionCall("env", (("C",), ("d",))),
    )


def test_calls_nest_and_quotes_keep_spaces():
    inner = SubstitutionCall("var", (("x",),))
    assert parse_template("$(command 'cat $(var x)')") == (
        SubstitutionCall("command", (("cat ", inner),)),
    )
    assert parse_template("$(var $(var x))") == (SubstitutionCall("var", ((inner,),)),)


@pytest.mark.parametrize(
    "text", ["$(var x", "$(var 'x)", "$()", "$(var  x)", "$(var a(b)", '$(var "x)']
)
def test_broken_syntax_is_refused(text: str):
    with pytest.raises(SubstitutionSyntaxError):
        parse_template(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("$(var robot)-$(var n)", "talus40-3"),
        ("$(var $(var name))", "talus40"),
        (r"\$(var robot)", "$(var robot)"),
        ("$(env HOME)", "/nowhere"),
        ("$(env MISSING other)", "other"),
        ("$(env MISSING '')", ""),
        ("$(command 'echo two  words')", "two words\n"),
        ("$(eval '$(var n) * 2 + 1')", "7"),
        ('$(eval \'"$(var robot)" == "talus40"\')', "True"),
        ("$(equals $(var robot) talus40)", "true"),
        ("$(not-equals a b)", "true"),
        ("$(not $(var yes))", "false"),
        ("$(and true 0)", "false"),
        ("$(or false 1)", "true"),
        ("$(find-exec sh)", "/usr/bin/sh"),
    ],
)
def test_value(scope: Scope, text: str, value: str):
    assert scope.expand(text) == value


def test_paths(scope: Scope, workspace: Workspace):
    assert scope.expand("$(find-pkg-share toys)") == str(workspace.share)
    assert scope.expand("$(find-pkg-prefix toys)") == str(workspace.prefix)
    assert scope.expand("$(exec-in-pkg toy toys)") == str(workspace.prefix / "lib/toys/toy")
    assert scope.expand("$(dirname)") == str(workspace.share)
    assert scope.expand("$(filename)") == str(workspace.share / "a.launch.xml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("$(var robbot)", "nearest: robot"),
        ("$(env MISSING)", "not set"),
        ("$(find-pkg-share toyz)", "nearest: toys"),
        ("$(exec-in-pkg tooy toys)", "nearest: toy"),
        ("$(anon x)", "unknown substitution '$(anon)'"),
        ("$(var a b)", "takes 1 arguments"),
        ("$(command 'false')", "exits with 1"),
        ("$(command 'no-such-program')", "cannot run"),
        ("$(eval '__import__(\"os\")')", "is not evaluated here"),
        ("$(not maybe)", "neither true nor false"),
        ("$(find-exec no-such-program)", "no executable"),
    ],
)
def test_refusal_says_what_would_work(scope: Scope, text: str, says: str):
    with pytest.raises(LaunchError) as error:
        scope.expand(text)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        ("-(7 // 2) % 5", 2),
        ("1 < 2 <= 2", True),
        ("not (1 == 1.0) or 'a' in 'abc'", True),
        ("0 and 1", 0),
        ("'x' if 2 > 1 else 'y'", "x"),
        ("3 not in (1, 2)", True),
    ],
)
def test_expression(expression: str, value: object):
    assert evaluate(expression) == value


@pytest.mark.parametrize(
    "expression", ["open('/etc/passwd')", "x", "().__class__", "1 +", "1 / 0", "[i for i in (1,)]"]
)
def test_expression_cannot_act(expression: str):
    with pytest.raises(ValueError, match="'"):
        evaluate(expression)
