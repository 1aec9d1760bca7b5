# SPDX-License-Identifier: Apache-2.0
"""Checks that only who has the key can speak on the command path, and every frame only once."""

import random
from pathlib import Path

import pytest
from talus_core.graph.new_key import key_of_start
from talus_core.graph.seal import (
    FORGED,
    KEY_BYTES,
    KEY_VARIABLE,
    MOST_CLOCK_SKEW_NS,
    OUTDATED,
    REPEATED,
    SEAL_BYTES,
    Sealer,
    SealKeyError,
    SealReader,
    read_key,
    write_new_key,
)

KEY = bytes(range(KEY_BYTES))
TOPIC = "joint_command"
FRAME = bytes(100) + bytes(SEAL_BYTES)


def sender(key: bytes = KEY, topic: str = TOPIC, starts_at: int = 1) -> Sealer:
    return Sealer(key, topic, clock_ns=lambda: starts_at)


def reader(starts_at: int = 1, **options) -> SealReader:
    return SealReader(KEY, TOPIC, lambda: starts_at, **options)


def test_frames_of_one_of_ours_pass_in_order():
    ours, judge = sender(), reader()
    assert [judge.refusal(ours.seal(FRAME)) for _ in range(3)] == ["", "", ""]
    assert judge.refused == 0


def test_a_frame_passes_once():
    ours, judge = sender(), reader()
    first, second = ours.seal(FRAME), ours.seal(FRAME)
    assert judge.refusal(second) == ""
    assert [judge.refusal(first), judge.refusal(second)] == [REPEATED, REPEATED]
    assert judge.refused == 2


@pytest.mark.parametrize(
    "forger",
    [sender(key=bytes(KEY_BYTES)), sender(topic="safety/state")],
    ids=["another key", "another topic"],
)
def test_another_key_or_topic_is_refused(forger):
    assert reader().refusal(forger.seal(FRAME)) == FORGED


def test_any_changed_byte_and_any_other_length_is_refused():
    sealed, chance = sender().seal(FRAME), random.Random(0)
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1 << chance.randrange(8)
        assert reader().refusal(bytes(changed)) == FORGED, at
    for length in range(len(sealed)):
        assert reader().refusal(sealed[:length]) == FORGED, length
    assert reader().refusal(sealed + b"\0") == FORGED


def test_a_sender_that_starts_anew_is_heard():
    judge = reader()
    assert judge.refusal(sender(starts_at=1000).seal(FRAME)) == ""
    assert judge.refusal(sender(starts_at=2000).seal(FRAME)) == ""


def test_a_receiver_that_has_just_started_refuses_the_frames_of_before():
    started = 10 * MOST_CLOCK_SKEW_NS
    oldest = started - MOST_CLOCK_SKEW_NS
    assert reader(started).refusal(sender(starts_at=oldest - 1).seal(FRAME)) == OUTDATED
    assert reader(started).refusal(sender(starts_at=oldest).seal(FRAME)) == ""


def test_senders_on_one_topic_count_apart():
    judge = reader(sender_of=lambda frame: frame[:1])
    early, late = b"a" + FRAME[1:], b"b" + FRAME[1:]
    assert judge.refusal(sender(starts_at=2000).seal(late)) == ""
    assert judge.refusal(sender(starts_at=1000).seal(early)) == ""
    assert judge.refusal(sender(starts_at=1000).seal(late)) == REPEATED


def test_a_key_file_is_new_each_time_and_only_ours_to_read(tmp_path):
    one, other = tmp_path / "one.key", tmp_path / "other.key"
    write_new_key(one)
    write_new_key(other)
    assert one.stat().st_mode & 0o777 == 0o600
    assert read_key(one) != read_key(other)
    with pytest.raises(SealKeyError, match="File exists"):
        write_new_key(one)


def test_a_start_has_a_key_of_its_own_while_it_runs_or_the_one_that_it_was_given(tmp_path):
    environment = {"TMPDIR": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    with key_of_start(environment):
        path = Path(environment[KEY_VARIABLE])
        assert len(read_key(path)) == KEY_BYTES
        with key_of_start(environment):
            assert environment[KEY_VARIABLE] == str(path)
        assert path.is_file()
    assert KEY_VARIABLE not in environment and not path.exists()


@pytest.mark.parametrize(
    ("text", "mode", "message"),
    [
        (KEY.hex(), 0o640, "others can read it; run: chmod 600"),
        (KEY.hex()[2:], 0o600, "needs 32 bytes as hexadecimal digits"),
        ("a key", 0o600, "needs 32 bytes as hexadecimal digits"),
        (None, 0o600, "no key of the command path"),
    ],
)
def test_a_file_that_is_no_key_is_refused(tmp_path, text, mode, message):
    path = tmp_path / "a.key"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    with pytest.raises(SealKeyError, match=message):
        read_key(path)
