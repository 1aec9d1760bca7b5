# SPDX-License-Identifier: Apache-2.0
"""Plays every documented command that starts the robot, with every body.

Run it by `./talus exec -- python tests/play_commands.py`.

Each is played to its end: the robot stands up, sits down, the command ends with code 0. What a
page shows without an end of its own is armed and stopped as its reader would do it.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from documented_commands import DRIVERS, PATIENCE_S, ROOT, STARTS, of_kind, played, starts
from nav_msgs.msg import Odometry
from std_srvs.srv import Trigger
from talus_core.errors import TalusError
from talus_core.words.modes import Mode
from talus_lab.scenario.graph_link_node import GraphLink

ASK_PERIOD_S = 1.0  # between two requests to arm, while nodes are still starting


def main(words: Sequence[str] | None = None) -> int:
    """Play, with a line for each command and body; return 1 where one did not do it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="WORD", help="commands with it")
    parser.add_argument("--drivers", nargs="+", default=DRIVERS, choices=DRIVERS)
    given = parser.parse_args(words)
    bad = 0
    for command in starts():
        for driver in given.drivers:
            if given.only in command:
                begin = time.monotonic()
                said = _play(command, driver)
                bad += bool(said)
                took = time.monotonic() - begin
                print(
                    f"{driver:6} {command}: {said or 'stood and stopped'} ({took:.0f} s)",
                    flush=True,
                )
    return int(bad > 0)


def _play(command: str, driver: str) -> str:
    """Return what went wrong; nothing where it stood and stopped."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if (of_kind(command) or "").startswith("./talus launch"):
            return _launched(command, driver, folder)
        done = played(command, driver, folder)
        lines = (done.stdout + done.stderr).strip().splitlines()
        return "" if done.returncode == 0 else f"code {done.returncode}: {' | '.join(lines[-4:])}"


def _launched(command: str, driver: str, folder: Path) -> str:
    """Start a launch file, arm, stand up, stop, and end it by Ctrl-C."""
    words = STARTS[of_kind(command) or ""].words(command, driver, folder)
    launch = [sys.executable, "-m", "talus_launch", *words[1:]]
    environment = {**os.environ, "TALUS_LOG_DIR": str(folder)}
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen(
            launch, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            problem = _stood_and_stopped()
            process.send_signal(signal.SIGINT)
            code = process.wait(PATIENCE_S)
        finally:
            process.kill()
    if problem or code:
        lines = (folder / "said.txt").read_text().splitlines()
        return f"{problem} code {code}: {' | '.join(lines[-4:])}"
    return ""


def _stood_and_stopped() -> str:
    """Arm as soon as all nodes are there, stand up, stop; return what went wrong."""
    link = GraphLink(lambda gate: None)
    link.patience = PATIENCE_S
    until = time.monotonic() + PATIENCE_S
    odometry: list[Odometry] = []
    link._link.subscribe(Odometry, "odom", odometry.append)
    try:
        link.wait_until(link.is_up, "a topic was silent")
        # What is armed before balance knows where the robot is stays limp.
        link.wait_until(lambda: bool(odometry), "no odometry")
        while not (said := link.call(Trigger, "safety/arm", Trigger.Request())).success:
            if time.monotonic() > until:
                return f"safety/arm: {said.message};"
            time.sleep(ASK_PERIOD_S)
        link.call(Trigger, "balance/stand", Trigger.Request())
        _reach(link, Mode.STANDING)
        link.call(Trigger, "safety/stop", Trigger.Request())
        _reach(link, Mode.LIMP)
    except TalusError as error:
        return f"{error};"
    finally:
        link.close()
    return ""


def _reach(link: GraphLink, mode: Mode) -> None:
    link.wait_until(lambda: link.newest["balance/state"].mode == mode, f"not {mode.words}")


if __name__ == "__main__":
    sys.exit(main())
