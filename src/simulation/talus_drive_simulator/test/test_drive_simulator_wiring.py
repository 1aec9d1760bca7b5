# SPDX-License-Identifier: Apache-2.0
"""A wiring is read as it stands or refused in one line; a planned one keeps no bus too busy."""

from __future__ import annotations

import numpy as np
import pytest
from talus_can.codec.drives import Drives
from talus_can.codec.registry import make_family
from talus_can.load import MOST_BUS_LOAD, BusPlan, bus_load
from talus_can.wiring import WiringError
from talus_core.errors import TalusError, UnknownNameError
from talus_core.files.data_files import yaml_tree
from talus_drive_simulator.planning import FAMILY_PLANS, plan_wiring, wiring_text
from talus_drive_simulator.wiring import SimulatedWiring, load_wiring, wiring_of

ROW = {"bus": "can0", "id": 3, "family": "damiao", "model": 4340}


def tree(**changes: object) -> dict:
    return {"buses": {"can0": {}}, "drives": {"l_knee": {**ROW, **changes}}}


def planned(robot, family: str, rate_hz: float = 500.0) -> SimulatedWiring:
    text = wiring_text(plan_wiring(robot, family, rate_hz))
    return wiring_of(yaml_tree(text), robot.joint_names)


def test_a_file_of_the_driver_serves_as_a_wiring(robot, tmp_path):
    file = tmp_path / "can.yaml"
    file.write_text(
        "driver: can\nwatchdog_s: 0.05\n"
        "buses: {can0: {kind: unix, address: /tmp/can0.sock, data_rate: 5.0e+6}}\n"
        "drives:\n  l_knee: {bus: can0, id: 3, family: damiao, model: 4340, mode: impedance,\n"
        "           sign: -1, gear: 2.0, overrides: {kp: 900}}\n"
    )
    wiring = load_wiring(file, robot.joint_names)
    (drive,) = wiring.drives
    assert wiring.buses["can0"].rates.data == 5e6
    assert (drive.joint, drive.ratio, drive.spec.model.kp) == ("l_knee", -2.0, 900.0)
    assert drive.spec.model.velocity == 10.0


@pytest.mark.parametrize(
    "wrong, named",
    [
        ([], "no mapping"),
        ({"buses": {}}, "entry 'buses' is {}"),
        ({"buses": {"can0": {}}}, "entry 'drives' is None"),
        ({**tree(bus="a/b"), "buses": {"a/b": {}}}, "'a/b' is no name"),
        ({"buses": {"can0": 5}, "drives": {}}, "buses.can0 is 5"),
        ({"buses": {"can0": {"bit_rate": 5.0}}, "drives": {"l_knee": ROW}}, "bit_rate"),
        ({"buses": {"can0": {}}, "drives": {"l_kne": ROW}}, "'l_kne'.*l_knee"),
        (tree(bus="can1"), "drives.l_knee: unknown bus 'can1'.*can0"),
        (tree(bus=""), "bus is missing"),
        (tree(family="damio"), "'damio'.*damiao"),
        (tree(model="4341"), "'4341'.*4340"),
        (tree(id=5000), "'id' is 5000"),
        (tree(ids=5), "'ids'"),
        (tree(sign=0), "sign is 0"),
        (tree(overrides={"kq": 1}), "'kq'"),
        (tree(overrides={"kp": -1}), "kp is -1"),
        (tree(overrides=3), "overrides is 3"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_entry(robot, wrong, named):
    with pytest.raises(WiringError, match=named) as error:
        wiring_of(wrong, robot.joint_names)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_named(robot, tmp_path):
    with pytest.raises(WiringError, match=r"nowhere\.yaml: No such file"):
        load_wiring(tmp_path / "nowhere.yaml", robot.joint_names)


@pytest.mark.parametrize("family", FAMILY_PLANS)
@pytest.mark.parametrize("rate_hz", [250.0, 500.0])
def test_a_plan_keeps_every_bus_below_the_most_load(robot, family, rate_hz):
    wiring = planned(robot, family, rate_hz)
    assert [drive.joint for drive in wiring.drives] == list(robot.joint_names)
    for name, bus in wiring.buses.items():
        drives = [drive for drive in wiring.drives if drive.row.bus == name]
        codec = make_family(
            family,
            Drives(
                joints=tuple(drive.joint for drive in drives),
                bus=np.zeros(len(drives), int),
                drive_id=np.array([drive.row.id for drive in drives]),
                models=tuple(drive.spec.model for drive in drives),
                is_flexible=drives[0].spec.is_flexible,
            ),
            None,
        )
        plan = BusPlan(name, bus.rates, rate_hz, len(drives), codec.frames_of_a_drive)
        assert bus_load(plan) <= MOST_BUS_LOAD


def test_damiao_on_fd_needs_five_buses_of_eight_drives_at_500_hz(robot):
    wiring = planned(robot, "damiao")
    assert len(wiring.buses) == 5
    assert {drive.row.id for drive in wiring.drives} == set(range(1, 9))


@pytest.mark.parametrize("family", FAMILY_PLANS)
def test_planned_drives_have_the_torque_and_the_speed_of_their_joints(robot, family):
    wiring = planned(robot, family)
    models = [drive.spec.model for drive in wiring.drives]
    assert (np.array([model.effort for model in models]) >= robot.limits.effort).all()
    assert (np.array([model.velocity for model in models]) >= robot.limits.velocity).all()


def test_a_rate_that_no_bus_can_carry_is_refused(robot):
    with pytest.raises(WiringError, match="100000 Hz"):
        plan_wiring(robot, "robstride", 1e5)
    with pytest.raises(UnknownNameError, match=r"'cia402'"):
        plan_wiring(robot, "cia402", 500.0)
    assert issubclass(WiringError, TalusError)
