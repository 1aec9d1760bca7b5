# SPDX-License-Identifier: Apache-2.0
"""Loads the balance node's learned policy, or says why not, and offers its service."""

from __future__ import annotations

import time

from rclpy.node import Node
from std_srvs.srv import SetBool
from talus_core.robot import RobotDescription
from talus_ros.intake.intake_node import intakes_of

from talus_balance.conversions import answered
from talus_balance.policy.manifest import PolicyError
from talus_balance.policy.policy import load_policy
from talus_balance.policy.seat import PolicySeat, PolicyState


def policy_seat(node: Node, path: str, description: RobotDescription, dt: float) -> PolicySeat:
    """Return the seat of the policy whose manifest is at `path`; an empty path means no policy.

    A policy that does not fit is refused in one line of the log.
    """
    policy = None
    refusal = ""
    if path:
        try:
            policy = load_policy(path, description, dt, time.thread_time)
        except PolicyError as error:
            refusal = str(error)
            node.get_logger().error(f"{refusal}; the model-based controller drives alone")
    seat = PolicySeat(description, dt, policy, refusal)
    intakes_of(node).serve(SetBool, "balance/policy", lambda *exchange: _want(seat, *exchange))
    return seat


def is_trouble(seat: PolicySeat) -> bool:
    """Tell whether a person should look at the policy."""
    return seat.state in (PolicyState.REFUSED, PolicyState.FALLBACK)


def _want(
    seat: PolicySeat, request: SetBool.Request, response: SetBool.Response
) -> SetBool.Response:
    done = (
        "the policy drives where it may"
        if request.data
        else "the model-based controller drives alone"
    )
    return answered(response, seat.want(request.data), done)
