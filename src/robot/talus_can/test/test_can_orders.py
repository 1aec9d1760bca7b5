# SPDX-License-Identifier: Apache-2.0
"""Families do what their capabilities say, and refuse all else with what they have."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from family_benches import MODE_NAMES, MODES, bench, targets_within
from talus_can.codec.family import ControlMode, GainSupport, Order, UnsupportedError
from talus_can.codec.feedback import DriveSetting, SettingReply
from talus_can.codec.targets import CommandError, Quantity
from talus_can.frames import EXTENDED, FLEXIBLE, FrameBatch, check_frames, make_frames

every_mode = pytest.mark.parametrize("name, mode", MODES, ids=MODE_NAMES)
SOME = np.array([7, 2])


def sendable(frames: FrameBatch) -> None:
    check_frames(frames)
    assert (frames.data[np.arange(frames.data.shape[1]) >= frames.length[:, None]] == 0).all()


@every_mode
def test_orders_are_those_of_the_capabilities(name, mode):
    it = bench(name, mode)
    for order in Order:
        if order in it.family.capabilities.orders:
            sendable(it.family.order(order, it.feedback))
        else:
            with pytest.raises(UnsupportedError, match=f"no order '{order.name.lower()}'"):
                it.family.order(order, it.feedback)


@every_mode
def test_orders_reach_the_chosen_drives_alone(name, mode):
    it = bench(name, mode)
    is_shared = set() if name != "cia402" else {0x000, 0x080}
    for order in it.family.capabilities.orders - {Order.POLL}:
        frames = it.family.order(order, it.feedback, SOME)
        own = frames.rows(~np.isin(frames.can_id, list(is_shared)))
        everybody = it.family.order(order, it.feedback)
        assert len(own) in (2, 4)
        assert set(own.bus.tolist()) == {0, 1}
        all_of_them = {
            (int(b), int(i), p)
            for b, i, p in zip(everybody.bus, everybody.can_id, everybody.payloads(), strict=True)
        }
        for row, payload in enumerate(own.payloads()):
            assert (int(own.bus[row]), int(own.can_id[row]), payload) in all_of_them


@every_mode
def test_commands_can_be_sent_and_are_as_long_as_the_load_counts(name, mode):
    it = bench(name, mode)
    frames = it.family.command(targets_within(it.family, np.random.default_rng(0)), it.feedback)
    sendable(frames)
    shape = it.family.frames_of_a_drive[0]
    assert frames.length.max() <= shape.length
    assert bool(frames.flags[0] & EXTENDED) == shape.is_extended
    assert bool(frames.flags[0] & FLEXIBLE) == shape.is_flexible
    shared = len(frames) - it.count
    assert shared == len(it.family.shared_frames) * 2  # on each of two buses


@every_mode
def test_gains_go_the_way_that_the_capabilities_say(name, mode):
    family = bench(name, mode).family
    gains = {Quantity.KP, Quantity.KD}
    says = family.capabilities.gains
    assert (gains <= family.capabilities.takes) == (says is GainSupport.IN_EVERY_COMMAND)
    ones = np.ones(len(family.drives))
    if says is GainSupport.BY_SEPARATE_FRAMES:
        sendable(family.gain_frames(ones, ones))
    else:
        with pytest.raises(UnsupportedError):
            family.gain_frames(ones, ones)


@every_mode
def test_settings_are_those_of_the_capabilities(name, mode):
    family = bench(name, mode).family
    for setting in DriveSetting:
        if setting in family.capabilities.readable:
            sendable(family.read_setting(setting, SOME))
        else:
            with pytest.raises(UnsupportedError, match="it has:"):
                family.read_setting(setting)
        if setting in family.capabilities.writable:
            value = 3.0 if name == "odrive" and mode is ControlMode.POSITION else 1.0
            value = 2.0 if name == "odrive" and mode is ControlMode.VELOCITY else value
            assert len(family.write_setting(setting, value, SOME)) == 2
            with pytest.raises(CommandError, match=setting.name.lower()):
                family.write_setting(setting, np.nan)
        else:
            with pytest.raises(UnsupportedError, match="it has:"):
                family.write_setting(setting, 1.0)


def test_odrive_gains_make_an_impedance():
    """Torque = kd (kp / kd (p - q) + v - dq), in turns: gains of 1/s and N m s a turn."""
    it = bench("odrive", ControlMode.POSITION)
    kp, kd = np.full(it.count, 80.0), np.full(it.count, 2.0)
    outer, inner = np.array_split(np.arange(2 * it.count), 2)
    frames = it.family.gain_frames(kp, kd)
    (position_gain,) = struct.unpack("<f", frames.rows(outer).payloads()[0])
    velocity_gain, integrator = struct.unpack("<ff", frames.rows(inner).payloads()[0])
    stiffness_a_turn = position_gain * velocity_gain
    assert stiffness_a_turn == pytest.approx(80.0 * 2 * np.pi)
    assert velocity_gain == pytest.approx(2.0 * 2 * np.pi)
    assert integrator == 0


def test_an_odrive_has_no_stiffness_without_damping():
    it = bench("odrive", ControlMode.POSITION)
    kp, kd = np.ones(it.count), np.ones(it.count)
    kd[4] = 0.0
    with pytest.raises(CommandError, match=r"joint 'joint_4': kp 1.0 with kd 0.0 cannot be"):
        it.family.gain_frames(kp, kd)
    it.family.gain_frames(np.zeros(it.count), np.zeros(it.count))


def test_damiao_answers_are_settings():
    it = bench("damiao")
    watchdog = bytes([3, 0, 0x33, 9]) + struct.pack("<I", 1000)
    ends = bytes([3, 0, 0x55, 21]) + struct.pack("<f", 12.5)
    data = np.array([list(watchdog), list(ends)], np.uint8)
    decoded = it.family.decode(make_frames(1, np.array([0x13, 0x13]), 0, 8, data), it.feedback)
    assert decoded.settings == (
        SettingReply(7, DriveSetting.WATCHDOG, 0.05),
        SettingReply(7, DriveSetting.POSITION_RANGE, 12.5),
    )
    assert not it.feedback.replies.any()


def test_robstride_answers_are_settings_unless_they_failed():
    it = bench("robstride")
    payload = list(struct.pack("<HHf", 0x701C, 0, 48.0))
    good, failed = (17 << 24 | status << 16 | 2 << 8 | 0xFD for status in (0, 1))
    data = np.array([payload, payload], np.uint8)
    decoded = it.family.decode(
        make_frames(0, np.array([good, failed]), EXTENDED, 8, data), it.feedback
    )
    assert decoded.settings == (SettingReply(1, DriveSetting.BUS_VOLTAGE, 48.0),)


@pytest.mark.parametrize(
    "text, value", [(b"0.05\r\n", 0.05), (b"OK\r\n", None), (b"", None), (b"ERR what\r\n", None)]
)
def test_moteus_answers_are_settings(text, value):
    it = bench("moteus")
    question = it.family.read_setting(DriveSetting.WATCHDOG, np.array([1]))
    assert b"conf get servo.default_timeout_s\n" in question.payloads()[0]
    payload = bytes([0x41, 1, len(text)]) + text
    data = np.frombuffer(payload.ljust(16, b"\x50"), np.uint8)[None]
    decoded = it.family.decode(make_frames(0, np.array([0x200]), 25, 16, data), it.feedback)
    wanted = () if value is None else (SettingReply(1, DriveSetting.WATCHDOG, value),)
    assert decoded.settings == wanted
    assert decoded.malformed == text.startswith(b"ERR")


def test_moteus_gains_are_told_a_turn_and_meant_a_radian():
    it = bench("moteus")
    it.family.read_setting(DriveSetting.KP_RANGE)
    text = b"4\r\n"
    data = np.frombuffer((bytes([0x41, 1, len(text)]) + text).ljust(8, b"\x50"), np.uint8)[None]
    decoded = it.family.decode(make_frames(0, np.array([0x100]), 25, 8, data), it.feedback)
    assert decoded.settings[0].value == pytest.approx(4 / (2 * np.pi))
    written = it.family.write_setting(DriveSetting.KP_RANGE, 4 / (2 * np.pi)).payloads()[0]
    assert b"conf set servo.pid_position.kp 4\n" in written


def test_a_watchdog_that_a_register_cannot_hold_is_refused():
    with pytest.raises(CommandError, match=r"watchdog is -1.0; it must be from 0 to 214748"):
        bench("damiao").family.write_setting(DriveSetting.WATCHDOG, -1.0)
