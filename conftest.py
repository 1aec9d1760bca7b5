# SPDX-License-Identifier: Apache-2.0
"""What every test may use."""

import pytest

from talus_bringup.bootstrap.domains import claim_domain


@pytest.fixture
def ros_domain(monkeypatch: pytest.MonkeyPatch) -> int:
    """A ROS domain of its own for one test and the processes that it starts."""
    domain = claim_domain()
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain))
    return domain
