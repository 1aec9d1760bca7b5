# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the bringup tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from launch_files import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)
