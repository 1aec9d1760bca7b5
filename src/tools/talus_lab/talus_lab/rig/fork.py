# SPDX-License-Identifier: Apache-2.0
"""Runs work in a process of its own: a forked copy of a warm start, or one with one thread."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

# Environment of processes that compute: the matrices are small, and the cores are taken.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def in_fork(work: Callable[[], Result]) -> Result:
    """Return the result of `work` done in a forked copy of this process.

    The process must have one thread. A fork copies simulator, sensors and controller exactly: the
    copy goes on bit for bit as the original would have.

    Raises:
        RuntimeError: Names what `work` raised, or says that the copy died.
    """
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(receive)
            with os.fdopen(send, "wb") as pipe:
                pipe.write(_pickled(work))
        finally:  # also where the original has ended: else the copy would go on in its place
            os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    if not data:
        raise RuntimeError("the forked trial died")
    result = pickle.loads(data)
    if isinstance(result, Exception):
        raise result
    return result


def _pickled(work: Callable[[], Result]) -> bytes:
    try:
        return pickle.dumps(work())
    except BaseException as error:
        return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
