# SPDX-License-Identifier: Apache-2.0
"""Starts a drive simulator as a child that cannot outlive whoever started it.

Parent and child hold the two ends of pairs of sockets: there is no file to leave behind, nobody
else can connect, and when the parent is gone, however it went, the child reads the end and ends.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from talus_core.driver import DriverError, DriverSetup

from talus_drive_simulator.stage.client import StageClient
from talus_drive_simulator.stage.server import CONTROL

# To end after its client has left: it is in the middle of a period at most.
_END_PATIENCE_S = 60.0


class LaunchedStage:
    """Is a simulator that runs from `start` to `end`, and may be started anew.

    Attributes:
        client: What asks it for simulated time.
    """

    def __init__(self, setup: DriverSetup, wiring: Mapping[str, Any], body: Mapping[str, Any]):
        """Take robot, world and seed, `buses` and `drives`, and options of the body by name."""
        self.client = StageClient()
        self._wiring = json.dumps(wiring)
        self._buses = tuple(wiring["buses"])
        self._words = _words(setup, body)
        self._process: subprocess.Popen[bytes] | None = None
        self._wires: dict[str, socket.socket] = {}

    def start(self) -> None:
        """Start it, where it does not run. Raises DriverError with its own words."""
        if self._process is not None:
            return
        ours = {}
        theirs = {}
        with contextlib.ExitStack() as stack:
            said = stack.enter_context(tempfile.TemporaryFile())
            for name in (*self._buses, CONTROL):
                ours[name], theirs[name] = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                stack.callback(theirs[name].close)
            self._wires = ours
            joined = ",".join(f"{name}={wire.fileno()}" for name, wire in theirs.items())
            self._process = subprocess.Popen(
                [sys.executable, "-m", "talus_drive_simulator", *self._words, "--join", joined],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=said,
                pass_fds=[wire.fileno() for wire in theirs.values()],
            )
            for wire in theirs.values():
                wire.close()  # else the end of the child would not show
            try:
                self._begin()
            except DriverError as error:
                self.end()
                said.seek(0)
                words = said.read().decode(errors="replace").strip().splitlines()
                raise DriverError(f"can: {words[-1] if words else error}") from error

    def wire(self, bus: str) -> socket.socket:
        """Return a socket of frames of a bus, to be closed by the caller. Raises DriverError."""
        if bus not in self._wires:
            raise DriverError(f"can: bus {bus} has no simulator; connect starts it")
        return self._wires[bus].dup()

    def end(self) -> None:
        """End it and let go of all sockets. Idempotent."""
        process = self._process
        self._process = None
        self.client.close()
        for wire in self._wires.values():
            wire.close()
        self._wires = {}
        if process is None:
            return
        try:
            process.wait(_END_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _begin(self) -> None:
        process = self._process
        assert process is not None and process.stdin is not None  # just started
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(self._wiring.encode())
        self.client.use(self._wires[CONTROL])


def _words(setup: DriverSetup, body: Mapping[str, Any]) -> Sequence[str]:
    """Return what the command line of the simulator says for a setup."""
    return [
        str(setup.description.folder),
        *("--wiring", "-"),
        *("--rate", repr(1.0 / setup.period)),
        *("--world", setup.world),
        *("--worlds", setup.worlds),
        *("--seed", str(setup.seed)),
        *(
            word
            for name, value in body.items()
            for word in ("--set", f"{name}={json.dumps(value)}")
        ),
    ]
