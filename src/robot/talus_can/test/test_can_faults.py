# SPDX-License-Identifier: Apache-2.0
"""Every state and every bit or code of a fault has words."""

from __future__ import annotations

import numpy as np
import pytest
from family_benches import MODE_NAMES, MODES, bench
from talus_can.codec.family import Reported
from talus_can.codec.feedback import Feedback
from talus_can.codec.registry import family_names
from talus_can.frames import EXTENDED, FLEXIBLE, RATE_SWITCH, make_frames

# Faults that the drives' documents list, as fault words.
BITS = {
    "robstride": [*range(10), 14, 16, *range(32, 38)],
    "cybergear": [0, 1, 2, 3, 4, 5, 7, *range(8, 16), 16, *range(32, 38)],
    "odrive": [*range(7), *range(8, 17), *range(24, 29), 30],
}
CODES = {
    "damiao": range(8, 15),
    "cubemars_mit": range(1, 7),
    "cubemars_servo": range(1, 7),
    "moteus": [*range(1, 8), *range(32, 49)],
    "cia402": [0x2310, 0x3210, 0x3220, 0x4210, 0x4310, 0x7305, 0x8130, 0x8611],
}


def words_of(name: str) -> list[int]:
    return [*(1 << bit for bit in BITS.get(name, ())), *CODES.get(name, ())]


@pytest.mark.parametrize("name", family_names())
def test_documented_faults_have_words_of_their_own(name):
    family = bench(name).family
    said = [family.fault_names(word) for word in words_of(name)]
    assert said and all(len(names) == 1 for names in said)
    assert not [names for names in said if "unknown fault" in names[0] or ", code" in names[0]]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("name, mode", MODES, ids=MODE_NAMES)
def test_any_other_fault_says_its_number(name, mode):
    family = bench(name, mode).family
    assert family.fault_names(0) == ()
    for code in (7, 0xF, 99, 1 << 12, 1 << 31, 0xFFFF):
        assert all(family.fault_names(code))
    assert all(family.fault_names(2**64 - 1)) or name not in BITS


def test_two_faults_are_two_words():
    assert bench("odrive").family.fault_names(0x300) == ("over-voltage", "under-voltage")


@pytest.mark.parametrize("name", family_names())
def test_a_family_that_tells_no_state_says_so(name):
    family = bench(name).family
    tells = Reported.STATE in family.capabilities.reports
    assert (family.state_name(1) != "not reported") == tells


def test_robstride_faults_of_a_report_and_of_their_own_frame():
    it = bench("robstride")
    hot = 2 << 24 | 1 << 18 | 2 << 22 | 1 << 8 | 0xFD
    own = 21 << 24 | 1 << 8 | 0xFD
    data = np.zeros((2, 8), np.uint8)
    data[1] = (8, 0, 0, 0, 1, 0, 0, 0)  # over-voltage; warning: hot
    frames = make_frames(0, np.array([hot, own]), EXTENDED, 8, data)
    assert it.family.decode(frames, it.feedback).malformed == 0
    names = it.family.fault_names(int(it.feedback.fault[0]))
    assert names == ("over-voltage", "too hot (report)")
    assert it.family.warning_names(int(it.feedback.warning[0])) == ("motor hot",)
    assert it.family.state_name(int(it.feedback.state[0])) == "on"
    assert it.family.enabled(it.feedback).tolist() == [True] + [False] * (it.count - 1)
    calm = make_frames(0, np.array([2 << 24 | 1 << 8 | 0xFD, own]), EXTENDED, 8, data * 0)
    it.family.decode(calm, it.feedback)
    assert it.feedback.fault[0] == 0


def moteus_reply(mode: int, fault: int) -> Feedback:
    it = bench("moteus")
    data = np.zeros((1, 20), np.uint8)
    data[0, :5] = (0x24, 4, 0, mode, 0)
    data[0, 11:14] = (0x20, 6, 0x0A)
    data[0, 19] = fault
    flags = EXTENDED | FLEXIBLE | RATE_SWITCH
    it.family.decode(make_frames(0, np.array([0x100]), flags, 20, data), it.feedback)
    return it.feedback


def test_a_moteus_code_is_a_fault_in_fault_mode_alone():
    family = bench("moteus").family
    broken, limited = moteus_reply(1, 34), moteus_reply(10, 99)
    assert family.fault_names(int(broken.fault[0])) == ("over-voltage",)
    assert (broken.warning[0], limited.fault[0]) == (0, 0)
    assert family.warning_names(int(limited.warning[0])) == ("limited by its highest current",)


def test_moteus_says_what_it_does_not_know_with_the_least_integer():
    it = bench("moteus")
    data = np.zeros((1, 20), np.uint8)
    data[0, :3] = (0x24, 4, 0)
    data[0, 5:7] = (0x00, 0x80)  # position
    data[0, 11:14] = (0x20, 6, 0x0A)
    data[0, 14] = 0x80  # motor temperature
    flags = EXTENDED | FLEXIBLE | RATE_SWITCH
    it.family.decode(make_frames(0, np.array([0x100]), flags, 20, data), it.feedback)
    assert np.isnan([it.feedback.position[0], it.feedback.motor_temperature[0]]).all()
    assert (it.feedback.velocity[0], it.feedback.drive_temperature[0]) == (0, 0)


@pytest.mark.parametrize("state", range(16))
def test_a_damiao_drive_that_is_neither_on_nor_off_has_a_fault(state):
    it = bench("damiao")
    data = np.array([[state << 4 | 1, 0x80, 0, 0x80, 8, 0, 30, 40]], np.uint8)
    it.family.decode(make_frames(0, np.array([0x11]), 0, 8, data), it.feedback)
    assert bool(it.family.fault_names(int(it.feedback.fault[0]))) == (state > 1)
    assert it.family.enabled(it.feedback)[0] == (state == 1)
    assert it.family.state_name(state)


def test_temperatures_have_their_offsets_and_signs():
    mit, servo = bench("cubemars_mit"), bench("cubemars_servo")
    data = np.array([[1, 0, 0, 0, 0, 0, 65, 0]], np.uint8)
    mit.family.decode(make_frames(0, np.array([0]), 0, 8, data), mit.feedback)
    assert mit.feedback.motor_temperature[0] == 25  # 40 more, by the manual
    data[0, 6] = 256 - 5
    servo.family.decode(make_frames(0, np.array([0x2901]), EXTENDED, 8, data), servo.feedback)
    assert servo.feedback.motor_temperature[0] == -5
