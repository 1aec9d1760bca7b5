# SPDX-License-Identifier: Apache-2.0
"""Drives a headless Chromium over the W3C WebDriver protocol of chromedriver, for tests."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from time import sleep
from types import TracebackType
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import cv2
import numpy as np
from talus_cli.bootstrap.installing.system import find_browser

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--window-size=1280,860",
)
TIMEOUT = 300.0  # s of wall time for one request: software rendering on two busy cores


class Browser:
    """Drives the one open page by `title`, `script`, `press`...; use it as a context."""

    def __enter__(self) -> Browser:
        program, driver = find_browser()
        self._is_killed = False
        self._scratch = tempfile.mkdtemp(
            prefix="talus_browser_"
        )  # a killed browser does not tidy up
        self._driver = subprocess.Popen(
            [driver, "--port=0"],
            env={**os.environ, "TMPDIR": self._scratch},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            self._root = f"http://127.0.0.1:{self._port()}"
            options = {"args": FLAGS, "binary": program}
            wanted = {"browserName": "chrome", "goog:chromeOptions": options}
            wanted["timeouts"] = {"script": int(1000 * TIMEOUT), "pageLoad": int(1000 * TIMEOUT)}
            session = self._send("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
            self._session, self._browser = (
                session["sessionId"],
                session["capabilities"]["goog:processID"],
            )
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if not self._is_killed:  # else chromedriver would look for it for half a minute
                self._send("DELETE", f"/session/{self._session}")
        finally:
            self._end()

    def open(self, address: str) -> None:
        """Load a page in the browser."""
        self._do("url", url=address)

    def script(self, body: str, *arguments: object) -> object:
        """Run JavaScript in the page and give back its `return` value."""
        return self._do("execute/sync", script=body, args=list(arguments))

    def screenshot(self) -> np.ndarray:
        """Return the window as (h, w, 3) uint8 red, green, blue."""
        png = base64.b64decode(self._send("GET", f"/session/{self._session}/screenshot"))
        return cv2.cvtColor(
            cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB
        )

    def text(self) -> str:
        """Return all text that the page shows."""
        return self.script("return document.body.innerText")

    def kill(self) -> None:
        """Kill the browser without a word, as when its machine loses power.

        When this returns, none of its processes runs any more.
        """
        self._is_killed = True
        family = _family(self._browser)
        for process in family:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGSTOP)  # all at once: none acts on the death of another
        family |= _family(self._browser)
        for process in family:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(map(_runs, family)):
            sleep(0.01)

    def has_button(self, label: str) -> bool:
        """Return whether a button with this label can be seen."""
        return self._centre(label) is not None

    def press(self, label: str) -> None:
        """Press the mouse button down on the button with this label."""
        centre = self._centre(label)
        assert centre is not None, f"no button '{label}' on the page"
        x, y = centre
        self._pointer({"type": "pointerMove", "x": x, "y": y}, {"type": "pointerDown", "button": 0})

    def release(self) -> None:
        """Release the mouse button where it is."""
        self._pointer({"type": "pointerUp", "button": 0})

    def click(self, label: str) -> None:
        """Press and release the button."""
        self.press(label)
        self.release()

    def type(self, key: str) -> None:
        """Press and release a key, named as WebDriver names it."""
        steps = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._do("actions", actions=[{"type": "key", "id": "keyboard", "actions": steps}])

    def tick(self, label: str) -> None:
        """Toggle the checkbox with this label."""
        self.script(
            """const labels = [...document.querySelectorAll('label')];
            const label = labels.find(l => l.innerText.trim() === arguments[0]);
               document.getElementById(label.htmlFor).click();""",
            label,
        )

    def _centre(self, label: str) -> tuple[int, int] | None:
        found = self.script(
            """const button = [...document.querySelectorAll('button')]
                 .find(b => b.innerText.trim() === arguments[0] && b.offsetParent !== null);
               if (!button) return null;
               button.scrollIntoView({block: 'center'});
               const box = button.getBoundingClientRect();
               return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];""",
            label,
        )
        return tuple(found) if found else None

    def _pointer(self, *steps: dict) -> None:
        mouse = {
            "type": "pointer",
            "id": "mouse",
            "parameters": {"pointerType": "mouse"},
            "actions": list(steps),
        }
        self._do("actions", actions=[mouse])

    def _do(self, command: str, **body: object) -> object:
        return self._send("POST", f"/session/{self._session}/{command}", body)

    def _send(self, method: str, path: str, body: dict | None = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = Request(
            self._root + path,
            data=data,
            method=method,
            headers={"Content-Type": "application/json"},
        )
        try:
            with urlopen(request, timeout=TIMEOUT) as reply:
                return json.load(reply)["value"]
        except HTTPError as error:
            raise RuntimeError(
                f"{method} {path}: {json.load(error)['value']['message']}"
            ) from error

    def _port(self) -> int:
        for line in self._driver.stdout:
            if started := re.search(r"started successfully on port (\d+)", line):
                return int(started.group(1))
        raise RuntimeError("chromedriver did not start")

    def _end(self) -> None:
        self._driver.terminate()
        self._driver.wait(timeout=TIMEOUT)
        shutil.rmtree(self._scratch, ignore_errors=True)


def _family(process: int) -> set[int]:
    """Return a process and all that it and its children started."""
    found = {process}
    with suppress(OSError):
        for file in Path(f"/proc/{process}/task").glob("*/children"):
            for child in file.read_text().split():
                found |= _family(int(child))
    return found


def _runs(process: int) -> bool:
    """Return whether a process can still act: it is there, and no zombie."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"
