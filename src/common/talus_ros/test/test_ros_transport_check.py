# SPDX-License-Identifier: Apache-2.0
"""What a Fast DDS profile asks for, what a process has, and how the two can differ."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from talus_ros.transport.profile_schema import find_profile_schema
from talus_ros.transport.transport_check import (
    ObservedTransport,
    check_transport,
    find_difference,
    observe_transport,
)
from talus_ros.transport.transport_profile import (
    UNASKED_PROFILE,
    ExpectedTransport,
    TransportError,
    read_expected_transport,
    read_profile,
)

RIGHT = """\
<dds xmlns="http://www.eprosima.com"><profiles>
  <transport_descriptors>
    <transport_descriptor>
      <transport_id>memory</transport_id><type>SHM</type><segment_size>4194304</segment_size>
    </transport_descriptor>
    <transport_descriptor><transport_id>network</transport_id><type>UDPv4</type></transport_descriptor>
  </transport_descriptors>
  <participant profile_name="p" is_default_profile="true"><rtps>
    <userTransports>
      <transport_id>memory</transport_id><transport_id>network</transport_id>
    </userTransports>
    <useBuiltinTransports>false</useBuiltinTransports>
  </rtps></participant>
</profiles></dds>
"""
NO_SIZES = """\
<dds xmlns="http://www.eprosima.com"><profiles>
  <participant profile_name="mine" is_default_profile="true">
    <rtps><name>my_profile</name></rtps>
  </participant>
