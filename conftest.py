# SPDX-License-Identifier: Apache-2.0
"""What every test may use."""

import sys
from pathlib import Path

import pytest
from talus_bringup.bootstrap.domains import claim_domain

# Helper modules lie beside the tests that share them; their names are unique in the workspace.
sys.path[:0] = [str(folder) for pattern in ("tests", "src/**/test") for folder in Path(__file__).parent.glob(pattern)]


@pytest.fixture
def ros_domain(monkeypatch: pytest.MonkeyPatch) -> int:
    """A ROS domain of its own for one test and the processes that it starts."""
    domain = claim_domain()
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain))
    return domain
