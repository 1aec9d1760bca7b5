# SPDX-License-Identifier: Apache-2.0
"""The operator's link: who has the key is heard, once, and in time; and stops that are pressed."""

import math
import random

import pytest
from talus_core.errors import UnknownNameError
from talus_safety.operation import stop_inputs
from talus_safety.operation.operator_link import (
    ANSWER_TIMEOUT_S,
    CHALLENGE_PERIOD_S,
    HELLO_DATAGRAM,
    Hold,
    LinkError,
    OperatorDevice,
    OperatorLink,
    level_of,
    load_key,
    udp_address,
    write_key,
)
from talus_safety.operation.stop_inputs import StopInputError, StopInputs

KEY = bytes(range(32))
ENABLED, RELEASED, STOP = Hold.ENABLED, Hold.RELEASED, Hold.STOP


@pytest.fixture
def link():
    return OperatorLink(KEY)


@pytest.fixture
def device():
    return OperatorDevice(KEY)


def talk(link, device, seconds, hold=ENABLED, begin=0.0, step=0.05):
    """The device answers at once; the time when that ends."""
    now = begin
    while now < begin + seconds - 1e-9:
        assert link.hear(device.answer(link.challenge(now), hold), now) == ""
        now += step
    return now


def test_link_is_lost_until_a_device_answers_and_young_while_it_does(link, device):
    assert math.isinf(link.age(0.0)) and not link.is_released and not link.is_stopped(0.0)
    end = talk(link, device, 5.0)
    assert link.age(end) <= CHALLENGE_PERIOD_S + 0.05
    assert not link.is_released and link.refused == 0
    assert link.age(end + 3.0) >= 3.0


def test_age_counts_from_the_challenge_so_that_delay_gains_nothing(link, device):
    answer = device.answer(link.challenge(0.0), ENABLED)
    link.challenge(0.15)
    assert link.hear(answer, 0.2) == "" and link.age(0.2) == pytest.approx(0.2)
    late = device.answer(link.challenge(0.3), ENABLED)
    for now in (0.41, 0.52):
        link.challenge(now)
    assert link.hear(late, 0.52) == "not a challenge that is open"


def test_recorded_answers_are_refused(link, device):
    answers = []
    for tick in range(40):
        now = 0.05 * tick
        answers.append(device.answer(link.challenge(now), ENABLED))
        assert link.hear(answers[-1], now) == ""
        assert all(link.hear(old, now) for old in answers)
    assert link.refused == sum(range(1, 41))


def test_answers_of_one_challenge_are_taken_in_order_only(link, device):
    challenge = link.challenge(0.0)
    first, second = device.answer(challenge, ENABLED), device.answer(challenge, STOP)
    assert link.hear(second, 0.0) == "" and link.hear(first, 0.0) == "repeated"
    assert link.is_stopped(0.0)


def test_other_key_and_changed_bytes_are_refused(link, device):
    challenge = link.challenge(0.0)
    assert link.hear(OperatorDevice(bytes(32)).answer(challenge, ENABLED), 0.0) == "wrong key"
    answer = device.answer(challenge, RELEASED)
    for place in range(len(answer)):
        for bit in range(8):
            changed = bytearray(answer)
            changed[place] ^= 1 << bit
            assert link.hear(bytes(changed), 0.0)
    assert math.isinf(link.age(0.0)) and link.hear(answer, 0.0) == ""


def test_noise_is_refused(link):
    noise = random.Random(0)
    challenge = link.challenge(0.0)
    for size in (0, 1, 28, 29, 30, 58, 256):
        for _ in range(200):
            assert link.hear(noise.randbytes(size), 0.0)
    assert link.hear(HELLO_DATAGRAM, 0.0) == link.hear(challenge, 0.0) == "wrong size"


@pytest.mark.parametrize("size", [0, 4, 28, 29, 30, 57, 58])
def test_device_answers_nothing_but_challenges(device, size):
    assert device.answer(b"\0" * size, ENABLED) is None


def test_device_learns_the_level(link):
    link.level = 3
    assert level_of(link.challenge(0.0)) == 3 and level_of(HELLO_DATAGRAM) is None
    assert len(HELLO_DATAGRAM) == len(link.challenge(0.0)), "whoever asks gets no more than it sent"


