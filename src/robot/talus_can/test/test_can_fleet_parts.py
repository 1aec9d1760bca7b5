# SPDX-License-Identifier: Apache-2.0
"""The parts of the driver: counting of periods and replies, torque, gears, laws of other modes."""

from __future__ import annotations

import numpy as np
import pytest
from family_benches import MODES, bench
from talus_can.codec.family import ControlMode
from talus_can.codec.feedback import Feedback
from talus_can.codec.targets import Quantity, Targets
from talus_can.fleet.ages import ReplyAges
from talus_can.fleet.group import DriveGroup
from talus_can.fleet.joint_scale import JointScale
from talus_can.fleet.ticks import TickCounter
from talus_can.fleet.torque import TorqueSwitch

PERIOD = 0.002
NS = 1e9
USABLE = [pair for pair in MODES if pair[1] in (ControlMode.IMPEDANCE, ControlMode.EFFORT)]


@pytest.mark.parametrize("late", [0.0, 0.3, 0.49, 0.6, 0.9])
def test_periods_are_counted_one_by_one_wherever_in_them_the_first_read_came(late):
    """After some ticks each read is one period, though each comes up to a fifth early or late."""
    rng = np.random.default_rng(2)
    ticks = TickCounter(PERIOD)
    counts = []
    ticks.step(round(late * PERIOD * NS))
    for number in range(1, 400):
        ticks.step(round((number + rng.uniform(-0.2, 0.2)) * PERIOD * NS))
        counts.append(ticks.count)
    assert set(np.diff(counts[40:])) == {1}


def test_a_pause_is_counted_and_a_second_read_is_none():
    ticks = TickCounter(PERIOD)
    assert ticks.step(0) and ticks.count == 0
    assert not ticks.step(round(0.3 * PERIOD * NS))
    assert ticks.step(round(50 * PERIOD * NS)) and ticks.count == 50


def test_replies_are_counted_and_aged_joint_by_joint():
    ages = ReplyAges(2, now_ns=0)
    ages.update(np.array([1, 0]), 2_000_000)
    ages.update(np.array([2, 0]), 4_000_000)
    np.testing.assert_allclose(ages.at(5_000_000), [0.001, 0.005])
    assert ages.missed.tolist() == [0, 2]


def switch(count: int = 3) -> TorqueSwitch:
    it = TorqueSwitch(count, enable_s=0.1)
    assert it.want(0) and not it.want(1)
    return it


NOBODY = np.zeros(3, bool)


def test_drives_have_so_long_to_come_on_and_then_count_as_dropped():
    it = switch()
    came = np.array([True, True, False])
    assert not it.step(came, NOBODY, 50_000_000).any()
    assert it.to_enable.tolist() == [False, False, True]
    assert it.step(came, NOBODY, 101_000_000).tolist() == [False, False, True]
    assert it.moved.tolist() == [True, True, False]


MS = 1_000_000


def test_a_fault_of_before_is_borne_while_it_is_being_cleared():
    it = switch()
    faulty = np.array([False, False, True])
    assert not it.step(~faulty, faulty, 1 * MS).any()
    assert not it.step(~NOBODY, NOBODY, 2 * MS).any()
    assert not it.step(~NOBODY, faulty, 4 * MS).any()
    assert it.step(~NOBODY, faulty, 22 * MS).tolist() == [False, False, True]


def test_a_report_of_before_that_comes_late_makes_no_drive_drop_out():
    it = switch()
    it.step(~NOBODY, NOBODY, 2 * MS)
    for now in (4, 6, 8):
        assert not it.step(NOBODY, NOBODY, now * MS).any()
    assert not it.step(~NOBODY, NOBODY, 10 * MS).any()
    assert not it.step(NOBODY, NOBODY, 28 * MS).any()
    assert it.step(NOBODY, NOBODY, 30 * MS).all()


