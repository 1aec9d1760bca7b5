# SPDX-License-Identifier: Apache-2.0
"""Keeps rclpy's own parameter services alive, which raise at values that they cannot convert."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.node import Node

Refuse = Callable[[str, Exception], None]


def guard_parameter_services(node: Node, refuse: Refuse) -> None:
    """Put a shell around all services that a node has from its birth.

    `refuse` is told the service and what it raised; the caller gets an answer that says so.
    """
    for service in node.services:
        guard = _GUARDS.get(service.srv_type, _answer_nothing)
        service.callback = partial(guard, service.callback, service.srv_name, refuse)


def _set_each(callback: Any, name: str, refuse: Refuse, request: Any, response: Any) -> Any:
    """Set parameters one by one, so that the answer is true for each of them."""
    for parameter in request.parameters:
        one = SetParameters.Request(parameters=[parameter])
        try:
            response.results += callback(one, SetParameters.Response()).results
        except Exception as error:  # rclpy converts and checks the value without a net
            refuse(name, error)
            response.results.append(_failed(error))
    return response


def _set_together(callback: Any, name: str, refuse: Refuse, request: Any, response: Any) -> Any:
    try:
        return callback(request, response)
    except Exception as error:  # rclpy converts and checks the values without a net
        refuse(name, error)
        return SetParametersAtomically.Response(result=_failed(error))


def _answer_nothing(callback: Any, name: str, refuse: Refuse, request: Any, response: Any) -> Any:
    try:
        return callback(request, response)
    except Exception as error:  # a request must not end the node
        refuse(name, error)
        return type(response)()


def _failed(error: Exception) -> SetParametersResult:
    return SetParametersResult(
        successful=False, reason=f"{type(error).__name__}: {error}; set a value of a known type"
    )


_GUARDS = {SetParameters: _set_each, SetParametersAtomically: _set_together}
