# SPDX-License-Identifier: Apache-2.0
"""Reports what this machine has and lacks, each line with its remedy."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from talus_core.machine.places import find_write_problem
from talus_core.machine.terminal import tell

from talus_cli.bootstrap import environment as environments
from talus_cli.bootstrap.examining.finding import Finding
from talus_cli.bootstrap.examining.surroundings import examine_choices, examine_places
from talus_cli.bootstrap.installing import system
from talus_cli.bootstrap.installing.venv import NEEDED_BYTES
from talus_cli.bootstrap.preparing.build import brought_by_ros
from talus_cli.bootstrap.preparing.readiness import cached_environment
from talus_cli.bootstrap.workspace import Workspace

BYTES_PER_GIB = 1024**3
WANTED_CORES = 2
WANTED_MEMORY = (
    3.5 * BYTES_PER_GIB
)  # the whole stack takes 1.5 GB, the build about 1 GB for each core
WANTED_SHARED_MEMORY = 256 * 1024**2  # Fast DDS keeps each process's messages there
VIEW_PORT = 8080  # default of the web view
# Name the profile of Fast DDS: since its version 3, and before.
PROFILE_VARIABLE_NAMES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")

_RENDER = """
import mujoco
context = mujoco.GLContext(8, 8)
context.make_current()
from OpenGL import GL
print(GL.glGetString(GL.GL_RENDERER).decode())
"""

_NODE_NAMES = "from talus_core.graph.node_table import NODES; print(*NODES.names)"
NODE_NAME_RULE = b"__node:="  # begins the word by which a launch file names a process's node


def report(workspace: Workspace) -> int:
    """Print every finding; exit code 0 if Talus can run here, or be made to by `./talus build`."""
    is_fit = True
    for finding in examine(workspace):
        tell(str(finding))
        is_fit &= not (finding.remedy and finding.is_needed)
    tell(
        "Talus can run here." if is_fit else "Talus cannot run here yet: see the lines marked LACK."
    )
    return 0 if is_fit else 1


def examine(workspace: Workspace) -> Iterator[Finding]:
    """Return all findings, in the order of a first start."""
    yield _machine()
    yield _python()
    yield from map(_part, system.BUILD_PARTS)
    yield from _resources(workspace)
    yield _ros(workspace)
    yield from _workspace(workspace)
    yield _part(system.BROWSER)
    yield _port()
    yield _left_over(workspace)


def _machine() -> Finding:
    value = f"{platform.system()} {platform.release()} on {platform.machine()}"
    is_fit = platform.system() == "Linux" and platform.machine() == "x86_64"
    return Finding("machine", value, "" if is_fit else "Talus needs Linux on x86-64", True)


def _python() -> Finding:
    is_fit = system.PYTHONS[0] <= sys.version_info[:2] <= system.PYTHONS[1]
    value = f"{platform.python_version()} at {sys.executable}"
    return Finding("python", value, "" if is_fit else "install Python 3.10 to 3.13", True)


def _part(part: system.SystemPart) -> Finding:
    remedy = "" if part.is_there() else part.remedy
    return Finding(part.name, "missing" if remedy else "found", remedy, part in system.BUILD_PARTS)


def _resources(workspace: Workspace) -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0))
    yield Finding(
        "cores",
        str(cores),
        "" if cores >= WANTED_CORES else "simulated time will run slower than real time",
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    yield _size("memory", memory, WANTED_MEMORY, "close other programs while it builds and runs")
    remedy = "mount it larger: mount -o remount,size=512M /dev/shm (containers: --shm-size 512m)"
    yield _size("/dev/shm", shutil.disk_usage("/dev/shm").total, WANTED_SHARED_MEMORY, remedy)
    if not workspace.python.exists():
        yield _size(
            "free disk",
            shutil.disk_usage(workspace.root).free,
            NEEDED_BYTES,
            "free 3 GB",
            is_needed=True,
        )


def _size(
    subject: str, value: float, wanted: float, remedy: str, is_needed: bool = False
) -> Finding:
    return Finding(
        subject, f"{value / BYTES_PER_GIB:.1f} GiB", "" if value >= wanted else remedy, is_needed
    )


def _ros(workspace: Workspace) -> Finding:
    if not workspace.distro:
        return Finding("ROS 2", "none sourced; Kilted's Python wheels serve")
    can_import = (
        subprocess.run([sys.executable, "-c", "import rclpy"], capture_output=True).returncode == 0
    )
    remedy = (
        ""
        if can_import
        else f"{sys.executable} cannot import rclpy: source it wholly, or unset ROS_DISTRO"
    )
    skipped = ", ".join(sorted(brought_by_ros(workspace))) or "nothing"
    return Finding("ROS 2", f"{workspace.distro}, sourced; it brings {skipped}", remedy, True)


def _workspace(workspace: Workspace) -> Iterator[Finding]:
    cached = cached_environment(workspace)
    if not cached:
        yield _unbuilt(workspace)
        yield from examine_places({**os.environ, "TALUS_ROOT": str(workspace.root)})
        yield _part(system.RENDERING)
        return
    yield Finding("workspace", "built")
    prepared = environments.apply(cached, os.environ)
    yield from examine_places(prepared)
    yield from examine_choices(cached, os.environ, prepared)
    prepared = environments.with_ros_log(prepared)
    drawn = subprocess.run(
        [workspace.python, "-c", _RENDER], env=prepared, capture_output=True, text=True
    )
    remedy = "" if drawn.returncode == 0 else f"apt install {' '.join(system.RENDERING.packages)}"
    yield Finding("rendering", drawn.stdout.strip() or "no picture could be drawn", remedy)
    yield _transport(workspace, prepared)
    yield _nodes(workspace, prepared)


def _unbuilt(workspace: Workspace) -> Finding:
    unwritable = find_write_problem(workspace.state)
    problem = workspace.path_problem or (
        f"build it where it can be written: {unwritable}" if unwritable else ""
    )
    remedy = problem or "the next command does it"
    return Finding("workspace", "to be built", remedy, is_needed=bool(problem))


def _transport(workspace: Workspace, environment: Mapping[str, str]) -> Finding:
    """Join the graph as a launch's nodes do, and read back what Fast DDS made of its profile."""
    own = next(
        (environment[name] for name in PROFILE_VARIABLE_NAMES if environment.get(name)), None
    )
    variable = PROFILE_VARIABLE_NAMES[workspace.distro == "jazzy"]
    profile = own or str(workspace.root / "config" / "fastdds.xml")
    joined = subprocess.run(
        [workspace.python, "-m", "talus_ros.transport.transport_check_node"],
        env={**environment, variable: profile},
        capture_output=True,
        text=True,
    )
    said = (joined.stdout.splitlines() or joined.stderr.splitlines() or ["no word of it"])[-1]
    remedy = "" if joined.returncode == 0 else "mend it: nothing can be armed until then"
    return Finding("transport", said, remedy, is_needed=True)


