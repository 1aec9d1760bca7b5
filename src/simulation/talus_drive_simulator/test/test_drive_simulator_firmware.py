# SPDX-License-Identifier: Apache-2.0
"""Firmwares and the codecs of talus_can, written apart, understand each other and the makers."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
from one_drive import AT_REST, DRIVE, OneDrive
from talus_can.codec.family import Order
from talus_can.codec.feedback import DriveSetting
from talus_can.codec.targets import Quantity
from talus_can.frames import EXTENDED, FLEXIBLE, RATE_SWITCH
from talus_core.errors import UnknownNameError
from talus_drive_simulator.firmware.drive import DriveTrouble, Motion
from talus_drive_simulator.firmware.registry import FIRMWARES, make_firmware
from talus_drive_simulator.wires.frame import WireFrame, frames_of

VECTORS = json.loads(
    (Path(__file__).parents[3] / "robot" / "talus_can" / "test" / "maker_vectors.json").read_text()
)
TELLS_STATE = [name for name in FIRMWARES if name != "cubemars_mit"]
HAS_WATCHDOG = ["damiao", "robstride", "moteus"]


def of_family(name: str, kind: str) -> list[dict]:
    return [row for row in VECTORS if row["family"] == name and row["kind"] == kind]


def flags_of(name: str, can_id: int) -> int:
    if name == "moteus":
        return EXTENDED | FLEXIBLE | RATE_SWITCH
    return EXTENDED if can_id > 0x7FF else 0


def started(name: str, model: str = "", **setup) -> OneDrive:
    drive = OneDrive(name, model, **setup)
    drive.order(Order.ENABLE)
    return drive


def tolerances(drive: OneDrive) -> np.ndarray:
    """A step of 12 bits or of a 16-bit register, for each `Quantity`."""
    model = drive.model
    ends = np.array([model.position, model.velocity, model.kp, model.kd, model.effort])
    return 2.0 * np.nan_to_num(ends, nan=1.0) / 4095 + 1e-6


@pytest.mark.parametrize("name", FIRMWARES)
def test_commands_of_the_makers_libraries_mean_to_the_drive_what_they_meant(name):
    rows = of_family(name, "command")
    assert len(rows) >= 20
    for row in rows:
        drive = started(name, row["model"])
        payload = bytes.fromhex(row["data"])
        size = min(n for n in (*range(9), 12, 16, 20, 24, 32) if n >= len(payload))
        frame = WireFrame(row["id"], flags_of(name, row["id"]), payload.ljust(size, b"\x50"))
        drive.hand([frame])
        law = drive.law()
        assert law is not None, row
        found = np.array([law.position, law.velocity, law.kp, law.kd, law.effort])
        taken = sorted(drive.family.capabilities.takes)
        if name == "moteus":  # the drive keeps damping's share below stiffness's
            taken = [item for item in taken if item is not Quantity.KD]
        meant = np.array(row["targets"], float)
        off = np.abs(found - meant)[taken]
        assert (off <= tolerances(drive)[taken]).all(), (row, law)


@pytest.mark.parametrize("name", [n for n in FIRMWARES if n != "odrive"])
def test_reports_are_read_by_the_codec_as_the_makers_read_theirs(name):
    rows = of_family(name, "feedback")
    assert len(rows) >= 10
    for row in rows:
        expect = row["expect"]
        if not all(math.isfinite(expect.get(key, math.nan)) for key in ("position", "velocity")):
            continue
        drive = started(name, row["model"])
        warm = min(expect.get("motor_temperature", 40.0), 200.0)
        drive.motion = Motion(
            expect["position"],
            expect["velocity"],
            expect["effort"],
            warm,
            min(expect.get("drive_temperature", 30.0), 100.0),
        )
        drive.command(0.0, 0.0, 0.0, 0.0, 0.0)
        seen = [drive.seen.position[0], drive.seen.velocity[0], drive.seen.effort[0]]
        told = [expect[key] for key in ("position", "velocity", "effort")]
        assert (np.abs(np.subtract(seen, told)) <= tolerances(drive)[[0, 1, 4]]).all(), row
        assert drive.seen.motor_temperature[0] == pytest.approx(warm, abs=1.0)


@pytest.mark.parametrize("name", FIRMWARES)
def test_what_the_codec_sends_is_what_the_drive_regulates(name):
    drive = started(name)
    chosen = random.Random(3)
    model = drive.model
    most_kp = 0.0 if math.isnan(model.kp) else model.kp
    for _ in range(20):
        share = [chosen.uniform(-0.9, 0.9) for _ in range(3)]
        kp = chosen.uniform(0.5, 0.9)
        targets = np.array(
            [
                min(model.position, 12.0) * share[0],
                model.velocity * share[1],
                most_kp * kp,
                (0.0 if math.isnan(model.kd) else model.kd) * kp * 0.9,
                min(model.effort, 30.0) * share[2],
            ]
        )
        drive.command(*targets)
        law = drive.law()
        assert law is not None
        found = np.array([law.position, law.velocity, law.kp, law.kd, law.effort])
        taken = sorted(drive.family.capabilities.takes)
        assert (np.abs(found - targets)[taken] <= tolerances(drive)[taken]).all()


@pytest.mark.parametrize("name", FIRMWARES)
def test_off_at_first_and_after_disable_and_commands_alone_do_not_switch_on(name):
    drive = OneDrive(name)
    if name != "moteus":  # whose command is what switches it on
        drive.command(0.1, 0, 0, 0, 0)
        assert drive.law() is None
    drive.order(Order.ENABLE)
    drive.command(0.1, 0, 0, 0, 0)
    assert drive.law() is not None
    drive.order(Order.DISABLE)
    assert drive.law() is None


@pytest.mark.parametrize("name", TELLS_STATE)
def test_the_codec_sees_whether_it_is_on(name):
    drive = started(name)
    drive.command(0, 0, 0, 0, 0)
    drive.pass_time(0.002)
    assert drive.is_on()
    drive.order(Order.DISABLE)
    if name == "moteus":
        drive.order(Order.POLL)
    drive.pass_time(0.002)
    assert not drive.is_on()


@pytest.mark.parametrize("name", HAS_WATCHDOG)
def test_a_watchdog_that_is_written_is_read_back_and_cuts_a_silent_host(name):
    drive = OneDrive(name)
    drive.send(drive.family.write_setting(DriveSetting.WATCHDOG, 0.05))
    assert drive.setting(DriveSetting.WATCHDOG) == pytest.approx(0.05)
    drive.order(Order.ENABLE)
    drive.command(0, 0, 0, 0, 0)
    for _ in range(5):
        drive.pass_time(0.04)
        drive.command(0, 0, 0, 0, 0)
    assert drive.law() is not None
    drive.pass_time(0.06)
    assert drive.law() is None


@pytest.mark.parametrize("name", ["cubemars_mit", "odrive", "cybergear"])
def test_a_watchdog_of_the_makers_tool_cuts_as_well(name):
    drive = started(name, watchdog_s=0.05)
    drive.command(0, 0, 0, 0, 0)
    drive.pass_time(0.06)
    assert drive.law() is None


@pytest.mark.parametrize("name", FIRMWARES)
def test_without_a_watchdog_it_holds_on_but_moteus_has_the_makers(name):
    drive = started(name)
    drive.command(0, 0, 0, 0, 0)
    drive.pass_time(1.0)
    assert (drive.law() is None) == (name == "moteus")


@pytest.mark.parametrize(
    "trouble", [DriveTrouble.MOTOR_HOT, DriveTrouble.UNDER_VOLTAGE, DriveTrouble.OVER_CURRENT]
)
@pytest.mark.parametrize("name", FIRMWARES)
def test_trouble_is_told_and_stays_until_it_is_cleared(name, trouble):
    drive = started(name)
    drive.firmware.trip(trouble)
    if name != "moteus":
        drive.order(Order.ENABLE)
    drive.command(0, 0, 0, 0, 0)
    drive.pass_time(0.2)
    assert drive.law() is None
    assert drive.family.fault_names(int(drive.seen.fault[0]))
    clear = Order.CLEAR_FAULTS
    drive.order(clear if clear in drive.family.capabilities.orders else Order.DISABLE)
    drive.order(Order.ENABLE)
    drive.command(0, 0, 0, 0, 0)
    assert drive.law() is not None


@pytest.mark.parametrize("name", FIRMWARES)
def test_where_it_is_set_to_zero_it_is_at_zero_and_pulls_from_there(name):
    drive = started(name)
    drive.motion = Motion(0.7, 0.0, 0.0)
    drive.order(Order.SET_ZERO)
    if Order.POLL in drive.family.capabilities.orders:
        drive.order(Order.POLL)
    drive.command(0.2, 0, 0, 0, 0)
    drive.pass_time(0.002)
    assert drive.seen.position[0] == pytest.approx(0.0, abs=1e-3)
    law = drive.law()
    assert law is not None and law.position == pytest.approx(0.9, abs=1e-2)


def test_ranges_of_damiao_are_read_and_written():
    drive = OneDrive("damiao", "4310")
    assert drive.setting(DriveSetting.VELOCITY_RANGE) == 30.0
    drive.send(drive.family.write_setting(DriveSetting.VELOCITY_RANGE, 45.0))
    assert drive.setting(DriveSetting.VELOCITY_RANGE) == 45.0
    assert drive.setting(DriveSetting.REPLY_ID) == DRIVE + 0x10
    drive.firmware.reboot()
    assert drive.setting(DriveSetting.VELOCITY_RANGE) == 30.0


def test_gains_of_moteus_are_read_and_written():
    drive = OneDrive("moteus")
    assert drive.setting(DriveSetting.KP_RANGE) == pytest.approx(drive.model.kp, rel=1e-5)
    drive.send(drive.family.write_setting(DriveSetting.KP_RANGE, 50.0))
    assert drive.setting(DriveSetting.KP_RANGE) == pytest.approx(50.0, rel=1e-5)


def test_limits_of_robstride_are_read_written_and_kept():
    drive = started("robstride", "RS04")
    assert drive.setting(DriveSetting.EFFORT_LIMIT) == 120.0
    drive.send(drive.family.write_setting(DriveSetting.EFFORT_LIMIT, 20.0))
    assert drive.setting(DriveSetting.EFFORT_LIMIT) == 20.0
    drive.command(0, 0, 0, 0, 90.0)
    law = drive.law()
    assert law is not None and law.effort == 20.0


def test_a_reply_on_fd_is_on_fd():
    (reply,) = started("damiao", is_flexible=True).command(0, 0, 0, 0, 0)
    assert reply.flags == FLEXIBLE | RATE_SWITCH


def test_a_moteus_target_moves_on_with_its_velocity():
    drive = started("moteus")
    drive.command(1.0, 2.0, 0.3, 0.0, 0.0)
    drive.now += 0.01
    law = drive.law()
    assert law is not None and law.position == pytest.approx(1.02, abs=1e-3)


def test_a_moteus_that_timed_out_needs_a_stop_before_it_obeys_again():
    drive = started("moteus")
    drive.command(0, 0, 0, 0, 0)
    drive.pass_time(0.2)
    drive.command(0, 0, 0, 0, 0)
    assert drive.law() is None and drive.seen.state[0] == 11
    drive.order(Order.DISABLE)
    drive.command(0, 0, 0, 0, 0)
    assert drive.law() is not None


def test_the_reply_of_the_moteus_protocol_page():
    """Its words: mode 10, position 2.88 deg, velocity 23.04 deg/s, torque -1.44, 12 V, 20 C."""
    drive = OneDrive("moteus")
    drive.motion = Motion(math.radians(2.88), math.radians(23.04), -1.44, 25.0, 20.0, 12.0)
    drive.firmware.spec = drive.firmware.spec.__class__(1, drive.model, watchdog_s=0.1)
    flags = EXTENDED | FLEXIBLE | RATE_SWITCH
    order = WireFrame(0x8001, flags, b"")
    start = order._replace(data=bytes.fromhex("01000a"))
    query = order._replace(data=bytes.fromhex("140400" + "130d"))
    drive.firmware.receive(start, 0.0, drive.motion)
    (reply,) = drive.firmware.receive(query, 0.0, drive.motion)
    assert (reply.can_id, reply.flags) == (0x100, flags)
    assert reply.data.hex() == "2404000a005000000170ff230d181400"


@pytest.mark.parametrize("name", FIRMWARES)
def test_noise_never_ends_a_drive(name):
    drive = started(name)
    chosen = random.Random(5)
    ids = [frame.can_id for frame in frames_of(drive.family.order(Order.ENABLE, drive.seen))]
    for _ in range(2000):
        flags = chosen.choice((0, EXTENDED, EXTENDED | FLEXIBLE | RATE_SWITCH))
        size = chosen.choice((0, 3, 8)) if not flags & FLEXIBLE else chosen.choice((8, 24, 64))
        can_id = chosen.choice((*ids, 0x7FF, DRIVE << 5 | chosen.randrange(32)))
        can_id = chosen.randrange(32) << 24 | DRIVE if flags == EXTENDED else can_id
        frame = WireFrame(can_id, flags, chosen.randbytes(size))
        if drive.firmware.hears(frame):
            drive.firmware.receive(frame, drive.now, AT_REST)
        drive.now += 1e-4
        drive.firmware.tick(drive.now, AT_REST)
        law = drive.firmware.law(drive.now)
        assert law is None or all(map(math.isfinite, law))


def test_an_unknown_family_is_named():
    with pytest.raises(UnknownNameError, match=r"simulated drive family 'damio'.*damiao"):
        make_firmware("damio", OneDrive("damiao").firmware.spec)
