# SPDX-License-Identifier: Apache-2.0
"""Frames are those of the makers: published bytes, and what their own libraries make and read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from family_benches import MODELS, TURN, steps_of
from talus_can.codec.drives import Drives
from talus_can.codec.family import ControlMode, Family, Order
from talus_can.codec.feedback import DriveSetting, Feedback
from talus_can.codec.registry import make_family
from talus_can.codec.targets import Quantity, Targets
from talus_can.frames import (
    EXTENDED,
    FLEXIBLE,
    RATE_SWITCH,
    FrameBatch,
    flexible_length,
    make_frames,
)

VECTORS = json.loads((Path(__file__).parent / "maker_vectors.json").read_text())
LEAST_VECTORS = 300
DRIVE = 5
# Libraries that round as the codec does: their bytes are ours. The others scale by 2^n instead of
# 2^n - 1, or cut towards zero, and differ by one step at most.
SAME_BYTES = ("damiao-motor", "CyberGearDriver", "motor-python")


def one(family: str, model: str, drive_id: int = DRIVE, mode: ControlMode | None = None) -> Family:
    ids = np.array([drive_id])
    drives = Drives(("knee",), np.array([0]), ids, (MODELS.find(family, model),))
    return make_family(family, drives, mode)


def command(family: Family, p: float, v: float, kp: float, kd: float, t: float) -> FrameBatch:
    targets = Targets(np.array([[p], [v], [kp], [kd], [t]], float))
    return family.command(targets, Feedback.unheard(1))


def received(family: str, can_id: int, payload: bytes) -> FrameBatch:
    flags = {"moteus": EXTENDED | FLEXIBLE | RATE_SWITCH}.get(family, 0)
    flags |= EXTENDED if can_id > 0x7FF else 0
    size = int(flexible_length(len(payload))) if flags & FLEXIBLE else len(payload)
    data = np.frombuffer(payload.ljust(size, b"\x50"), np.uint8)[None]
    return make_frames(0, np.array([can_id]), flags, size, data)


@pytest.mark.parametrize(
    "targets, payload",
    [((0, 0, 0, 0, 0), "7fff7ff0000007ff"), ((1, 2, 50, 1, -3), "8a3c888199333599")],
)
def test_damiao_4310(targets, payload):
    frames = command(one("damiao", "4310"), *targets)
    assert (frames.payloads()[0].hex(), frames.can_id[0], frames.flags[0]) == (payload, DRIVE, 0)


def test_damiao_on_fd_says_the_same_eight_bytes():
    drives = one("damiao", "4310").drives
    family = make_family("damiao", replace(drives, is_flexible=True))
    frames = command(family, 1, 2, 50, 1, -3)
    assert frames.payloads()[0].hex() == "8a3c888199333599"
    assert frames.flags[0] == FLEXIBLE | RATE_SWITCH
    seen = Feedback.unheard(1)
    reply = np.array([[0x15, 0x80, 0, 0x80, 8, 0, 30, 40]], np.uint8)
    family.decode(make_frames(0, np.array([0x15]), FLEXIBLE | RATE_SWITCH, 8, reply), seen)
    assert (seen.state[0], seen.drive_temperature[0], seen.motor_temperature[0]) == (1, 30, 40)


def test_cybergear():
    frames = command(one("cybergear", "CyberGear", 0x7F), 1, 2, 50, 1, -3)
    assert (frames.can_id[0], frames.flags[0]) == (0x15FFF7F, EXTENDED)
    assert frames.payloads()[0].hex() == "8a3c888819993333"


def test_moteus_reply_of_its_protocol_page():
    family, seen = one("moteus", "default", 1), Feedback.unheard(1)
    payload = bytes.fromhex("2404000a005000000170ff230d181400")
    assert family.decode(received("moteus", 0x100, payload), seen).malformed == 0
    assert (seen.state[0], seen.drive_temperature[0], seen.fault[0]) == (10, 20, 0)
    heard = [seen.position[0], seen.velocity[0], seen.effort[0]]
    np.testing.assert_allclose(heard, [np.radians(2.88), np.radians(23.04), -1.44])


def test_moteus_command_of_its_protocol_page():
    """The page writes three registers; ours writes the gains behind them."""
    frames = command(one("moteus", "default", 1), 96e-4 * TURN, 288 * 2.5e-4 * TURN, 0, 0, -1.76)
    assert frames.can_id[0] == 0x8001
    assert (
        frames.payloads()[0].hex() == "01000a0405206000200150ff00000000140400" + "10060a" + "5050"
    )


@pytest.mark.parametrize("order, payload", [(Order.DISABLE, "010000"), (Order.BRAKE, "01000f")])
def test_moteus_orders(order, payload):
    frames = one("moteus", "default", 1).order(order, Feedback.unheard(1))
    assert (frames.payloads()[0].hex(), frames.can_id[0]) == (payload, 1)


def test_there_are_vectors_of_every_family():
    assert len(VECTORS) >= LEAST_VECTORS
    assert {vector["family"] for vector in VECTORS} == set(MODELS.families)


def of_kind(kind: str) -> list:
    """The vectors of a kind in groups, one for each family and library."""
    groups: dict[str, list[dict]] = {}
    for vector in VECTORS:
        if vector["kind"] == kind:
            name = f"{vector['family']}-{vector['source'].split()[0]}"
            groups.setdefault(name, []).append(vector)
    return [pytest.param(vectors, id=name) for name, vectors in groups.items()]


def mode_of(vector: dict) -> ControlMode | None:
    return ControlMode.IMPEDANCE if vector["family"] == "cubemars_servo" else None


def check_command(vector: dict) -> None:
    family = one(vector["family"], vector["model"], mode=mode_of(vector))
    frames = command(family, *vector["targets"]).rows(slice(0, 1))
    theirs = received(vector["family"], vector["id"], bytes.fromhex(vector["data"]))
    is_torque_in_id = vector["family"] in ("robstride", "cybergear")
    assert is_torque_in_id or frames.can_id[0] == theirs.can_id[0]
    assert frames.length[0] == theirs.length[0]
    if vector["source"].startswith(SAME_BYTES):
        assert frames.payloads() == theirs.payloads()
        assert frames.can_id[0] == theirs.can_id[0]
    ours, meant = (family.meaning(item).values[:, 0] for item in (frames, theirs))
    taken = sorted(family.capabilities.takes)
    difference = np.abs(ours - meant)[taken] / steps_of(vector["family"], family)[taken, 0]
    assert difference.max() < 1.001, vector


@pytest.mark.parametrize("vectors", of_kind("command"))
def test_a_command_is_the_makers_to_one_step(vectors):
    for vector in vectors:
        check_command(vector)


def check_feedback(vector: dict) -> None:
    family, seen = one(vector["family"], vector["model"]), Feedback.unheard(1)
    frames = received(vector["family"], vector["id"], bytes.fromhex(vector["data"]))
    decoded = family.decode(frames, seen)
    assert (decoded.unknown, decoded.malformed) == (0, 0)
    is_loose = vector["source"].startswith("robstride")  # it divides by 2^15 - 1
    steps = steps_of(vector["family"], family)[:, 0] if is_loose else np.zeros(len(Quantity))
    loose = {"position": steps[0], "velocity": steps[1], "effort": steps[4]}
    for name, value in vector["expect"].items():
        tolerance = loose[name] if is_loose and name in loose else 1e-6 + abs(value) * 1e-6
        heard = getattr(seen, name)[0]
        heard = int(heard) & 0xFFFF if vector["family"] == "cia402" and name == "state" else heard
        assert heard == pytest.approx(value, abs=tolerance, nan_ok=True), name


@pytest.mark.parametrize("vectors", of_kind("feedback"))
def test_feedback_is_read_as_the_maker_reads_it(vectors):
    for vector in vectors:
        check_feedback(vector)


def ordered(family: Family, words: list[str]) -> FrameBatch:
    if words[0] == "READ":
        return family.read_setting(DriveSetting[words[1]])
    if words[0] == "WRITE":
        return family.write_setting(DriveSetting[words[1]], float(words[2]))
    return family.order(Order[words[0]], Feedback.unheard(1))


def check_order(vector: dict) -> None:
    models = MODELS.of_family(vector["family"])
    family = one(vector["family"], models[0].name)
    frames = ordered(family, vector["order"].split())
    theirs = bytes.fromhex(vector["data"])
    ours = frames.payloads()[0]
    assert (frames.can_id[0], ours[: len(theirs)]) == (vector["id"], theirs)
    assert set(ours[len(theirs) :]) <= {0x50}  # FD frames are filled up


@pytest.mark.parametrize("vectors", of_kind("feedback"))
def test_feedback_that_is_too_short_is_malformed(vectors):
    vector = vectors[0]
    family, seen = one(vector["family"], vector["model"]), Feedback.unheard(1)
    frames = received(vector["family"], vector["id"], bytes.fromhex(vector["data"])[:5])
    decoded = family.decode(frames, seen)
    assert (decoded.unknown, decoded.malformed) == (0, 1)
    assert np.isnan(seen.position[0]) and seen.replies[0] == 0


def test_the_origin_of_a_cubemars_servo_is_set_for_good():
    frames = one("cubemars_servo", "AK80-9").order(Order.SET_ZERO, Feedback.unheard(1))
    assert (frames.can_id[0], frames.payloads()[0]) == (5 << 8 | DRIVE, b"\1")


@pytest.mark.parametrize("vectors", of_kind("order"))
def test_an_order_is_the_makers(vectors):
    for vector in vectors:
        check_order(vector)


def test_every_quantity_has_a_vector():
    makers = {(v["family"], v["model"]) for v in VECTORS if v["kind"] == "command"}
    carried = {quantity for name in makers for quantity in one(*name).capabilities.takes}
    assert carried == set(Quantity)
