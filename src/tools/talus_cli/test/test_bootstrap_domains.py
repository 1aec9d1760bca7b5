# SPDX-License-Identifier: Apache-2.0
"""Checks that claimed ROS domains are one run's alone, until its end and through exec."""

import subprocess
import sys

import pytest
from talus_cli.bootstrap import domains
from talus_cli.bootstrap.errors import BootstrapError

CLAIM_AND_BECOME = """
import os
from talus_cli.bootstrap.domains import claim_domain
domain = claim_domain()
os.execvp("sh", ["sh", "-c", f"echo {domain}; read line"])
"""


@pytest.fixture
def three_domains(monkeypatch):
    """Return a range of domains that no other run uses."""
    monkeypatch.setattr(domains, "FIRST_TEST_DOMAIN", 1001)
    monkeypatch.setattr(domains, "LAST_TEST_DOMAIN", 1003)
    monkeypatch.setattr(domains, "_claims", [])


def test_claims_differ_and_end_with_a_clear_error(three_domains):
    assert {domains.claim_domain() for _ in range(3)} == {1001, 1002, 1003}
    with pytest.raises(BootstrapError, match="taken by other runs"):
        domains.claim_domain()


def test_claim_is_given_back_with_its_holder(three_domains):
    for _ in range(3):
        domains.claim_domain()
    domains._claims.clear()
    assert domains.claim_domain() in range(1001, 1004)


def test_claim_holds_through_exec(monkeypatch):
    command = [sys.executable, "-c", CLAIM_AND_BECOME]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        domain = int(holder.stdout.readline())
        assert domains.FIRST_TEST_DOMAIN <= domain <= domains.LAST_TEST_DOMAIN
        monkeypatch.setattr(domains, "FIRST_TEST_DOMAIN", domain)
        monkeypatch.setattr(domains, "LAST_TEST_DOMAIN", domain)
        with pytest.raises(BootstrapError):
            domains.claim_domain()
