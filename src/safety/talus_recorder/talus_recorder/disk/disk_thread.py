# SPDX-License-Identifier: Apache-2.0
"""Runs the one thread that waits for the disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag
from threading import Thread

from talus_core.errors import TalusError

from talus_recorder.disk.black_box import BlackBox
from talus_recorder.disk.spool import Spool
from talus_recorder.disk.storage import Storage
from talus_recorder.recording import Recording
from talus_recorder.recover import recover_rings

DISK_RETRY_S = 1.0  # s after the disk refused
DISK_IDLE_S = 1.0
LAST_TRIES = 3  # tries at the end


class DiskThread:
    """Writes until `close`; never raises: a failure is named in `problem` and retried."""

    def __init__(
        self,
        storage: Storage,
        recording: Recording,
        spool: Spool,
        on_file: Callable[[Path], None],
        on_problem: Callable[[str], object],
    ):
        """Start the thread; `on_file` gets every finished file, `on_problem` every new problem."""
        self.problem = ""
        self.files = 0
        self.head = ""
        self.slowest_write_s = 0.0  # longest since it was last set to 0
        self._storage = storage
        self._recording = recording
        self._spool = spool
        self._on_file = on_file
        self._on_problem = on_problem
        self._box: BlackBox | None = None
        self._is_recovered = self._is_busy = False
        self._ended = Flag()
        self._thread = Thread(target=self._run, name="disk", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what waits and finish what is open."""
        self._spool.close()
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        tries = LAST_TRIES
        while tries:
            try:
                self._step()
                self.problem = ""
            except (OSError, TalusError) as error:
                self._spool.not_done()
                self._tell(str(error))
                if self._ended.wait(DISK_RETRY_S):
                    tries -= 1
                continue
            if self._ended.is_set() and self._spool.oldest(0.0) is None:
                break
        self._finish()

    def _step(self) -> None:
        """Write one chunk, or one little piece of an event file."""
        box = self._box
        if box is None:
            box = self._open()
            self._box = box
        filled = self._spool.oldest(0.0 if self._is_busy else DISK_IDLE_S)
        if filled is not None:
            began = time.monotonic()
            box.write(filled)
            self._spool.done()
            self.slowest_write_s = max(self.slowest_write_s, time.monotonic() - began)
        self._is_busy = box.work()
        self._note_files(box)

    def _open(self) -> BlackBox:
        self._storage.make_folder(self._recording.folder)
        if not self._is_recovered:
            for path in recover_rings(self._storage, self._recording):
                self._on_file(path)
            self._is_recovered = True
        return BlackBox(self._storage, self._recording)

    def _finish(self) -> None:
        try:
            if self._box is not None:
                self._box.close()
                self._note_files(self._box)
        except (OSError, ValueError) as error:
            self._tell(str(error))

    def _note_files(self, box: BlackBox) -> None:
        for path in box.files[self.files :]:
            self._on_file(path)
            self.head = box.head
        self.files = len(box.files)

    def _tell(self, problem: str) -> None:
        if problem != self.problem:
            self._on_problem(f"not recording to disk: {problem}")
        self.problem = problem
