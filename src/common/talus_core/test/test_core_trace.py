# SPDX-License-Identifier: Apache-2.0
"""Messages in shared memory come out as they went in, or are counted as missed."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from talus_core.graph.trace import (
    COMMAND_KIND,
    STATE_KIND,
    NoTrace,
    TraceReader,
    TraceWriter,
    open_trace,
    trace_path,
)

# Writes as fast as it can until its input ends; every message says its own number many times.
WRITER = """
import select
import sys
from pathlib import Path
from talus_core.graph.trace import TraceWriter
writer = TraceWriter(Path(sys.argv[1]), 16, 2000)
print("ready", flush=True)
sys.stdin.readline()
number = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    for _ in range(100):
        writer.put(number % 2, number, number.to_bytes(8, "little") * 200)
        number += 1
print(number)
"""


def messages(reader: TraceReader) -> list[tuple[int, int, bytes]]:
    """(kind, time, data) in the order of time."""
    told = [
        (block.kind, now, data.tobytes())
        for block in reader.read()
        for now, data in zip(block.times.tolist(), block.data, strict=True)
    ]
    return sorted(told, key=lambda message: message[1])


def test_what_goes_in_comes_out_once(tmp_path: Path):
    writer = TraceWriter(tmp_path / "trace", 8, 100)
    reader = TraceReader(tmp_path / "trace")
    writer.put(STATE_KIND, 1, b"before anybody looked")
    assert messages(reader) == []
    chance = random.Random(0)
    number = 0
    for _ in range(50):
        sent = []
        for _ in range(chance.randrange(9)):
            number += 1
            sent.append(
                (
                    chance.choice((STATE_KIND, COMMAND_KIND)),
                    number,
                    chance.randbytes(chance.randrange(101)),
                )
            )
            writer.put(*sent[-1])
        assert messages(reader) == sent
    assert reader.missed == 0


def test_messages_of_one_kind_and_length_come_as_one_block(tmp_path: Path):
    writer = TraceWriter(tmp_path / "trace", 8, 10)
    reader = TraceReader(tmp_path / "trace")
    messages(reader)
    for kind, now, data in (
        (STATE_KIND, 1, b"ab"),
        (COMMAND_KIND, 2, b"cd"),
        (STATE_KIND, 3, b"ef"),
        (STATE_KIND, 4, b"ghi"),
    ):
        writer.put(kind, now, data)
    blocks = {(block.kind, block.data.shape[1]): block for block in reader.read()}
    assert blocks.keys() == {(STATE_KIND, 2), (COMMAND_KIND, 2), (STATE_KIND, 3)}
    assert blocks[STATE_KIND, 2].data.tobytes() == b"abef" and blocks[
        STATE_KIND, 2
    ].times.tolist() == [1, 3]


def test_a_reader_that_is_late_misses_the_oldest_and_knows_how_many(tmp_path: Path):
    writer = TraceWriter(tmp_path / "trace", 8, 10)
    reader = TraceReader(tmp_path / "trace")
    messages(reader)
    for number in range(20):
        writer.put(STATE_KIND, number, b"x")
    assert [now for _, now, _ in messages(reader)] == list(range(12, 20))
    assert reader.missed == 12


def test_a_message_that_is_too_long_is_left_out(tmp_path: Path):
    writer = TraceWriter(tmp_path / "trace", 8, 100)
    reader = TraceReader(tmp_path / "trace")
    messages(reader)
    writer.put(STATE_KIND, 1, bytes(5000))
    writer.put(STATE_KIND, 2, bytes(100))
    assert [now for _, now, _ in messages(reader)] == [2]


def test_a_writer_in_another_process_never_shows_half_a_message(tmp_path: Path):
    words = [sys.executable, "-c", WRITER, str(tmp_path / "trace")]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    reader = TraceReader(tmp_path / "trace")
    seen = 0

    def check_what_is_new() -> int:
        read = messages(reader)
        for kind, now, data in read:
            assert data == now.to_bytes(8, "little") * 200
            assert kind == now % 2
        return len(read)

    messages(reader)
    process.stdin.write("\n")
    process.stdin.flush()
    while seen < 500:
        seen += check_what_is_new()
    rest, _ = process.communicate()
    assert seen + check_what_is_new() + reader.missed == int(rest)


def test_a_new_writer_is_followed_after_the_rest_of_the_old_one(tmp_path: Path):
    path = tmp_path / "trace"
    first = TraceWriter(path, 8, 10)
    reader = TraceReader(path)
    messages(reader)
    first.put(STATE_KIND, 1, b"last of the first")
    first.put(STATE_KIND, 2, b"last")
    second = TraceWriter(path, 8, 10)
    second.put(STATE_KIND, 3, b"first")
    first.close()  # must not take the other's away
    assert [now for _, now, _ in messages(reader)] == [1, 2, 3]
    second.close()
    assert not path.exists()
    assert messages(reader) == []
    assert reader.is_open


def test_without_a_trace_there_is_nothing_to_read(tmp_path: Path):
    reader = TraceReader(tmp_path / "trace")
    assert messages(reader) == []
    assert not reader.is_open
    (tmp_path / "trace").write_bytes(b"something else of some length")
    assert messages(reader) == []
    (tmp_path / "trace").write_bytes(b"")
    assert messages(reader) == []
    assert not reader.is_open


def test_where_none_can_be_made_there_is_none(tmp_path: Path):
    trace = open_trace(tmp_path / "nowhere" / "trace", 8, 10)
    assert isinstance(trace, NoTrace)
    trace.put(STATE_KIND, 1, b"x")
    trace.close()


def test_what_a_killed_writer_left_goes_with_the_next_start(tmp_path: Path):
    dead, living = (tmp_path / trace_path(domain, "/", "driver").name for domain in (1, 2))
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(dead)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    other = open_trace(living, 8, 10)
    assert dead.exists()
    process.kill()
    process.communicate()
    open_trace(tmp_path / trace_path(3, "/", "driver").name, 8, 10).close()
    assert not dead.exists()
    assert living.exists()
    other.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("namespace", "ends"), [("/", "-7"), ("/left/robot", "-7.left.robot")])
def test_every_node_of_every_robot_has_a_path_of_its_own(namespace: str, ends: str):
    assert trace_path(7, namespace, "safety").name == f"talus-{os.getuid()}{ends}-safety"