def test_release_and_stop_are_heard(link, device):
    now = talk(link, device, 0.3)
    now = talk(link, device, 0.1, RELEASED, now)
    assert link.is_released and not link.is_stopped(now)
    now = talk(link, device, 0.1, STOP, now)
    assert not link.is_released and link.is_stopped(now)
    now = talk(link, device, 0.1, ENABLED, now)
    assert not link.is_stopped(now)


def test_anybody_with_the_key_stops_but_one_at_a_time_holds(link, device):
    other = OperatorDevice(KEY)
    now = talk(link, device, 0.3, RELEASED)
    assert (
        link.hear(other.answer(link.challenge(now), ENABLED), now)
        == "another device holds the link"
    )
    assert link.is_released
    assert link.hear(other.answer(link.challenge(now), STOP), now) == "" and link.is_stopped(
        now + 1.9
    )
    assert link.is_released and not link.is_stopped(now + 2.1)
    now += ANSWER_TIMEOUT_S + CHALLENGE_PERIOD_S
    assert link.hear(other.answer(link.challenge(now), ENABLED), now) == "" and not link.is_released


def test_key_file(tmp_path):
    path = tmp_path / "key"
    write_key(path)
    assert len(load_key(path)) == 32 and path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(LinkError, match="File exists; name a new file"):
        write_key(path)
    path.chmod(0o640)
    with pytest.raises(LinkError, match="others may read it; chmod 600"):
        load_key(path)
    path.chmod(0o600)
    for text, said in (("xyz", "not hexadecimal"), ("ab" * 31, "31 bytes, at least 32")):
        path.write_text(text)
        with pytest.raises(LinkError, match=said):
            load_key(path)
    with pytest.raises(LinkError, match=r"No such file.*--new-key FILE makes one"):
        load_key(tmp_path / "none")


@pytest.mark.parametrize("text", ["", "7413", "here:", ":7413", "here:0", "here:65536", "here:x"])
def test_bad_addresses_are_refused(text):
    with pytest.raises(LinkError, match="must be HOST:PORT"):
        udp_address(text)
    assert udp_address("127.0.0.1:7413") == ("127.0.0.1", 7413)


class Broken:
    """A plug-in of somebody else."""

    def __init__(self, argument):
        if argument == "refused":
            raise ValueError("no such pin")

    def is_pressed(self):
        raise RuntimeError


class Entry:
    name = "broken"

    @staticmethod
    def load():
        return Broken


class FileEntry(Entry):
    name = "file"

    @staticmethod
    def load():
        return stop_inputs.FileStopInput


@pytest.fixture
def plugins(monkeypatch):
    monkeypatch.setattr(stop_inputs, "entry_points", lambda group: [Entry, FileEntry])


def test_an_input_is_pressed_unless_it_is_sure_that_it_is_not(plugins, tmp_path):
    pin, other = tmp_path / "value", tmp_path / "other"
    inputs = StopInputs(f"file:{pin} file:{other}")
    other.write_text("1")
    for content, is_pressed in (
        ("1\n", False),
        ("0\n", True),
        ("", True),
        ("11", True),
        ("1", False),
    ):
        pin.write_text(content)
        assert inputs.pressed() == (f"file:{pin}" if is_pressed else "")
    pin.unlink()
    assert inputs.pressed() == f"file:{pin} (FileNotFoundError)"
    assert StopInputs("").pressed() == ""


def test_a_broken_input_is_pressed_and_an_unknown_one_is_refused(plugins):
    assert StopInputs("broken:17").pressed() == "broken:17 (RuntimeError)"
    with pytest.raises(
        StopInputError, match="stop input 'broken:refused': ValueError: no such pin"
    ):
        StopInputs("broken:refused")
    with pytest.raises(UnknownNameError, match="unknown stop input 'flie'; nearest: file"):
        StopInputs("flie:/tmp/x")


def test_the_shipped_input_is_installed():
    assert "file" in {
        entry.name for entry in stop_inputs.entry_points(group=stop_inputs.STOP_INPUT_GROUP)
    }
