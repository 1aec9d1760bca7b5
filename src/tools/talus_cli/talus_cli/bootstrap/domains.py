# SPDX-License-Identifier: Apache-2.0
"""ROS domains that no other run of Talus on this machine uses."""

from __future__ import annotations

import random
import socket

from talus_cli.bootstrap.errors import BootstrapError

# Domains whose ports are below Linux's ephemeral ones end at 101; 0 and the first few are what people choose.
FIRST, LAST = 20, 101

_claims: list[socket.socket] = []


def claim_domain() -> int:
    """A ROS_DOMAIN_ID that is ours until this process ends, even if it becomes another program.

    The claim is an abstract socket's name: it vanishes with its holder, and, like DDS's ports, is seen by all
    users of this machine.
    """
    for domain in random.sample(range(FIRST, LAST + 1), LAST + 1 - FIRST):
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
        f"all ROS domains from {FIRST} to {LAST} are taken by other runs: end one, or set ROS_DOMAIN_ID"
    )
