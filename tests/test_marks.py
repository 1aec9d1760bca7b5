# SPDX-License-Identifier: Apache-2.0
"""Checks that every test file has a mark, and that the marks tell apart what costs time."""

import pytest
from kinds_of_tests import KINDS, ROOT, kind_of

FILES = sorted([*ROOT.glob("src/*/*/test/test_*.py"), *ROOT.glob("tests/**/test_*.py")])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("test_core_transform_buffer", "fast"),
        ("test_balance_simulation", "sim"),
        ("test_run_command", "ros"),
    ],
)
def test_files_that_are_known_have_their_mark(name, kind):
    assert [kind_of(path) for path in FILES if path.stem == name] == [kind]


def test_every_mark_is_used():
    assert {kind_of(path) for path in FILES} == set(KINDS)


def test_a_file_of_shared_things_is_one_group_before_xdist_deals_it_out(request):
    assert request.node.get_closest_marker("xdist_group").args == ("test_marks",)
    hooks = request.config.hook.pytest_collection_modifyitems.get_hookimpls()
    assert [hook.tryfirst for hook in hooks if hook.plugin_name == str(ROOT / "conftest.py")] == [
        True
    ]
