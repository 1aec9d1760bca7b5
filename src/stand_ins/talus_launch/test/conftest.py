# SPDX-License-Identifier: Apache-2.0
"""Holds the fixtures of the runner's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from launch_files import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)
