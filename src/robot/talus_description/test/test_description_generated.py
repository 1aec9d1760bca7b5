# SPDX-License-Identifier: Apache-2.0
"""Checks that what is committed is what the sources give."""

import shutil

import numpy as np
import pytest
import yaml
from talus_description.generate import generated
from talus_description.rubble import rubble_text

pytestmark = pytest.mark.sim


@pytest.fixture(scope="module")
def regenerated(folder, tmp_path_factory):
    copy = tmp_path_factory.mktemp("robot") / folder.name
    copy.mkdir()
    for source in [*folder.glob("*.yaml"), *folder.glob("*.xacro")]:
        if source.name != "rest_path.yaml":
            shutil.copy(source, copy)
    for path, text in generated(copy):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return copy


@pytest.mark.parametrize("name", ["talus40.urdf", "talus40.xml", "talus40.sdf"])
def test_models_are_up_to_date(folder, regenerated, name):
    assert (folder / name).read_text() == (regenerated / name).read_text()


def test_meshes_are_up_to_date(folder, regenerated):
    committed, fresh = (
        {p.name: p.read_text() for p in (f / "meshes").iterdir()} for f in (folder, regenerated)
    )
    assert set(committed) == set(fresh)
    assert [name for name in fresh if not _same_mesh(committed[name], fresh[name])] == []


def test_rest_path_is_up_to_date(folder, regenerated):
    committed, fresh = (
        yaml.safe_load((f / "rest_path.yaml").read_text()) for f in (folder, regenerated)
    )
    assert committed["joints"] == fresh["joints"]
    for old, new in zip(committed["rows"], fresh["rows"], strict=True):
        for key in new:
            assert np.allclose(old[key], new[key], atol=0.02 if key == "torque" else 2e-5), key


def test_rubble_is_up_to_date(worlds):
    assert (worlds / "rubble.xml").read_text() == rubble_text(
        worlds / "flat.xml", seed=1, height=0.02
    )


def _same_mesh(old: str, new: str) -> bool:
    """Return whether both are equal up to a unit in a coordinate's last digit.

    Machines round that digit differently.
    """
    pairs = (
        list(zip(old.split(), new.split(), strict=True))
        if len(old.split()) == len(new.split())
        else [("a", "b")]
    )
    return all(
        a == b or ("." in a and "." in b and abs(float(a) - float(b)) < 0.0101) for a, b in pairs
    )
