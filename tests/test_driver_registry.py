# SPDX-License-Identifier: Apache-2.0
"""Checks that plug-ins are found by name and by YAML file, and the messages of failures."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from talus_core.driver import DriverError, DriverSetup
from talus_core.errors import UnknownNameError
from talus_core.parameters import ParameterError, build_config, flatten
from talus_core.robot import load_robot
from talus_drivers import registry
from talus_drivers.registry import create_driver, create_from_file, driver_names, find_driver
from talus_simulation.mock_body.driver import MockConfig, MockDriver
from talus_simulation.mujoco_body.config import MujocoConfig

CONFIG = Path(__file__).parents[1] / "config" / "drivers"


@pytest.fixture
def setup() -> DriverSetup:
    return DriverSetup(load_robot(CONFIG.parents[1] / "urdf" / "talus40"))


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "my.yaml"
    path.write_text(text)
    return path


def test_all_are_installed():
    assert {"can", "mock", "mujoco"} <= set(driver_names())


def test_an_unknown_name_lists_the_nearest(setup):
    with pytest.raises(UnknownNameError, match="unknown driver 'mujocco'; nearest: mujoco"):
        create_driver("mujocco", setup)


def test_by_name_by_folder_and_by_file(setup):
    assert isinstance(find_driver("mock", "", setup), MockDriver)
    assert isinstance(find_driver("mock", str(CONFIG), setup), MockDriver)
    assert isinstance(find_driver(str(CONFIG / "mock.yaml"), "", setup), MockDriver)


def test_a_plug_in_that_cannot_be_loaded_is_named_with_the_others(setup, monkeypatch):
    broken = EntryPoint("broken", "no_such_module:Driver", registry.DRIVERS_GROUP)
    known = [*registry.entry_points(group=registry.DRIVERS_GROUP), broken]
    monkeypatch.setattr(registry, "entry_points", lambda group: known)
    with pytest.raises(
        DriverError,
        match=r"'broken' cannot be loaded: ModuleNotFoundError.*drivers: can, gazebo, mock, mujoco",
    ):
        create_driver("broken", setup)


def test_a_plug_in_that_cannot_be_built_is_named_with_the_others(setup, monkeypatch):
    broken = EntryPoint(
        "broken", "os:listdir", registry.DRIVERS_GROUP
    )  # called with a setup, it raises TypeError
    monkeypatch.setattr(registry, "entry_points", lambda group: [broken])
    with pytest.raises(
        DriverError, match=r"'broken' cannot be built: TypeError.*other drivers: none"
    ):
        create_driver("broken", setup)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("driver: [", "not valid YAML"),
        ("- mock", "not a mapping"),
        ("start_pose: sit", "no entry 'driver'.*mock"),
    ],
)
def test_files_that_say_no_driver(setup, tmp_path, text, message):
    with pytest.raises(DriverError, match=message):
        create_from_file(written(tmp_path, text), setup)


def test_a_file_that_is_not_there(setup):
    with pytest.raises(DriverError, match=r"nowhere.yaml: No such file.*mock"):
        find_driver("nowhere.yaml", "", setup)


def test_options_reach_the_driver_and_wrong_ones_are_refused(setup, tmp_path):
    driver = create_from_file(written(tmp_path, "driver: mock\nstart_pose: stand"), setup)
    driver.connect()
    assert (driver.read(0.0).position == setup.description.poses["stand"]).all()
    with pytest.raises(ParameterError, match="unknown parameter 'start_pos'; nearest: start_pose"):
        create_from_file(written(tmp_path, "driver: mock\nstart_pos: stand"), setup)
    with pytest.raises(UnknownNameError, match="pose 'stnd'; nearest: stand"):
        create_from_file(written(tmp_path, "driver: mock\nstart_pose: stnd"), setup)
    with pytest.raises(ParameterError, match=r"noise.scale.*-1.*from 0.0 to 100.0"):
        create_from_file(written(tmp_path, "driver: mujoco\nnoise: {scale: -1}"), setup)


@pytest.mark.parametrize(("name", "config_type"), [("mock", MockConfig), ("mujoco", MujocoConfig)])
def test_the_shipped_files_are_the_bodies_by_default(name, config_type):
    options = flatten(dict(registry._read(CONFIG / f"{name}.yaml")))
    assert options.pop("driver") == name
    assert build_config(config_type, options) == config_type()
