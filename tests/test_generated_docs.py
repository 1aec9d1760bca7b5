# SPDX-License-Identifier: Apache-2.0
"""Every generated table is what the code says now, and configuration files repeat no default."""

import pkgutil
from pathlib import Path

import pytest
import yaml
from talus_cli.docs.pages import generated_pages, up_to_date_text
from talus_core.parameters import build_config, flat_parameters, flatten

ROOT = Path(__file__).parents[1]
PAGES = generated_pages(ROOT)
# Node of a configuration file -> its parameters.
NODES = {
    "/**/balance": "talus_balance.node_config:BalanceNodeConfig",
    "/**/camera": "talus_simulation.cameras.config:CameraConfig",
    "/**/driver": "talus_drivers.driver_config:DriverNodeConfig",
    "/**/map": "talus_map.config:MapNodeConfig",
    "/**/localisation": "talus_localisation.config:LocalisationNodeConfig",
    "/**/perception": "talus_perception.config:PerceptionConfig",
    "/**/recorder": "talus_recorder.config:RecorderConfig",
    "/**/safety": "talus_safety.config:SupervisorConfig",
    "/**/view": "talus_view.config:ViewConfig",
}
BODIES = {
    "mock": "talus_simulation.mock_body.driver:MockConfig",
    "mujoco": "talus_simulation.mujoco_body.config:MujocoConfig",
}
# The limits of safety are one whole file, with a manifest.
FILES = sorted(set((ROOT / "config").glob("*.yaml")) - {ROOT / "config" / "safety.yaml"})


def assert_deviates(config_type: type, values: dict) -> None:
    defaults = flat_parameters(config_type)
    build_config(config_type, values)
    assert {name for name, value in values.items() if value == defaults[name][0]} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_tables_of_a_page_are_up_to_date(page: Path):
    is_up_to_date = page.read_text() == up_to_date_text(page, ROOT)
    assert is_up_to_date, f"{page.relative_to(ROOT)} is stale: './talus docs' mends it"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_parameters_of_nodes_are_deviations(file: Path):
    for node, content in yaml.safe_load(file.read_text()).items():
        assert_deviates(pkgutil.resolve_name(NODES[node]), flatten(content["ros__parameters"]))


@pytest.mark.parametrize("name", BODIES)
def test_options_of_bodies_are_deviations(name: str):
    options = yaml.safe_load((ROOT / "config" / "drivers" / f"{name}.yaml").read_text())
    assert options.pop("driver") == name
    assert_deviates(pkgutil.resolve_name(BODIES[name]), flatten(options))
