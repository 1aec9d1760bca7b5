# SPDX-License-Identifier: Apache-2.0
"""Every motor model has a source and sane numbers; a wrong table or configuration is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from family_benches import MODELS, bench, drives_of
from talus_can.codec.drives import Drives, DriveSetupError
from talus_can.codec.family import ControlMode, UnsupportedError
from talus_can.codec.registry import family_names, make_family
from talus_can.models import MotorModel, MotorModelError, load_motor_models, with_overrides
from talus_core.errors import UnknownNameError

EVERY_MODEL = [(name, model) for name in MODELS.families for model in MODELS.of_family(name)]


def test_every_family_has_models():
    assert set(MODELS.families) == set(family_names())


@pytest.mark.parametrize("family, model", EVERY_MODEL, ids=lambda item: getattr(item, "name", item))
def test_a_model_makes_a_codec(family, model):
    drives = drives_of([model])
    assert len(make_family(family, drives).drives) == len(drives)
    assert model.source
    assert 0 < model.effort <= 330 and 0 < model.velocity <= 600


@pytest.mark.parametrize(
    "family, name, position, velocity, effort",
    [
        ("damiao", "4310", 12.5, 30, 10),
        ("damiao", "4340", 12.5, 10, 28),
        ("damiao", "10010L", 12.5, 25, 200),
        ("robstride", "RS03", 4 * math.pi, 50, 60),
        ("robstride", "RS00", 4 * math.pi, 33, 14),
        ("cubemars_mit", "AK80-9", 12.5, 50, 18),
    ],
)
def test_ranges_are_those_of_the_makers(family, name, position, velocity, effort):
    model = MODELS.find(family, name)
    assert (model.position, model.velocity, model.effort) == (position, velocity, effort)


def test_disagreeing_sources_are_told():
    assert any("50" in other for other in MODELS.find("robstride", "RS00").others)


def test_unknown_names_are_answered_with_near_ones():
    with pytest.raises(UnknownNameError, match="unknown damiao motor '4311'; nearest: 4310"):
        MODELS.find("damiao", "4311")
    with pytest.raises(UnknownNameError, match="unknown drive family 'damio'; nearest: damiao"):
        MODELS.of_family("damio")
    with pytest.raises(UnknownNameError, match="unknown drive family 'damio'; nearest: damiao"):
        make_family("damio", bench("damiao").family.drives)


def test_a_configuration_overrides_a_row():
    model = with_overrides(MODELS.find("damiao", "4340"), {"velocity": 8})
    assert (model.velocity, model.effort) == (8.0, 28.0)
    assert with_overrides(model, {}) == model


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"velocty": 8}, "unknown number 'velocty'; nearest: velocity"),
        ({"velocity": 0}, "velocity is 0; it must be above 0 and finite"),
        ({"velocity": math.nan}, "velocity is nan"),
        ({"velocity": "fast"}, "velocity is 'fast'"),
        ({"velocity": True}, "velocity is True"),
        ({"source": 3}, "unknown number 'source'"),
    ],
)
def test_an_override_that_makes_no_sense_is_refused(changes, said):
    with pytest.raises(MotorModelError, match=f"motor '4340': {said}"):
        with_overrides(MODELS.find("damiao", "4340"), changes)


@pytest.mark.parametrize(
    "text, said",
    [
        ("[1, 2]", "where families with their models must be"),
        ("damiao: 3", "where families with their models must be"),
        ("damiao: {'1': {position: 1, velocity: 1, source: x}}", "motor '1' lacks effort"),
        ("damiao: {'1': {position: 1, velocity: 1, effort: 1}}", "motor '1' lacks its source"),
        ("damiao: {'1': {position: -1, velocity: 1, effort: 1, source: x}}", "position is -1"),
        ("damiao: {", "not valid YAML"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(tmp_path, text, said):
    file = tmp_path / "models.yaml"
    file.write_text(text)
    with pytest.raises(MotorModelError, match=rf"models\.yaml: .*{said}"):
        load_motor_models(file)


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(MotorModelError, match=r"none\.yaml: No such file"):
        load_motor_models(tmp_path / "none.yaml")


def two(family: str, ids: tuple[int, int], bus=(0, 0), **more) -> Drives:
    model = MODELS.of_family(family)[0]
    return Drives(("hip", "knee"), np.array(bus), np.array(ids), (model, model), **more)


@pytest.mark.parametrize("name", family_names())
def test_two_drives_with_one_id_on_a_bus_are_refused(name):
    with pytest.raises(DriveSetupError, match="'hip' and 'knee' have the same id 3 on bus 0"):
        make_family(name, two(name, (3, 3)))
    make_family(name, two(name, (3, 3), bus=(0, 1)))


@pytest.mark.parametrize("name", family_names())
def test_an_id_that_cannot_be_is_refused(name):
    with pytest.raises(DriveSetupError, match=r"joint 'knee': id 4000 is none; .* would do"):
        make_family(name, two(name, (3, 4000)))


def test_damiao_drives_may_share_a_reply_id_while_their_ids_tell_them_apart():
    make_family("damiao", two("damiao", (1, 2), reply_id=np.array([0, 0])))
    with pytest.raises(DriveSetupError, match="'hip' and 'knee' have the same id"):
        make_family("damiao", two("damiao", (1, 17), reply_id=np.array([0, 0])))


@pytest.mark.parametrize("name", family_names())
def test_drives_that_speak_classic_can_alone_are_refused_on_fd(name):
    drives = two(name, (1, 2), is_flexible=True)
    if name in ("damiao", "moteus"):
        assert make_family(name, drives).frames_of_a_drive[0].is_flexible
    else:
        with pytest.raises(DriveSetupError, match="classic CAN alone"):
            make_family(name, drives)


@pytest.mark.parametrize(
    "ids, replies, said",
    [
        ((1, 17), None, "'hip' replies with id 17, which is that of joint 'knee'"),
        ((1, 2), (0x11, 0x800), "joint 'knee': reply id 2048 is none; 0 to 2046 would do"),
    ],
)
def test_damiao_replies_that_cannot_be_are_refused(ids, replies, said):
    reply_id = None if replies is None else np.array(replies)
    with pytest.raises(DriveSetupError, match=said):
        make_family("damiao", two("damiao", ids, reply_id=reply_id))


def test_a_model_without_the_numbers_of_its_family_is_refused():
    bare = MotorModel("bare", 1.0, 1.0, 1.0)
    with pytest.raises(DriveSetupError, match="motor 'bare' lacks counts_per_turn; give it"):
        make_family("cia402", drives_of([bare]))


def test_a_mode_that_a_family_lacks_is_refused_with_what_it_has():
    with pytest.raises(UnsupportedError, match="no mode 'velocity'; it has: impedance"):
        bench("damiao", ControlMode.VELOCITY)
    with pytest.raises(UnsupportedError, match="no mode 'impedance'; it has: position, velocity"):
        bench("odrive", ControlMode.IMPEDANCE)
