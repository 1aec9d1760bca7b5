# SPDX-License-Identifier: Apache-2.0
"""Runs `sim.launch.xml` through the runner."""

from __future__ import annotations

import pytest
import sim_assertions
from running_launch import RunningLaunch


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory):
    launch = RunningLaunch(tmp_path_factory.mktemp("launch"), sim_assertions.ARGUMENTS)
    yield launch
    launch.end()


@pytest.fixture
def node():
    with sim_assertions.observer() as made:
        yield made


@pytest.mark.parametrize("check", sim_assertions.ALL, ids=lambda check: check.__name__)
def test_while_it_runs(running: RunningLaunch, node, check):
    assert not running.codes
    check(node)


def test_exit(running: RunningLaunch):
    running.end()
    sim_assertions.assert_clean_exit(running.codes)
