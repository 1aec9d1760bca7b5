# SPDX-License-Identifier: Apache-2.0
"""Compares the transport that a process really has with the one that it should have.

A Fast DDS profile that cannot be used is dropped with a line in a log, and the process goes on with
defaults. Which profile was loaded shows in the process itself: the shared memory that it owns, and
the UDP ports that it has bound.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from talus_ros.transport.transport_profile import (
    ExpectedTransport,
    TransportError,
    read_expected_transport,
)

FAST_RMW = "rmw_fastrtps"  # prefix of both implementations, _cpp and _dynamic_cpp
OWN_PROCESS = Path("/proc/self")
# The lock of a segment stays open in the process that owns it; other processes only map it
# (measured with Fast DDS 3.2).
_OWN_SEGMENT = re.compile(r"(/.*/(?:fastdds|fastrtps)_[0-9a-f]{16})_el")
_SOCKET = re.compile(r"socket:\[(\d+)\]")
# Share of a segment for the tables around its data: 4.8 % of 4 MB, 5.5 % of 0.5 MB (Fast DDS 3.2).
MOST_SEGMENT_OVERHEAD = 0.25
# DDSI-RTPS 2.3, 9.6.1.1: port base, and gain per domain; the first port of a domain takes multicast
# discovery.
DDS_PORT_BASE = 7400
DDS_PORTS_PER_DOMAIN = 250


@dataclass(frozen=True)
class ObservedTransport:
    """Holds the transport that a process has.

    Attributes:
        segments_bytes: Sizes of the shared memory that it owns for sending, bytes.
        udp_ports: UDP ports that it has bound.
    """

    segments_bytes: tuple[int, ...]
    udp_ports: frozenset[int]


@dataclass(frozen=True)
class TransportVerdict:
    """Holds the result of a check.

    Attributes:
        refusal: Why the robot must not be armed, in one line; empty if it may be.
        summary: What was found, in one line.
    """

    refusal: str
    summary: str


def check_transport(
    environment: Mapping[str, str], domain: int, rmw: str, process: Path = OWN_PROCESS
) -> TransportVerdict:
    """Judge the transport of a process that has joined the graph.

    Args:
        environment: Environment variables with which it was started.
        domain: ROS domain that it joined.
        rmw: Implementation of ROS's middleware that it loaded.
        process: Its folder below /proc.
    """
    asked_rmw = environment.get("RMW_IMPLEMENTATION") or rmw
    if asked_rmw != rmw:
        return _refused(f"RMW_IMPLEMENTATION is {asked_rmw}, but {rmw} is loaded")
    if not rmw.startswith(FAST_RMW):
        return TransportVerdict("", f"{rmw}: not Fast DDS, whose profile counts for nothing here")
    try:
        expected = read_expected_transport(environment, (process / "cwd").resolve())
    except TransportError as error:
        return _refused(str(error))
    observed = observe_transport(process)
    difference = find_difference(expected, observed, domain)
    if difference:
        return _refused(difference)
    return TransportVerdict("", describe(expected, observed))


def _refused(reason: str) -> TransportVerdict:
    return TransportVerdict(f"the transport is not as configured: {reason}", reason)


def observe_transport(process: Path = OWN_PROCESS) -> ObservedTransport:
    """Return the transport of a process, by its folder below /proc."""
    links = list(_links(process / "fd"))
    segments = [found[1] for link in links if (found := _OWN_SEGMENT.fullmatch(link))]
    sockets = {found[1] for link in links if (found := _SOCKET.fullmatch(link))}
    sizes = sorted(Path(name).stat().st_size for name in segments if Path(name).exists())
    ports = {
        port for table in ("udp", "udp6") for port in _bound_ports(process / "net" / table, sockets)
    }
    return ObservedTransport(tuple(sizes), frozenset(ports))


def find_difference(expected: ExpectedTransport, observed: ObservedTransport, domain: int) -> str:
    """Return in words what is not as expected; empty where all is."""
    first_port = DDS_PORT_BASE + DDS_PORTS_PER_DOMAIN * domain
    hears_multicast = first_port in observed.udp_ports
    has_udp = any(
        first_port <= port < first_port + DDS_PORTS_PER_DOMAIN for port in observed.udp_ports
    )
    if expected.segment_bytes is not None and not _has_segment(expected.segment_bytes, observed):
        found = ", ".join(map(str, observed.segments_bytes)) or "none"
        return (
            f"{expected.profile} asks for {expected.segment_bytes} bytes of shared memory, "
            f"this process has {found}: Fast DDS ignored the file, "
            "and its XMLPARSER or RTPS lines in the log say why"
        )
    if expected.wants_udp and not has_udp:
        return f"{expected.profile} asks for UDP, but no port of domain {domain} is bound"
    if expected.is_local and hears_multicast:
        return (
            f"discovery should stay on this machine, but port {first_port} hears the whole network"
        )
    if expected.is_local is False and not hears_multicast:
        return f"discovery should reach the network, but port {first_port} is not bound"
    return ""


def describe(expected: ExpectedTransport, observed: ObservedTransport) -> str:
    """Say in one line what a process has."""
    profile = "no profile" if expected.profile is None else str(expected.profile)
    memory = f"{max(observed.segments_bytes, default=0) / 1e6:.1f} MB of shared memory"
    is_stated = expected.segment_bytes is not None
    origin = ", Fast DDS's own: the profile names no size, and pictures need 4 MB"
    reaches = {True: "this machine only", False: "the network", None: "as the profile says"}
    shown = memory if is_stated else memory + origin
    return f"{profile}; {shown}; discovery: {reaches[expected.is_local]}"


def _has_segment(wanted: int, observed: ObservedTransport) -> bool:
    return any(
        wanted <= size <= wanted * (1.0 + MOST_SEGMENT_OVERHEAD) for size in observed.segments_bytes
    )


def _links(folder: Path) -> Iterator[str]:
    """Yield what the open files of a process link to."""
    for entry in folder.iterdir():
        try:
            yield os.readlink(entry)
        except OSError:
            continue  # the file was closed after it was listed


def _bound_ports(table: Path, sockets: set[str]) -> Iterator[int]:
    """Yield the ports of some sockets (inode numbers) from a table like /proc/net/udp, proc(5)."""
    if not table.exists():
        return  # the kernel has no IPv6
    for line in table.read_text().splitlines()[1:]:
        columns = line.split()
        if columns[9] in sockets:
            yield int(columns[1].rpartition(":")[2], 16)