def _nodes(workspace: Workspace, environment: Mapping[str, str]) -> Finding:
    """Return which nodes of the node table run now, and which others of this machine."""
    asked = subprocess.run(
        [workspace.python, "-c", _NODE_NAMES], env=environment, capture_output=True, text=True
    )
    running = set(_node_names())
    of_table = asked.stdout.split()
    states = [f"{name} {'runs' if name in running else '-'}" for name in of_table]
    states += [f"{name} runs" for name in sorted(running.difference(of_table))]
    remedy = "" if asked.returncode == 0 else "the node table cannot be read: ./talus build"
    return Finding("nodes", ", ".join(states), remedy)


def _port() -> Finding:
    with socket.socket() as probe:
        is_taken = probe.connect_ex(("127.0.0.1", VIEW_PORT)) == 0
    remedy = "end the program that uses it, or choose another port" if is_taken else ""
    return Finding(f"port {VIEW_PORT}", "in use" if is_taken else "free for the web view", remedy)


def _left_over(workspace: Workspace) -> Finding:
    processes = list(_processes_below(workspace.install))
    if not processes:
        return Finding("processes", "none of this workspace's runs")
    return Finding(
        "processes",
        f"running: {', '.join(processes)}",
        f"if they are forgotten: kill {' '.join(processes)}",
    )


def _node_names() -> Iterator[str]:
    """Return the names that launch files gave to the processes that run on this machine."""
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue  # it ended, or is not ours to see
        for word in words:
            if word.startswith(NODE_NAME_RULE):
                yield word.removeprefix(NODE_NAME_RULE).decode(errors="replace")


def _processes_below(folder: Path) -> Iterator[str]:
    """Return ids of the processes whose command line names a file of this folder."""
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"{folder}/".encode() in (entry / "cmdline").read_bytes():
                yield entry.name
        except OSError:
            continue  # it ended, or is not ours to see
