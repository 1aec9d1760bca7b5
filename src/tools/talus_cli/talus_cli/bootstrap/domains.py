# SPDX-License-Identifier: Apache-2.0
"""Claims ROS domains that no other run of Talus on this machine uses."""

from __future__ import annotations

import random
import socket

from talus_cli.bootstrap.errors import BootstrapError

# Domains whose ports are below Linux's ephemeral ones end at 101; 0 and the first few are what
# people choose.
FIRST_TEST_DOMAIN = 20
LAST_TEST_DOMAIN = 101

_claims: list[socket.socket] = []


def claim_domain() -> int:
    """Return a ROS domain that is ours until this process ends, whatever program it becomes.

    The claim is an abstract socket's name: it vanishes with its holder, and, like DDS's ports, is
    seen by all users of this machine.
    """
    for domain in random.sample(
        range(FIRST_TEST_DOMAIN, LAST_TEST_DOMAIN + 1), LAST_TEST_DOMAIN + 1 - FIRST_TEST_DOMAIN
    ):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0talus-ros-domain-{domain}")
        except OSError:
            claim.close()
            continue
        claim.set_inheritable(True)
        _claims.append(claim)
        return domain
    raise BootstrapError(
        f"all ROS domains from {FIRST_TEST_DOMAIN} to {LAST_TEST_DOMAIN} are taken by other runs: "
        "end one, or set ROS_DOMAIN_ID"
    )
