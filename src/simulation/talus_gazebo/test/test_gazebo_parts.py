# SPDX-License-Identifier: Apache-2.0
"""Checks the parts that know no server: messages, friction, and how Gazebo is found."""

import contextlib
import struct

import numpy as np
import pytest
from talus_gazebo import gz_calls
from talus_gazebo.dry_friction import DryFriction
from talus_gazebo.gz_calls import GazeboMissingError, find_gazebo
from talus_gazebo.wrench_message import WireError, read_wrench

STEP_S = 0.001
# By `protoc --encode=gz.msgs.Wrench` of gz-msgs 10.4: stamp 12 s 345000000 ns and a frame in the
# header, force x 1, z -2, torque y 0.5.
GOLDEN = bytes.fromhex(
    "0a1c0a08080c10c090c1a40112100a086672616d655f69641204736f6c65"
    "121211000000000000f03f2100000000000000c01a0919000000000000e03f"
)


def test_a_message_is_read_by_its_bytes():
    stamped = read_wrench(GOLDEN)
    assert stamped.time_ns == 12_345_000_000
    np.testing.assert_array_equal(stamped.wrench, [1.0, 0.0, -2.0, 0.0, 0.5, 0.0])


def test_unknown_fields_are_passed_over():
    odd = b"\x4d" + struct.pack("<f", 1.0) + b"\x50\x07" + GOLDEN
    np.testing.assert_array_equal(read_wrench(odd).wrench, read_wrench(GOLDEN).wrench)


def test_bytes_that_are_no_message_are_refused():
    chance = np.random.default_rng(0)
    for cut in range(1, len(GOLDEN)):
        with contextlib.suppress(WireError):
            read_wrench(GOLDEN[:cut])
    for _ in range(2000):
        with contextlib.suppress(WireError):
            read_wrench(chance.bytes(int(chance.integers(1, 40))))
    with pytest.raises(WireError, match="end within a field"):
        read_wrench(GOLDEN[:-1])


def test_friction_holds_a_load_without_creep_and_slides_above_it():
    inertia = np.array([0.05])
    friction = DryFriction(inertia, STEP_S)
    dry = np.array([2.0])
    none = np.zeros(1)
    for load, rests in ((1.9, True), (2.5, False)):
        friction.restart()
        angle, speed = np.zeros(1), np.zeros(1)
        places = []
        for _ in range(3000):
            held, braked = friction.torque(angle, speed, dry, none)
            assert abs(held[0]) <= 2.0 and braked[0] == 0.0
            speed = speed + STEP_S / inertia * (load + held)
            angle = angle + STEP_S * speed
            places.append(angle[0])
        assert (abs(places[-1] - places[1000]) < 1e-9) == rests
        assert (abs(places[-1]) < 1e-3) == rests


def test_friction_takes_no_more_energy_than_there_is():
    """A joint that coasts stops, and does not come back."""
    friction = DryFriction(np.array([0.01]), STEP_S)
    angle, speed = np.zeros(1), np.array([10.0])
    speeds = []
    for _ in range(2000):
        held, _ = friction.torque(angle, speed, np.array([0.5]), np.zeros(1))
        speed = speed + STEP_S / 0.01 * held
        angle = angle + STEP_S * speed
        speeds.append(speed[0])
    assert abs(speeds[-1]) < 1e-9
    assert min(speeds) > -0.5
    assert angle[0] == pytest.approx(0.5 * 0.01 * 10.0**2 / 0.5, rel=0.02)


def test_a_brake_stops_the_lightest_joint_and_does_not_turn_it_back():
    friction = DryFriction(np.array([3e-4]), STEP_S)
    speed = np.array([5.0])
    for _ in range(50):
        _, braked = friction.torque(np.zeros(1), speed, np.zeros(1), np.array([10.0]))
        speed = speed + STEP_S / 3e-4 * braked
        assert speed[0] > 0.0
    assert speed[0] < 1e-9


def test_without_gazebo_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(gz_calls, "KNOWN_PLACES", ())
    monkeypatch.setattr(gz_calls, "RELEASES", (("7", "7", "12"),))
    with pytest.raises(GazeboMissingError, match="sudo apt install gz-harmonic") as caught:
        find_gazebo()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("versions", [("", "", ""), ("8", "7", "13")])
def test_both_spellings_of_the_modules_are_found(tmp_path, monkeypatch, versions):
    place = tmp_path / "gz"
    place.mkdir()
    for part, version in zip(("sim", "math", "transport"), versions, strict=True):
        (place / f"{part}{version}.py").write_text(f"NAME = '{part}{version}'\n")
    monkeypatch.setattr(gz_calls, "KNOWN_PLACES", (str(tmp_path),))
    monkeypatch.setattr(gz_calls.importlib.util, "find_spec", lambda name: None)
    for name in [name for name in gz_calls.sys.modules if name.partition(".")[0] == "gz"]:
        monkeypatch.delitem(gz_calls.sys.modules, name)
    gazebo = find_gazebo()
    found = (gazebo.sim.NAME, gazebo.math.NAME, gazebo.transport.NAME)
    assert found == tuple(map("".join, zip(("sim", "math", "transport"), versions, strict=True)))
    for name in [name for name in gz_calls.sys.modules if name.partition(".")[0] == "gz"]:
        del gz_calls.sys.modules[name]
