# SPDX-License-Identifier: Apache-2.0
"""Asks a drive simulator for simulated time, from another process."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import numpy as np
from talus_core.driver import Battery, DriverError, GroundTruth, Injection

from talus_drive_simulator.body import BodySenses
from talus_drive_simulator.stage.server import CONTROL, socket_path

_ROOM_BYTES = 1 << 18
# Of a simulator that answers at once: it may be on a machine that is busy with a hundred others.
_PATIENCE_S = 300.0
_NOTHING = np.full(3, np.nan)
_NO_SENSES = BodySenses(_NOTHING, _NOTHING, np.full((2, 6), np.nan), Battery(*[float("nan")] * 5))


def connected_to(folder: Path) -> socket.socket:
    """Return a socket of requests to the simulator that listens in a folder.

    Raises DriverError where nobody listens.
    """
    path = socket_path(folder, CONTROL)
    wire = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        wire.connect(str(path))
    except OSError as error:
        wire.close()
        raise DriverError(
            f"nobody listens at '{path}' ({error.strerror or error}); start the simulator of "
            "the drives first: python -m talus_drive_simulator"
        ) from error
    return wire


class StageClient:
    """Talks to the control socket of one simulator.

    Attributes:
        time: Simulated time of the last answer, s.
        senses: What IMU, feet and pack said then.
        torque_left: (n,) share of its peak that each joint's motor could give then.
        energy_used: Energy taken from the battery by then, J.
        faults: Faults that acted then.
    """

    def __init__(self) -> None:
        """Begin without a simulator, at time 0."""
        self._socket: socket.socket | None = None
        self.time = 0.0
        self.senses = _NO_SENSES
        self.torque_left = np.ones(0)
        self.energy_used = 0.0
        self.faults: tuple[Injection, ...] = ()

    @classmethod
    def at(cls, folder: Path) -> StageClient:
        """Return a client of the simulator that listens in a folder. Raises DriverError."""
        client = cls()
        client.use(connected_to(folder))
        return client

    def use(self, wire: socket.socket) -> None:
        """Take a socket that is connected already, and ask what time it is. Raises DriverError."""
        self.close()
        wire.settimeout(_PATIENCE_S)
        self._socket = wire
        self._take(self._asked("time"))

    @property
    def is_open(self) -> bool:
        """Whether there is a simulator to ask."""
        return self._socket is not None

    def advance(self) -> None:
        """Let one control period pass; replies wait in the bus sockets afterwards."""
        self._take(self._asked("advance"))

    def reset(self) -> None:
        """Put body and drives back as after power-on."""
        self._take(self._asked("reset"))

    def lay_down(self) -> None:
        """Put the body alone back to its start, limp and at rest."""
        self._take(self._asked("lay_down"))

    def restart_bus(self, bus: str) -> None:
        """Bring the host's controller of a bus back. Raises ValueError for what cannot be."""
        self._asked("restart_bus", bus=bus)

    def ground_truth(self) -> GroundTruth:
        """Return where the base really is."""
        answer = self._asked("ground_truth")
        return GroundTruth(**{name: np.array(value) for name, value in answer.items()})

    def push(self, link: str, impulse: np.ndarray, duration: float) -> None:
        """Push a link. Raises ValueError for what cannot be."""
        self._asked("push", link=link, impulse=list(map(float, impulse)), duration=duration)

    def set_friction(self, target: str, friction: float) -> None:
        """Change the friction of a target. Raises ValueError for what cannot be."""
        self._asked("set_friction", target=target, friction=friction)

    def inject_fault(
        self, name: str, target: str = "", severity: float = 0.0, duration: float = 0.0
    ) -> Injection:
        """Stage a fault; return its record. Raises ValueError for what cannot be."""
        answer = self._asked(
            "inject_fault", name=name, target=target, severity=severity, duration=duration
        )
        return Injection(**answer)

    def qpos(self) -> np.ndarray:
        """Return MuJoCo's generalised positions of the whole scene, (nq,)."""
        return np.array(self._asked("qpos")["qpos"])

    def soles(self) -> np.ndarray:
        """Return the true places of both soles in the world, (2, 3), m."""
        return np.array(self._asked("soles")["soles"])

    def touching(self) -> dict[str, float]:
        """Return the links, but the feet, that touch the ground, with N each."""
        return self._asked("touching")

    def counts(self) -> dict[str, Any]:
        """Return by bus what happened on its wire so far."""
        return self._asked("counts")

    def close(self) -> None:
        """Leave; the simulator ends then. Idempotent."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _take(self, answer: dict[str, Any]) -> None:
        senses = answer["senses"]
        self.time = float(answer["time"])
        self.torque_left = np.array(answer["torque_left"])
        self.energy_used = float(answer["energy_used"])
        self.faults = tuple(Injection(**row) for row in answer["faults"])
        self.senses = BodySenses(
            np.array(senses["angular_velocity"]),
            np.array(senses["linear_acceleration"]),
            np.array(senses["foot_wrenches"]),
            Battery(**senses["battery"]),
        )

    def _asked(self, verb: str, **request: Any) -> dict[str, Any]:
        if self._socket is None:
            raise DriverError("the simulator of the drives does not run; connect starts it")
        try:
            self._socket.send(json.dumps({"verb": verb, **request}).encode())
            packet = self._socket.recv(_ROOM_BYTES)
        except OSError as error:
            raise DriverError(f"the simulator of the drives is gone: {error}") from error
        if not packet:
            raise DriverError("the simulator of the drives is gone: it closed its end")
        answer: dict[str, Any] = json.loads(packet)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer
