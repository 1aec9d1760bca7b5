# SPDX-License-Identifier: Apache-2.0
"""The law and the limits of the drives, and the battery that feeds them."""

import numpy as np
import pytest
from talus_core.driver import DriverError, checked_command
from talus_core.state import JointCommand
from talus_simulation.battery import Pack, PackData, read_pack
from talus_simulation.drives import DriveBank, DriveTable, read_drives

VOLTAGE = 50.0


@pytest.fixture
def table() -> DriveTable:
    """Two drives: a knee and a finger."""
    return DriveTable(
        effort=np.array([200.0, 2.0]),
        torque_constant=np.array([2.1, 0.6]),
        resistance=np.array([0.12, 2.0]),
        standby_power=np.array([1.0, 0.1]),
        rotor_inertia=np.array([0.06, 0.0003]),
    )


def command(position=0.0, velocity=0.0, effort=0.0, kp=0.0, kd=0.0) -> JointCommand:
    return JointCommand(
        1, *(np.full(2, float(value)) for value in (position, velocity, effort, kp, kd))
    )


def effort_of(table, given, position=0.0, velocity=0.0, voltage=VOLTAGE) -> np.ndarray:
    bank = DriveBank(table)
    bank.hold(given)
    return bank.effort(np.full(2, position), np.full(2, velocity), voltage).copy()


def test_law(table):
    given = command(position=0.3, velocity=0.5, effort=0.1, kp=2.0, kd=0.3)
    expected = 0.1 + 2.0 * (0.3 - 0.1) + 0.3 * (0.5 - 0.2)
    np.testing.assert_allclose(effort_of(table, given, position=0.1, velocity=0.2), expected)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_peak_torque(table, sign):
    np.testing.assert_allclose(effort_of(table, command(effort=sign * 1e6)), sign * table.effort)
    np.testing.assert_allclose(
        effort_of(table, command(position=sign * 1e3, kp=1e3)), sign * table.effort
    )


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_at_no_load_speed_there_is_no_torque_left_to_accelerate_but_all_to_brake(table, sign):
    bank = DriveBank(table)
    no_load = VOLTAGE / table.torque_constant
    bank.hold(command(effort=sign * 1e6))
    np.testing.assert_allclose(bank.effort(np.zeros(2), sign * no_load, VOLTAGE), 0.0, atol=1e-9)
    np.testing.assert_allclose(
        bank.effort(np.zeros(2), -sign * no_load, VOLTAGE), sign * table.effort
    )


def test_a_sagging_bus_lowers_the_envelope_not_the_peak_at_rest(table):
    fast = command(effort=200.0)
    assert (
        effort_of(table, fast, velocity=20.0, voltage=42.0)[0]
        < effort_of(table, fast, velocity=20.0, voltage=58.0)[0]
    )
    np.testing.assert_allclose(effort_of(table, fast, voltage=42.0), table.effort)


def test_released_drives_give_nothing(table):
    bank = DriveBank(table)
    bank.hold(command(effort=1.0))
    bank.release()
    assert not bank.is_enabled
    np.testing.assert_array_equal(bank.effort(np.ones(2), np.ones(2), VOLTAGE), 0.0)


def test_what_was_sent_has_the_feed_forward_within_the_peak(table):
    sent = DriveBank(table).hold(command(effort=1e3))
    np.testing.assert_array_equal(sent.effort, table.effort)


def test_power_is_heat_and_work(table):
    effort = np.array([100.0, 1.0])
    speed = np.array([3.0, -2.0])
    heat = (table.resistance * (effort / table.torque_constant) ** 2).sum()
    assert DriveBank(table).power(effort, speed) == pytest.approx(heat + effort @ speed)


@pytest.mark.parametrize("name", ["position", "velocity", "effort", "kp", "kd"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(name, bad):
    array = np.zeros(2)
    array[1] = bad
    with pytest.raises(DriverError, match=name):
        checked_command(command().with_(**{name: array}), 2)


def test_wrong_sizes_and_negative_gains_are_refused():
    with pytest.raises(DriverError, match="shape"):
        checked_command(command(), 3)
    with pytest.raises(DriverError, match="negative"):
        checked_command(command(kd=-0.1), 2)


def test_every_joint_of_the_robot_has_a_drive(robot):
    table = read_drives(robot)
    assert len(table.effort) == len(robot.joint_names)
    assert (table.brake_damping > 0.0).all()
    np.testing.assert_array_equal(table.rotor_inertia, robot.limits.rotor_inertia)


PACK = PackData(
    full_voltage=58.8,
    empty_voltage=42.0,
    energy=8.28e6,
    internal_resistance=0.045,
    computing_power=60.0,
)


def test_energy_is_conserved_terminal_power_plus_loss():
    pack = Pack(PACK, standby_power=20.0)
    pack.drain(motor_power=900.0, dt=1.0)
    report = pack.report()
    assert -report.current * report.voltage == pytest.approx(980.0)
    assert pack.energy_used == pytest.approx(980.0 + report.current**2 * PACK.internal_resistance)
    assert report.energy == pytest.approx(PACK.energy - pack.energy_used)


def test_voltage_sags_under_load_and_falls_with_charge():
    pack = Pack(PACK, 20.0)
    pack.drain(0.0, 0.001)
    rest = pack.voltage
    pack.drain(2000.0, 0.001)
    assert pack.voltage < rest - 1.0
    assert Pack(PACK, 20.0, charge_fraction=0.2).voltage < rest - 10.0


def test_braking_motors_spare_the_pack_but_do_not_charge_it():
    pack = Pack(PACK, 20.0)
    pack.drain(-500.0, 1.0)
    assert pack.energy_used == 0.0
    pack.drain(-30.0, 1.0)
    assert 0.0 < pack.energy_used < 60.0


def test_an_empty_pack_stays_empty():
    pack = Pack(PACK, 20.0, charge_fraction=1e-6)
    for _ in range(100):
        pack.drain(1e5, 1.0)
    assert pack.report().energy == 0.0
    assert pack.report().charge_fraction == 0.0


def test_the_pack_of_the_robot(robot):
    pack = read_pack(robot)
    assert pack.energy == pytest.approx(2.3 * 3.6e6)
    assert pack.computing_power == 60.0
