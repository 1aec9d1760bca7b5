# SPDX-License-Identifier: Apache-2.0
"""Let simulated time wait for the nodes that work on it, as long as they show that they do.

A slow computer slows simulated time; a dead, stopped or stuck process is told from a slow one on
the wall's steady clock, and then simulated time runs on without it, so that watchdogs counted in
simulated time see the true fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from talus_core.graph.node_table import NodeTable
from talus_core.parameters import parameter

from talus_drivers.lockstep.process_watch import is_runnable

BALANCE_NODE = "balance"
SAFETY_NODE = "safety"


@dataclass(frozen=True)
class LockStepConfig:
    """Says how simulated time waits for the nodes of the node table."""

    delay_ticks: int = parameter(
        1,
        "Ticks from a state to the command that answers it: 2 ms of transport and computing.",
        low=0,
        high=50,
    )
    silent_after_s: float = parameter(
        0.45,
        "Wall s without a sign of life: lost. Nine heartbeats of 20 Hz, within the promised 0.5 s.",
        low=0.1,
        high=10.0,
    )
    stuck_after_s: float = parameter(
        2.0,
        "Wall s alive but without progress: lost. Longer than any garbage collection or page-in.",
        low=0.2,
        high=60.0,
    )
    leash_at_most_s: float = parameter(
        5.0,
        "Simulated s that any node may be behind at most, whatever the node table allows it: "
        "a tick makes runs exact.",
        0.002,
        5.0,
    )

    def leashes(self, nodes: NodeTable, period: float) -> dict[str, int]:
        """Return how many ticks of `period` s each node may be behind the newest state."""
        most = max(1, round(self.leash_at_most_s / period))
        return {
            name: min(leash, most)
            for name, leash in nodes.leashes(period, self.delay_ticks).items()
        }


@dataclass
class _Participant:
    """Tells how far one process is, and when (wall s) it last showed life and progress."""

    leash: int
    sequence: int = (
        -1
    )  # newest state that it has fully processed; -1: never any, so nobody waits for it
    heard_at: float = float("-inf")
    newest: float = float("inf")  # state that was sent to it: it cannot be further than that
    process: int = 0  # its id on this machine, as its heartbeat says
    progressed_at: float = float("-inf")
    waited_since: float | None = None
    lost: str = ""  # why it is not waited for; empty when it is


class LockStep:
    """Decides whether a control tick may end; all times are wall s of one steady clock."""

    def __init__(
        self,
        leashes: Mapping[str, int],
        silent_after: float,
        stuck_after: float,
        is_starved: Callable[[int], bool] = lambda process: False,
    ):
        """Begin with nobody heard.

        `leashes`: ticks that each participant may be behind, by name; the others are wall s;
        `is_starved`: whether the process of that id would work if it had a core: slow, not silent.
        """
        self._is_starved = is_starved
        self._participants = {name: _Participant(leash) for name, leash in leashes.items()}
        self._silent_after = silent_after
        self._stuck_after = stuck_after

    def heard(self, name: str, sequence: int, tick: int, wall: float) -> None:
        """Take a heartbeat or an answer of a node.

        `sequence`: newest state processed; 0 or more than `tick` tells no progress.
        """
        participant = self._participants.get(name)
        if participant is None:
            return
        participant.heard_at = wall
        if participant.sequence < sequence <= tick and sequence > 0:
            participant.sequence = sequence
            participant.progressed_at = wall
            participant.lost = ""

    def sent(self, name: str, sequence: int) -> None:
        """Note the newest state that was sent to a node; until this is called, every state is."""
        self._participants[name].newest = sequence

    def waits_for(self, tick: int, wall: float) -> str:
        """Return the node that must still work before tick `tick` may end; empty when none must."""
        holding = [name for name, p in self._participants.items() if self._holds(p, tick, wall)]
        return holding[0] if holding else ""

    def lost(self) -> dict[str, str]:
        """Return the nodes that are not waited for any more, and why."""
        return {name: p.lost for name, p in self._participants.items() if p.lost}

    def present(self) -> list[str]:
        """Return the nodes that are waited for."""
        return [name for name, p in self._participants.items() if p.sequence > 0 and not p.lost]

    def lives_in(self, name: str, process: int) -> None:
        """Note the id of a node's process, as its heartbeat tells it."""
        if name in self._participants:
            self._participants[name].process = process

    def _holds(self, participant: _Participant, tick: int, wall: float) -> bool:
        p = participant
        if p.sequence < 0 or p.lost or p.sequence >= min(tick, p.newest) - p.leash:
            p.waited_since = None
            return False
        p.waited_since = wall if p.waited_since is None else p.waited_since
        if wall - p.heard_at > self._silent_after:
            if wall - p.heard_at <= self._stuck_after and self._is_starved(p.process):
                return True
            p.lost = f"silent for {wall - p.heard_at:.2f} s"
        elif wall - max(p.progressed_at, p.waited_since) > self._stuck_after:
            p.lost = f"alive without progress for {self._stuck_after:.1f} s"
        return not p.lost


def create_lockstep(config: LockStepConfig, nodes: NodeTable, period: float) -> LockStep:
    """Build the lock-step of processes on this machine, with ticks of `period` s."""
    leashes = config.leashes(nodes, period)
    return LockStep(leashes, config.silent_after_s, config.stuck_after_s, is_runnable)
