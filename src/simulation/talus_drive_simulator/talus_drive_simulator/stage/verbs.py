# SPDX-License-Identifier: Apache-2.0
"""Answers what a client asks of simulated time, in plain JSON; knows no socket."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from talus_core.driver import Injection
from talus_core.errors import RefusedInputError, TalusError, unknown_name_message
from talus_simulation.faults.catalogue import FaultRequest

from talus_drive_simulator.body import BodySenses
from talus_drive_simulator.faults import FaultStager
from talus_drive_simulator.simulator import DriveSimulator

Answer = dict[str, Any]


class StageVerbs:
    """Does what a request asks for; a request is {"verb": name, ...}, an answer a JSON object.

    What cannot be done is answered by {"error": one line}.
    """

    def __init__(self, simulator: DriveSimulator):
        """Take what is simulated."""
        self._simulator = simulator
        self._stager = FaultStager(simulator)
        self._senses = simulator.body.senses()
        self._verbs: Mapping[str, Callable[[Mapping[str, Any]], Answer]] = {
            "advance": self._advance,
            "time": self._time,
            "reset": self._reset,
            "lay_down": self._lay_down,
            "restart_bus": self._restart_bus,
            "ground_truth": self._ground_truth,
            "push": self._push,
            "set_friction": self._set_friction,
            "inject_fault": self._inject_fault,
            "counts": self._counts,
            "qpos": self._qpos,
            "soles": self._soles,
            "touching": self._touching,
        }

    def answer(self, packet: bytes) -> bytes:
        """Return the answer to the request in a packet; never raises for what is in it."""
        try:
            request = json.loads(packet)
            if not isinstance(request, dict):
                raise RefusedInputError(f"the request is {request!r}; it must be an object")
            name = str(request.get("verb"))
            if name not in self._verbs:
                raise RefusedInputError(unknown_name_message("verb", name, self._verbs))
            answer = self._verbs[name](request)
        except (TalusError, ValueError, TypeError, OverflowError) as error:
            answer = {"error": " ".join(str(error).split())}
        return json.dumps(answer).encode()

    def _advance(self, request: Mapping[str, Any]) -> Answer:
        self._stager.begin_tick()
        self._senses = self._simulator.advance()
        return self._now()

    def _time(self, request: Mapping[str, Any]) -> Answer:
        return self._now()

    def _reset(self, request: Mapping[str, Any]) -> Answer:
        self._stager.clear()
        self._simulator.reset()
        self._senses = self._simulator.body.senses()
        return self._now()

    def _lay_down(self, request: Mapping[str, Any]) -> Answer:
        self._simulator.body.reset()
        self._senses = self._simulator.body.senses()
        return self._now()

    def _restart_bus(self, request: Mapping[str, Any]) -> Answer:
        self._simulator.bus(str(request.get("bus"))).wire.restart_host(self._simulator.now)
        return {}

    def _now(self) -> Answer:
        return {
            "time": self._simulator.time,
            "period": self._simulator.period,
            "senses": senses_to_json(self._senses),
            "torque_left": self._simulator.body.torque_left.tolist(),
            "energy_used": self._simulator.body.energy_used,
            "faults": [_injection(item) for item in self._active()],
        }

    def _active(self) -> list[Injection]:
        return [*self._stager.active, *self._simulator.body.faults]

    def _qpos(self, request: Mapping[str, Any]) -> Answer:
        return {"qpos": self._simulator.body.qpos.tolist()}

    def _soles(self, request: Mapping[str, Any]) -> Answer:
        return {"soles": self._simulator.body.soles.tolist()}

    def _touching(self, request: Mapping[str, Any]) -> Answer:
        return dict(self._simulator.body.touching())

    def _ground_truth(self, request: Mapping[str, Any]) -> Answer:
        truth = self._simulator.body.ground_truth()
        return {name: np.asarray(value).tolist() for name, value in asdict(truth).items()}

    def _push(self, request: Mapping[str, Any]) -> Answer:
        impulse = np.array([_number(item) for item in _list(request, "impulse", 3)])
        duration = _number(request.get("duration"))
        self._simulator.body.push(str(request.get("link")), impulse, duration)
        return {}

    def _set_friction(self, request: Mapping[str, Any]) -> Answer:
        friction = _number(request.get("friction"))
        self._simulator.body.set_friction(str(request.get("target")), friction)
        return {}

    def _inject_fault(self, request: Mapping[str, Any]) -> Answer:
        fault = FaultRequest(
            name=str(request.get("name")),
            target=str(request.get("target", "")),
            severity=_number(request.get("severity", 0.0)),
            duration=_number(request.get("duration", 0.0)),
        )
        return _injection(self._stager.inject(fault))

    def _counts(self, request: Mapping[str, Any]) -> Answer:
        return {name: dict(row) for name, row in self._simulator.counts().items()}


def senses_to_json(senses: BodySenses) -> Answer:
    """Return senses as plain numbers; not-a-number travels as NaN, as Python writes it."""
    return {
        "angular_velocity": senses.angular_velocity.tolist(),
        "linear_acceleration": senses.linear_acceleration.tolist(),
        "foot_wrenches": senses.foot_wrenches.tolist(),
        "battery": asdict(senses.battery),
    }


def _injection(injection: Injection) -> Answer:
    return asdict(injection)


def _number(value: Any) -> float:
    """Return a finite number. Raises RefusedInputError."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):
        raise RefusedInputError(f"there is {value!r} where a finite number must be")
    return float(value)


def _list(request: Mapping[str, Any], name: str, size: int) -> list[Any]:
    value = request.get(name)
    if not isinstance(value, list) or len(value) != size:
        raise RefusedInputError(f"{name} is {value!r}; it must be {size} numbers")
    return value
