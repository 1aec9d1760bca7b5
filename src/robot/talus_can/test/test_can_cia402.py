# SPDX-License-Identifier: Apache-2.0
"""A CiA 402 drive is led through its power states by process data, and never moves by surprise."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from family_benches import MODELS, FamilyBench, bench
from talus_can.codec.cia402_states import PowerState, power_states
from talus_can.codec.drives import Drives
from talus_can.codec.families.cia402 import Cia402Family
from talus_can.codec.family import ControlMode, Order
from talus_can.codec.feedback import Feedback
from talus_can.codec.targets import Targets
from talus_can.frames import make_frames

VECTORS = json.loads((Path(__file__).parent / "maker_vectors.json").read_text())
NODE = 3
SYNC, NMT = 0x80, 0
# What a drive shows in each state, with bits above that do not matter here.
WORDS = {
    PowerState.NOT_READY: 0x1200,
    PowerState.SWITCH_ON_DISABLED: 0x1250,
    PowerState.READY_TO_SWITCH_ON: 0x1231,
    PowerState.SWITCHED_ON: 0x1233,
    PowerState.OPERATION_ENABLED: 0x1637,
    PowerState.QUICK_STOP: 0x1217,
    PowerState.FAULT_REACTION: 0x121F,
    PowerState.FAULT: 0x1218,
}


class Node:
    """A drive that follows the transitions of the standard, written out apart from the codec."""

    def __init__(self) -> None:
        self.state = PowerState.SWITCH_ON_DISABLED
        self.last_control = 0
        self.is_started = False

    def take(self, control: int) -> None:
        bits = control & 0x8F
        if self.state is PowerState.FAULT and control & ~self.last_control & 0x80:
            self.state = PowerState.SWITCH_ON_DISABLED
        elif self.state is not PowerState.FAULT:
            self._take_command(bits)
        self.last_control = control

    def _take_command(self, bits: int) -> None:
        if bits & 0x02 == 0:
            self.state = PowerState.SWITCH_ON_DISABLED
        elif bits & 0x07 == 0x06:
            self.state = PowerState.READY_TO_SWITCH_ON
        elif bits & 0x0F == 0x07 and self.state >= PowerState.READY_TO_SWITCH_ON:
            self.state = PowerState.SWITCHED_ON
        elif bits & 0x0F == 0x0F and self.state >= PowerState.SWITCHED_ON:
            self.state = PowerState.OPERATION_ENABLED


def one_node(mode: ControlMode = ControlMode.POSITION) -> FamilyBench:
    model = MODELS.of_family("cia402")[0]
    drives = Drives(("knee",), np.array([0]), np.array([NODE]), (model,))
    return FamilyBench("cia402", Cia402Family(drives, mode), Feedback.unheard(1))


def hear(it: FamilyBench, state: PowerState, counts: int = 4096) -> None:
    payload = WORDS[state].to_bytes(2, "little") + counts.to_bytes(4, "little", signed=True)
    data = np.frombuffer(payload + bytes(2), np.uint8)[None]
    it.family.decode(make_frames(0, np.array([0x180 | NODE]), 0, 8, data), it.feedback)


def hear_heartbeat(it: FamilyBench, nmt: int) -> None:
    data = np.array([[nmt]], np.uint8)
    it.family.decode(make_frames(0, np.array([0x700 | NODE]), 0, 1, data), it.feedback)


def controls(frames) -> list[int]:
    rows = frames.rows(frames.can_id == 0x200 | NODE)
    return [int.from_bytes(payload[:2], "little") for payload in rows.payloads()]


@pytest.mark.parametrize("state", list(PowerState))
def test_statuswords_are_states(state):
    """With every value of the bits that do not matter."""
    mask = 0x6F if WORDS[state] & 0x40 == 0 and state not in (0, 6, 7) else 0x4F
    others = np.array([bits for bits in range(0x10000) if not bits & mask])
    assert (power_states((WORDS[state] & mask) | others) == state).all()


def test_statuswords_are_states_as_canopen_has_them():
    named = [vector for vector in VECTORS if "power_state" in vector]
    assert len(named) == len(PowerState)
    for vector in named:
        word = int.from_bytes(bytes.fromhex(vector["data"])[:2], "little")
        name = vector["power_state"].replace(" ", "_")
        found = PowerState(int(power_states(np.array([word]))[0])).name
        assert name.startswith(found) or found.startswith(name.split("_TO")[0])


def test_enabling_starts_the_node_and_walks_through_the_states():
    it, node = one_node(), Node()
    walked = []
    for _ in range(6):
        frames = it.family.order(Order.ENABLE, it.feedback)
        node.is_started |= bool((frames.can_id == NMT).any())
        for control in controls(frames):
            node.take(control)
        walked.append(node.state)
        hear(it, node.state)
        hear_heartbeat(it, 5 if node.is_started else 0x7F)
    assert walked[:1] == [PowerState.READY_TO_SWITCH_ON]
    assert walked[-1] is PowerState.OPERATION_ENABLED
    assert it.family.enabled(it.feedback).all()
    assert not (it.family.order(Order.ENABLE, it.feedback).can_id == NMT).any()
    assert it.family.state_name(int(it.feedback.state[0])) == "on"


def test_the_target_while_enabling_is_where_the_drive_stands():
    it = one_node()
    hear(it, PowerState.SWITCHED_ON, counts=-70_000)
    frames = it.family.order(Order.ENABLE, it.feedback)
    payload = frames.rows(frames.can_id == 0x200 | NODE).payloads()[0]
    assert int.from_bytes(payload[2:6], "little", signed=True) == -70_000
    assert payload[6:8] == bytes(2)


def test_a_drive_whose_position_is_unknown_is_not_switched_on():
    it, node = one_node(), Node()
    node.state = PowerState.SWITCHED_ON
    it.feedback.state[0] = WORDS[PowerState.SWITCHED_ON]
    for _ in range(5):
        for control in controls(it.family.order(Order.ENABLE, it.feedback)):
            node.take(control)
        it.feedback.state[0] = WORDS[node.state]
    assert node.state is PowerState.READY_TO_SWITCH_ON


@pytest.mark.parametrize("mode", [ControlMode.POSITION, ControlMode.VELOCITY, ControlMode.EFFORT])
@pytest.mark.parametrize("state", list(PowerState))
def test_a_command_switches_nothing_on(mode, state):
    it, node = one_node(mode), Node()
    hear(it, state)
    node.state = state
    was_on = state is PowerState.OPERATION_ENABLED
    for control in controls(it.family.command(Targets(np.zeros((5, 1))), it.feedback)):
        node.take(control)
    assert (node.state is PowerState.OPERATION_ENABLED) == was_on


def test_a_command_before_anything_was_heard_switches_nothing_on():
    it = one_node()
    assert controls(it.family.command(Targets(np.zeros((5, 1))), it.feedback)) == [0x06]


def test_enabling_leaves_a_fault_and_clearing_ends_it():
    it, node = one_node(), Node()
    node.state = PowerState.FAULT
    hear(it, node.state)
    for _ in range(3):
        for control in controls(it.family.order(Order.ENABLE, it.feedback)):
            node.take(control)
    assert node.state is PowerState.FAULT
    for control in controls(it.family.order(Order.CLEAR_FAULTS, it.feedback)):
        node.take(control)
    assert node.state is PowerState.SWITCH_ON_DISABLED


def test_disabling_takes_the_voltage_away():
    it, node = one_node(), Node()
    node.state = PowerState.OPERATION_ENABLED
    hear(it, node.state)
    for control in controls(it.family.order(Order.DISABLE, it.feedback)):
        node.take(control)
    assert node.state is PowerState.SWITCH_ON_DISABLED


def test_every_tick_ends_with_one_sync_on_each_bus():
    it = bench("cia402")
    frames = it.family.command(Targets(np.zeros((5, it.count))), it.feedback)
    assert frames.can_id[-2:].tolist() == [SYNC, SYNC]
    assert frames.bus[-2:].tolist() == [0, 1]
    assert frames.length[-2:].tolist() == [0, 0]
    assert (frames.can_id == SYNC).sum() == 2


def test_emergencies_and_second_reports_tell_faults():
    it = one_node()
    data = np.frombuffer(bytes.fromhex("2032000000000000"), np.uint8)[None]
    it.family.decode(make_frames(0, np.array([0x80 | NODE]), 0, 8, data), it.feedback)
    assert it.family.fault_names(int(it.feedback.fault[0])) == ("under-voltage",)
    assert it.family.fault_names(0x7377) == ("sensor or module, code 0x7377",)


@pytest.mark.parametrize(
    "mode, number, size",
    [(ControlMode.POSITION, 8, 8), (ControlMode.VELOCITY, 9, 8), (ControlMode.EFFORT, 10, 4)],
)
def test_process_data_says_what_must_be_mapped(mode, number, size):
    family = one_node(mode).family
    assert isinstance(family, Cia402Family)
    assert family.cyclic_mode.number == number
    received, first, second = family.process_data
    assert received[0] == 0x200 and first[0] == 0x180 and second[0] == 0x280
    assert sum(item.bits for item in received[1]) == 8 * size
    assert [item.index for item in first[1]] == [0x6041, 0x6064, 0x6077]
    assert [item.index for item in second[1]] == [0x606C, 0x603F]
    frames = family.command(Targets(np.zeros((5, 1))), Feedback.unheard(1))
    assert frames.length[0] == size