def test_nobody_is_moved_without_torque_and_a_new_start_forgets_drops():
    it = switch()
    it.step(~NOBODY, NOBODY, 0)
    it.step(NOBODY, NOBODY, 20 * MS)
    assert it.dropped.all()
    it.release()
    assert not it.moved.any() and not it.to_enable.any()
    it.want(0)
    assert it.moved.all()


def test_gear_sign_and_offset_keep_power_and_come_back():
    rng = np.random.default_rng(4)
    gear = rng.uniform(0.5, 20, 6)
    scale = JointScale(gear, np.array([1, -1] * 3), rng.uniform(-1, 1, 6))
    values = rng.uniform(0.1, 1, (5, 6))
    np.testing.assert_allclose(scale.to_joint(scale.to_drive(values)), values)
    drive = scale.to_drive(values)
    power = [it[Quantity.EFFORT] * it[Quantity.VELOCITY] for it in (values, drive)]
    np.testing.assert_allclose(*power)
    heard = Feedback.unheard(6)
    heard.position[:], heard.velocity[:], heard.effort[:] = drive[[0, 1, 4]]
    np.testing.assert_allclose(scale.motion(heard), values[[0, 1, 4]])
    # A spring between two angles of the joint gives the torque of one between those of the shaft.
    error = 0.01
    at_joint = values[Quantity.KP] * error
    at_shaft = drive[Quantity.KP] * error * scale.ratio
    np.testing.assert_allclose(at_shaft * scale.ratio, at_joint)


def group_of(name: str, mode: ControlMode, limit: float = 1.0) -> DriveGroup:
    it = bench(name, mode)
    count = it.count
    scale = JointScale(np.full(count, 2.0), np.full(count, -1), np.full(count, 0.1))
    group = DriveGroup(name, it.family, np.arange(count), scale, np.full(count, limit))
    group.feedback.position[:] = scale.to_drive(np.full((5, count), 0.3))[0]
    group.feedback.velocity[:] = 0.0
    return group


@pytest.mark.parametrize(("name", "mode"), USABLE)
def test_what_a_drive_cannot_regulate_is_sent_as_torque(name, mode):
    """An effort drive gets effort + kp (position - q) + kd (velocity - dq), made here."""
    group = group_of(name, mode, 0.5)
    count = len(group)
    rows = (0.35, 0.0, 0.2, 0.0, 0.1)  # position, velocity, kp, kd, effort
    wanted = np.repeat(np.array(rows)[:, None], count, axis=1)
    frames, sent = group.command(wanted, np.ones(count, bool))
    meant = group.scale.to_joint(group.family.meaning(frames).values)
    if mode is ControlMode.EFFORT:
        np.testing.assert_allclose(meant[Quantity.EFFORT], 0.1 + 0.2 * 0.05, atol=0.02)
        np.testing.assert_array_equal(sent, wanted)
    else:
        np.testing.assert_allclose(meant, sent)


@pytest.mark.parametrize(("name", "mode"), USABLE)
@pytest.mark.parametrize("limit", [0.7, 3.3])
def test_the_torque_of_no_frame_is_above_the_joints_limit(name, mode, limit):
    group = group_of(name, mode, limit)
    count = len(group)
    for sign in (1.0, -1.0):
        wanted = np.zeros((5, count))
        wanted[Quantity.EFFORT] = sign * 10.0 * limit
        frames, _ = group.command(wanted, np.ones(count, bool))
        meant = group.scale.to_joint(group.family.meaning(frames).values)[Quantity.EFFORT]
        assert (sign * meant <= limit * (1 + 1e-9)).all()
        assert (sign * meant >= 0.0).all()


def test_drives_that_are_not_moved_are_asked_to_report_alone():
    group = group_of("damiao", ControlMode.IMPEDANCE)
    moved = np.arange(len(group)) != 3
    frames, sent = group.command(Targets.of(*np.ones((5, len(group)))).values, moved)
    assert len(frames) == len(group)
    assert np.count_nonzero(frames.can_id == 0x7FF) == 1
    assert sent[Quantity.KP, 3] == sent[Quantity.KD, 3] == sent[Quantity.EFFORT, 3] == 0.0
