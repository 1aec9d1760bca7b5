# SPDX-License-Identifier: Apache-2.0
"""Reads from environment and Fast DDS profile what the transport of a process should be."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from talus_core.errors import TalusError, unknown_name_message
from talus_core.files.data_files import ContentError, xml_root

from talus_ros.transport.profile_schema import ProfileSchema, find_profile_schema, plain_tag

PROFILE_VARIABLES = (
    "FASTDDS_DEFAULT_PROFILES_FILE",
    "FASTRTPS_DEFAULT_PROFILES_FILE",
)  # variables that name the profile: since Fast DDS 3, and before
RANGE_VARIABLE = "ROS_AUTOMATIC_DISCOVERY_RANGE"
DISCOVERY_RANGES = ("OFF", "LOCALHOST", "SUBNET", "SYSTEM_DEFAULT")  # rcl, discovery_options.c
LOCAL_RANGES = ("OFF", "LOCALHOST")
UNASKED_PROFILE = "DEFAULT_FASTDDS_PROFILES.xml"  # Fast DDS also reads it from the working folder
# Bytes of shared memory per process where a profile names no segment_size; Fast DDS 2.14 to 3.2.
DEFAULT_SEGMENT_BYTES = 524_288
# Variables that are silently ignored where they are misspelt.
TRANSPORT_VARIABLES = (
    *PROFILE_VARIABLES,
    RANGE_VARIABLE,
    *(
        "ROS_DOMAIN_ID",
        "ROS_STATIC_PEERS",
        "ROS_LOCALHOST_ONLY",
        "ROS_DISCOVERY_SERVER",
        "RMW_IMPLEMENTATION",
    ),
    *(
        "ROS_SECURITY_ENABLE",
        "ROS_SECURITY_STRATEGY",
        "ROS_SECURITY_KEYSTORE",
        "ROS_SECURITY_ENCLAVE_OVERRIDE",
    ),
    *("FASTDDS_BUILTIN_TRANSPORTS", "FASTDDS_ENVIRONMENT_FILE", "SKIP_DEFAULT_XML_FILE"),
)
UNFOLLOWED = "Fast DDS would go on without it"
MISSPELT_LIKENESS = 0.88  # difflib's ratio, at which two letters in twenty differ


class TransportError(TalusError):
    """Says that a transport setting would be ignored; the message names file or variable."""


@dataclass(frozen=True)
class ExpectedTransport:
    """Holds what environment and profile ask for.

    Attributes:
        profile: File of the profile; None where none is named.
        segment_bytes: Shared memory for what this process sends, bytes; None where it is left to
            Fast DDS.
        wants_udp: Whether the profile names UDP among its transports.
        is_local: Whether discovery stays on this machine; None where it is left to the profile or
            to a discovery server.
    """

    profile: Path | None = None
    segment_bytes: int | None = None
    wants_udp: bool = False
    is_local: bool | None = None


def read_expected_transport(environment: Mapping[str, str], folder: Path) -> ExpectedTransport:
    """Return what a process with this environment, started in `folder`, should have.

    Raises TransportError where a setting would be ignored.
    """
    _refuse_misspelt(environment)
    _refuse_unasked_profile(environment, folder)
    discovery_range = environment.get(RANGE_VARIABLE, "") or "SUBNET"
    if discovery_range not in DISCOVERY_RANGES:
        raise TransportError(
            unknown_name_message(RANGE_VARIABLE, discovery_range, DISCOVERY_RANGES)
        )
    named = next((environment[name] for name in PROFILE_VARIABLES if environment.get(name)), None)
    schema = find_profile_schema(environment)
    profile = TransportProfile() if named is None else read_profile(folder / named, schema)
    has_server = bool(environment.get("ROS_DISCOVERY_SERVER"))
    is_left_open = discovery_range == "SYSTEM_DEFAULT" or has_server or profile.sets_discovery
    is_local = discovery_range in LOCAL_RANGES or environment.get("ROS_LOCALHOST_ONLY") == "1"
    return ExpectedTransport(
        profile=profile.file,
        segment_bytes=profile.segment_bytes,
        wants_udp="UDPv4" in profile.kinds,
        is_local=None if is_left_open else is_local,
    )


@dataclass(frozen=True)
class TransportProfile:
    """Holds what the default participant of a Fast DDS profile asks for; by default nothing.

    Attributes:
        file: File of the profile; None where there is none.
        kinds: Kinds of the transports that it names: SHM, UDPv4, ...; empty for Fast DDS's own.
        segment_bytes: Shared memory of a process, bytes; None where it names no SHM.
        sets_discovery: Whether it configures discovery, which may overrule the environment.
    """

    file: Path | None = None
    kinds: tuple[str, ...] = ()
    segment_bytes: int | None = None
    sets_discovery: bool = False


def read_profile(file: Path, schema: Path | None) -> TransportProfile:
    """Read a profile; raises TransportError, by name, for what makes Fast DDS ignore it."""
    document = _parsed(file)
    problem = "" if schema is None else ProfileSchema(schema).find_problem(document)
    if problem:
        raise TransportError(f"{file}: {problem}; {UNFOLLOWED}")
    elements = list(document.iter())
    described = [e for e in elements if plain_tag(e) == "transport_descriptor"]
    descriptors = {_text(e, "transport_id"): e for e in described}
    participant = next((e for e in elements if _is_default_participant(e)), None)
    if participant is None:
        if descriptors:
            raise TransportError(
                f"{file}: its transports count for nothing: "
                'no <participant> has is_default_profile="true"'
            )
        return TransportProfile(file)
    used = [_used_descriptor(file, name, descriptors) for name in _transport_names(participant)]
    shared = [e for e in used if _text(e, "type") == "SHM"]
    sizes = [_segment_bytes(file, e) for e in shared]
    return TransportProfile(
        file=file,
        kinds=tuple(_text(e, "type") for e in used),
        segment_bytes=max(sizes, default=None),
        sets_discovery=any(plain_tag(e) == "builtin" for e in participant.iter()),
    )


def _parsed(file: Path) -> ElementTree.Element:
    try:
        return xml_root(file.read_bytes())
    except OSError as error:
        raise TransportError(f"{file}: {error.strerror}; {UNFOLLOWED}") from error
    except ContentError as error:
        raise TransportError(f"{file}: {error}; {UNFOLLOWED}") from error


def _is_default_participant(element: ElementTree.Element) -> bool:
    return plain_tag(element) == "participant" and element.get("is_default_profile") == "true"


def _transport_names(participant: ElementTree.Element) -> list[str]:
    lists = [e for e in participant.iter() if plain_tag(e) == "userTransports"]
    return [
        (e.text or "").strip() for found in lists for e in found if plain_tag(e) == "transport_id"
    ]


def _used_descriptor(
    file: Path, name: str, descriptors: Mapping[str, ElementTree.Element]
) -> ElementTree.Element:
    if name not in descriptors:
        raise TransportError(f"{file}: {unknown_name_message('transport_id', name, descriptors)}")
    return descriptors[name]


def _segment_bytes(file: Path, descriptor: ElementTree.Element) -> int:
    text = _text(descriptor, "segment_size") or str(DEFAULT_SEGMENT_BYTES)
    if not text.isdecimal():
        raise TransportError(f"{file}: <segment_size> cannot be '{text}'; it is a number of bytes")
    return int(text)


def _text(element: ElementTree.Element, tag: str) -> str:
    """Return the text of a child element, or an empty text where there is none."""
    return next(((child.text or "").strip() for child in element if plain_tag(child) == tag), "")


def _refuse_misspelt(environment: Mapping[str, str]) -> None:
    for name in environment:
        if name in TRANSPORT_VARIABLES:
            continue
        meant = get_close_matches(name, TRANSPORT_VARIABLES, n=1, cutoff=MISSPELT_LIKENESS)
        if meant:
            raise TransportError(
                f"environment variable {name} means nothing to ROS; did you mean {meant[0]}?"
            )


def _refuse_unasked_profile(environment: Mapping[str, str], folder: Path) -> None:
    is_skipped = environment.get("SKIP_DEFAULT_XML_FILE") == "1"
    if not is_skipped and (folder / UNASKED_PROFILE).exists():
        raise TransportError(
            f"{folder / UNASKED_PROFILE}: Fast DDS reads it besides the profile that is named; "
            f"name it in {PROFILE_VARIABLES[0]}, or set SKIP_DEFAULT_XML_FILE=1"
        )
