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


class StageClient:
    """Talks to the control socket of one simulator.

    Attributes:
        time: Simulated time of the last answer, s.
        senses: What IMU, feet and pack said then.
        torque_left: (n,) share of its peak that each joint's motor could give then.
        energy_used: Energy taken from the battery by then, J.
        faults: Faults that acted then.
    """

    def __init__(self, folder: Path):
        """Connect, and ask what time it is. Raises DriverError where nobody listens."""
        path = socket_path(folder, CONTROL)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(_PATIENCE_S)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise DriverError(
                f"nobody listens at '{path}' ({error.strerror or error}); start the simulator of "
                "the drives first: python -m talus_drive_simulator"
            ) from error
        self._take(self._asked("time"))

    def advance(self) -> None:
        """Let one control period pass; replies wait in the bus sockets afterwards."""
        self._take(self._asked("advance"))

    def reset(self) -> None:
        """Put body and drives back as after power-on."""
        self._take(self._asked("reset"))

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

    def counts(self) -> dict[str, Any]:
        """Return by bus what happened on its wire so far."""
        return self._asked("counts")

    def close(self) -> None:
        """Leave; the simulator ends then."""
        self._socket.close()

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
