# SPDX-License-Identifier: Apache-2.0
"""Wakes four times a second, looks at what has come, and leaves the disk to a thread."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Event as Flag

from talus_core.graph.node_table import NODES
from talus_core.machine.terminal import tell
from talus_ros.diagnostics_node import ERROR, OK, WARN, DiagnosticsPublisher
from talus_ros.intake.ledger import one_line
from talus_ros.parameters_node import declare_config
from talus_ros.run_node import ExecutorThread, create_clockless_node, run_node

from talus_recorder import conversions as convert
from talus_recorder.config import CHUNK_BYTES, MEGABYTE, RecorderConfig
from talus_recorder.disk.disk_thread import DiskThread
from talus_recorder.disk.spool import Spool
from talus_recorder.disk.storage import Disk
from talus_recorder.format.chain import digest_of_key_file
from talus_recorder.happenings.events import EVENT_END, EVENT_START, Happening
from talus_recorder.happenings.timeline import Timeline
from talus_recorder.happenings.watcher import Told, Watcher
from talus_recorder.listening.intake import Clocks, Intake, LogTime
from talus_recorder.listening.listener_node import Listener
from talus_recorder.listening.topics import (
    FAULTS_TOPIC,
    GATE_TOPIC,
    ROBOT_STATE_TOPIC,
    SAFETY_TOPIC,
    recorded_topics,
)
from talus_recorder.recording import TOLD, Recording, default_folder, origin_now
from talus_recorder.status import StatusOf

RECORDER_DIAGNOSTICS_PERIOD_S = 1.0
# s; without robot_state for so long the driver has ended, and the recorder ends too
DRIVER_SILENT_S = 0.5
LONGEST_END_S = 40.0  # s, as the driver is given to sit the robot down
RECORDER_NICENESS = 5  # below every other process of the robot
SEVERITY_LEVELS = (OK, WARN, ERROR)


class RecorderNode:
    """Takes a batch at a time: messages into chunks, what they tell into events."""

    def __init__(self) -> None:
        node = self._node = create_clockless_node("recorder")
        config = declare_config(node, RecorderConfig)
        topics = recorded_topics(NODES.with_file(config.nodes))
        start = Clocks(time.monotonic_ns(), time.time_ns())
        recording = Recording(
            folder=Path(config.folder) if config.folder else default_folder(os.environ),
            channels=[
                convert.channel(node.resolve_topic_name(one.name), one.kind) for one in topics
            ],
            origin=origin_now(start.wall),
            config=config,
            digest=digest_of_key_file(config.key_file),
        )
        spool = Spool(config.buffer_mb * MEGABYTE // CHUNK_BYTES, CHUNK_BYTES)
        self._period = config.chunk_s  # a wake-up costs more than a message
        self._intake = Intake(spool, config.chunk_s)
        self._log_time = LogTime(start)
        self._timeline = Timeline()
        self._watcher = Watcher()
        self._listener = Listener(node, self._intake, self._log_time, self._watch, topics=topics)
        self._newest = self._listener.newest
        self._watched: dict[str, bytes] = {}
        self._told: list[Told] = []
        self._robot_time: float | None = None
        self._diagnostics = DiagnosticsPublisher(node)
        self._disk = DiskThread(
            Disk(), recording, spool, lambda path: tell(f"{TOLD}{path}"), node.get_logger().warning
        )
        self._status = StatusOf(self._intake, spool, self._disk)

    def run(self, ended: Flag) -> None:
        """Record until `ended`, and on until the driver has put the robot down, or `ended` again.

        The driver ends last.
        """
        executor = ExecutorThread(self._node, Flag())
        self._batch([(EVENT_START, "the recorder began")])
        diagnosed_at = 0.0
        try:
            while not ended.wait(self._period):
                self._batch()
                if time.monotonic() - diagnosed_at >= RECORDER_DIAGNOSTICS_PERIOD_S:
                    self._diagnose()
                    diagnosed_at = time.monotonic()
                executor.raise_error()
            ended.clear()
            self._follow_the_driver(ended)
        finally:
            executor.close()

    def close(self) -> None:
        """Finish all files of the recording."""
        self._batch([(EVENT_END, "the recorder was ended")])
        self._intake.flush()
        self._disk.close()

    def _batch(self, told: list[Told] | None = None) -> None:
        """Take all that has come since the last batch; `told` holds the recorder's own events."""
        steady = time.monotonic_ns()
        self._log_time.begin_batch(Clocks(steady, time.time_ns()))
        self._listener.fetch()
        state = self._newest.get(ROBOT_STATE_TOPIC)
        self._robot_time = None if state is None else convert.stamp_of(state)
        now = self._timeline.advance(steady * 1e-9, self._robot_time)
        if state is not None:
            self._told += self._watcher.specific_force(convert.specific_force_of(state), now)
        for event_kind, text in (*(told or ()), *self._told):
            tell(one_line(f"{event_kind}: {text}"))
            self._intake.hear(
                Happening(event_kind, text, self._log_time.now, now, self._robot_time or 0.0)
            )
        self._told.clear()
        self._intake.end_batch(steady, now)

    def _watch(self, topic: str, data: bytes) -> None:
        """Read a message that may tell an event, if what matters in it is new."""
        before = self._watched.get(topic, b"")
        self._watched[topic] = data
        if topic == SAFETY_TOPIC and data[convert.SAFETY_SALIENT] != before[convert.SAFETY_SALIENT]:
            self._told += self._watcher.safety(convert.safety_of(data))
        elif topic == GATE_TOPIC and data[convert.GATE_SALIENT] != before[convert.GATE_SALIENT]:
            self._told += self._watcher.gate(convert.gate_of(data))
        elif topic == FAULTS_TOPIC:
            self._told += self._watcher.fault(*convert.fault_of(data))

    def _follow_the_driver(self, ended: Flag) -> None:
        begun = heard = time.monotonic()
        newest = self._newest.get(ROBOT_STATE_TOPIC)
        while newest is not None and time.monotonic() < min(
            heard + DRIVER_SILENT_S, begun + LONGEST_END_S
        ):
            if ended.wait(self._period):
                return
            self._batch()
            if self._newest[ROBOT_STATE_TOPIC] is not newest:
                newest = self._newest[ROBOT_STATE_TOPIC]
                heard = time.monotonic()

    def _diagnose(self) -> None:
        status = self._status.now()
        stamp = convert.time_message(self._robot_time or 0.0)
        self._diagnostics.publish(
            stamp, SEVERITY_LEVELS[status.severity], status.message, status.values
        )


def main() -> None:
    """Run the node as a process."""
    with suppress(OSError):
        os.sched_setscheduler(
            0, os.SCHED_BATCH, os.sched_param(0)
        )  # for all threads to come: the recorder never preempts another process
    sys.exit(run_node(RecorderNode, niceness=RECORDER_NICENESS))


if __name__ == "__main__":
    main()
