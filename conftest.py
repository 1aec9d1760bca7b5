# SPDX-License-Identifier: Apache-2.0
"""What every test may use."""

import sys
from pathlib import Path

import pytest
from talus_bringup.bootstrap.build import brought_by_ros
from talus_bringup.bootstrap.domains import claim_domain
from talus_bringup.bootstrap.workspace import Workspace

# Helper modules lie beside the tests that share them; their names are unique in the workspace.
sys.path[:0] = [str(folder) for pattern in ("tests", "src/**/test") for folder in Path(__file__).parent.glob(pattern)]

# Not built where a ROS installation brings the real ones.
collect_ignore = [f"src/stand_ins/{name}" for name in brought_by_ros(Workspace.here())]


@pytest.fixture
def ros_domain(monkeypatch: pytest.MonkeyPatch) -> int:
    """A ROS domain of its own for one test and the processes that it starts."""
    domain = claim_domain()
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain))
    return domain