</profiles></dds>
"""
SCHEMA = find_profile_schema(os.environ)
SEGMENT, DEFAULT_SEGMENT = 4_395_008, 552_960  # as Fast DDS 3.2 makes them of 4 MiB and by default
LOCAL = {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}


@pytest.fixture
def profile(tmp_path):
    def write(text: str) -> Path:
        file = tmp_path / "profile.xml"
        file.write_text(text)
        return file

    return write


def test_the_right_profile(profile):
    file = profile(RIGHT)
    expected = read_expected_transport(
        {**LOCAL, "FASTDDS_DEFAULT_PROFILES_FILE": str(file)}, file.parent
    )
    assert expected == ExpectedTransport(file, 4_194_304, wants_udp=True, is_local=True)


def test_a_profile_of_the_users_without_sizes(profile):
    file = profile(NO_SIZES)
    expected = read_expected_transport(
        {**LOCAL, "FASTRTPS_DEFAULT_PROFILES_FILE": file.name}, file.parent
    )
    assert expected == ExpectedTransport(file, None, wants_udp=False, is_local=True)


WRONG = {
    "broken": (RIGHT.replace("</dds>", ""), "not valid XML: no element found"),
    "element": (RIGHT.replace("segment_size", "segment_syze"), "'segment_syze'; nearest"),
    "place": (RIGHT.replace("useBuiltinTransports", "address"), "element of <rtps> 'address'"),
    "number": (RIGHT.replace("4194304", "4MB"), "<segment_size> cannot be '4MB'"),
    "negative": (RIGHT.replace("4194304", "-1"), "<segment_size> cannot be '-1'"),
    "word": (RIGHT.replace("SHM", "SHMM"), "<type> cannot be 'SHMM'"),
    "boolean": (RIGHT.replace(">false<", ">nein<"), "<useBuiltinTransports> cannot be 'nein'"),
    "root": (RIGHT.replace("dds", "sdd"), "unknown first element '<sdd>'"),
    "not default": (RIGHT.replace(' is_default_profile="true"', ""), "no <participant> has is_d"),
    "reference": (RIGHT.replace("memory</transport_id><type>", "m</transport_id><type>"),
                  "unknown transport_id 'memory'"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named_with_its_file(profile, name):
    assert SCHEMA is not None
    text, said = WRONG[name]
    with pytest.raises(TransportError) as raised:
        read_profile(profile(text), SCHEMA)
    assert said in str(raised.value)
    assert "profile.xml" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TransportError, match=r"mine\.xml: No such file or directory"):
        read_expected_transport({"FASTDDS_DEFAULT_PROFILES_FILE": "mine.xml"}, tmp_path)


def test_without_a_schema_sizes_are_checked_all_the_same(profile):
    with pytest.raises(TransportError, match="4MB"):
        read_profile(profile(RIGHT.replace("4194304", "4MB")), None)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHSOT"}, "'LOCALHSOT'; nearest: LOCALHOST"),
        ({"ROS_AUTOMATIC_DISCOVERY_RANG": "OFF"}, "did you mean ROS_AUTOMATIC_DISCOVERY_RANGE?"),
        ({"FASTDDS_DEFAULT_PROFILE_FILE": "x.xml"}, "did you mean FASTDDS_DEFAULT_PROFILES_FILE?"),
        ({"ROS_SECURITY_ENABLED": "true"}, "did you mean ROS_SECURITY_ENABLE?"),
        ({"ROS_DOMIAN_ID": "5"}, "did you mean ROS_DOMAIN_ID?"),
    ],
)
def test_what_would_be_ignored_in_the_environment_is_named(tmp_path, environment, said):
    with pytest.raises(TransportError) as raised:
        read_expected_transport(environment, tmp_path)
    assert said in str(raised.value)


def test_an_ordinary_environment_is_no_error(tmp_path):
    ordinary = {
        "ROS_DISTRO": "kilted",
        "ROS_VERSION": "2",
        "ROS_PYTHON_VERSION": "3",
        "ROS_LOG_DIR": "/x",
        "PATH": "",
    }
    assert read_expected_transport(ordinary, tmp_path) == ExpectedTransport(is_local=False)


def test_a_profile_that_nobody_named_is_named(tmp_path):
    (tmp_path / UNASKED_PROFILE).write_text(NO_SIZES)
    with pytest.raises(TransportError, match=UNASKED_PROFILE):
        read_expected_transport({}, tmp_path)
    read_expected_transport({"SKIP_DEFAULT_XML_FILE": "1"}, tmp_path)


@pytest.mark.parametrize(
    ("environment", "is_local"),
    [
        ({}, False),
        (LOCAL, True),
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "OFF"}, True),
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}, False),
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET", "ROS_LOCALHOST_ONLY": "1"}, True),
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "SYSTEM_DEFAULT"}, None),
        ({"ROS_DISCOVERY_SERVER": "10.0.0.1:11811"}, None),
    ],
)
def test_how_far_discovery_should_reach(tmp_path, environment, is_local):
    assert read_expected_transport(environment, tmp_path).is_local is is_local


def test_a_profile_with_a_discovery_of_its_own_is_left_alone(profile):
    text = NO_SIZES.replace(
        "<name>", "<builtin><avoid_builtin_multicast>true</avoid_builtin_multicast></builtin><name>"
    )
    file = profile(text)
    assert (
        read_expected_transport({"FASTDDS_DEFAULT_PROFILES_FILE": str(file)}, file.parent).is_local
        is None
    )


EXPECTED = ExpectedTransport(Path("/p.xml"), 4_194_304, wants_udp=True, is_local=True)


@pytest.mark.parametrize(
    ("expected", "observed", "said"),
    [
        (EXPECTED, ObservedTransport((DEFAULT_SEGMENT, SEGMENT), frozenset({7410})), ""),
        (
            EXPECTED,
            ObservedTransport((DEFAULT_SEGMENT,), frozenset({7410})),
            "/p.xml asks for 4194304 bytes",
        ),
        (
            EXPECTED,
            ObservedTransport((16 * SEGMENT,), frozenset({7410})),
            "/p.xml asks for 4194304 bytes",
        ),
        (EXPECTED, ObservedTransport((), frozenset({7410})), "this process has none"),
        (
            EXPECTED,
            ObservedTransport((SEGMENT,), frozenset({7650})),
            "no port of domain 0 is bound",
        ),
        (
            EXPECTED,
            ObservedTransport((SEGMENT,), frozenset({7400, 7410})),
            "port 7400 hears the whole network",
        ),
        (
            ExpectedTransport(is_local=False),
            ObservedTransport((), frozenset({7410})),
            "port 7400 is not bound",
        ),
        (ExpectedTransport(is_local=False), ObservedTransport((), frozenset({7400})), ""),
        (ExpectedTransport(), ObservedTransport((), frozenset()), ""),
    ],
)
def test_every_difference_is_told(expected, observed, said):
    difference = find_difference(expected, observed, domain=0)
    assert said in difference
    assert bool(said) == bool(difference)


@pytest.fixture
def process(tmp_path) -> Path:
    """Make what /proc/self would show of a process with the right profile in domain 1."""
    memory, folder = tmp_path / "shm", tmp_path / "proc"
    memory.mkdir()
    for place in ("fd", "net", "cwd"):
        (folder / place).mkdir(parents=True)
    (memory / "fastdds_0123456789abcdef").write_bytes(bytes(100))
    links = (
        memory / "fastdds_0123456789abcdef_el",
        memory / "fastdds_port7000_el",
        "socket:[11]",
        "socket:[13]",
    )
    for number, link in enumerate(links):
        (folder / "fd" / str(number)).symlink_to(link)
    rows = "".join(
        f"  {n}: 00000000:{port:04X} 00000000:0000 07 0:0 00:0 00000000 0 0 {inode} 2\n"
        for n, (port, inode) in enumerate(((7660, 11), (7650, 12), (9999, 13)))
    )
    (folder / "net" / "udp").write_text("  sl  local_address ...\n" + rows)
    return folder


def test_a_process_is_seen_with_what_it_owns_alone(process):
    assert observe_transport(process) == ObservedTransport((100,), frozenset({7660, 9999}))


def test_the_verdict_names_why_nothing_is_armed(process, profile):
    file = profile(RIGHT)
    environment = {**LOCAL, "FASTDDS_DEFAULT_PROFILES_FILE": str(file)}
    refused = check_transport(environment, 1, "rmw_fastrtps_cpp", process)
    assert refused.refusal.startswith(
        f"the transport is not as configured: {file} asks for 4194304 bytes"
    )
    assert "\n" not in refused.refusal
    small = profile(RIGHT.replace("4194304", "96"))
    passed = check_transport(environment, 1, "rmw_fastrtps_cpp", process)
    assert passed.refusal == ""
    assert str(small) in passed.summary
    assert "this machine only" in passed.summary


def test_a_profile_without_sizes_passes_and_is_named(process, profile):
    file = profile(NO_SIZES)
    passed = check_transport(
        {**LOCAL, "FASTDDS_DEFAULT_PROFILES_FILE": str(file)}, 1, "rmw_fastrtps_cpp", process
    )
    assert passed.refusal == ""
    assert str(file) in passed.summary
    assert "names no size" in passed.summary


def test_an_unreadable_profile_is_refused(process, tmp_path):
    environment = {"FASTDDS_DEFAULT_PROFILES_FILE": str(tmp_path / "none.xml")}
    assert (
        "none.xml: No such file"
        in check_transport(environment, 1, "rmw_fastrtps_cpp", process).refusal
    )


def test_another_transport_than_the_one_asked_for_is_refused(process):
    asked = {"RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"}
    assert "rmw_cyclonedds_cpp" in check_transport(asked, 1, "rmw_fastrtps_cpp", process).refusal
    assert check_transport(asked, 1, "rmw_cyclonedds_cpp", process).refusal == ""
