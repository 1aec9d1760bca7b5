# SPDX-License-Identifier: Apache-2.0
"""Checks the SDF that Gazebo gets: the robot's variant, worlds, and the systems."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from talus_core.driver import DriverSetup
from talus_description.conversion.remarks import Remarks
from talus_description.formats.urdf_model import AT_ORIGIN
from talus_gazebo.world import FORCE_TORQUE, PHYSICS, compose, robot_model, world_tree


def test_every_file_world_that_only_has_plain_shapes_becomes_sdf(robot):
    for name in ("flat", "slippery", "slope", "open"):
        remarks = Remarks()
        world = world_tree(DriverSetup(robot, world=name), remarks)
        names = [part.get("name") for part in world.iter("collision")]
        assert "floor" in names, name
        assert len(names) == len(set(names)), name


def test_the_floor_keeps_size_place_and_friction(robot):
    world = world_tree(DriverSetup(robot, world="slippery"), Remarks())
    parts = {part.get("name"): part for part in world.iter("collision")}
    ice = parts["ice"]
    assert ice.find("geometry/box/size").text == "1.2 3 0.1"
    assert ice.find("pose").text == "1.8 0 -0.045 0 0 0"
    assert ice.find("surface/friction/ode/mu").text == "0.3"
    assert parts["floor"].find("surface/friction/ode/mu").text == "0.9"


def test_a_world_gets_the_robot_its_step_and_each_system_once(robot):
    model = robot_model(robot, shows=False)
    text = (
        "<sdf version='1.9'><world name='hall'><physics type='ode'/>"
        f"<plugin filename='{PHYSICS[0]}' name='{PHYSICS[1]}'/></world></sdf>"
    )
    world = ElementTree.fromstring(text)
    assert compose(world, model, AT_ORIGIN, 0.001, shows=False) == "hall"
    assert [p.get("name") for p in world.iter("plugin")] == [PHYSICS[1], FORCE_TORQUE[1]]
    (physics,) = world.iter("physics")
    assert physics.find("max_step_size").text == "0.001"
    assert [m.get("name") for m in world.iter("model")] == [robot.name]


def test_a_watched_world_has_shapes_with_files_and_the_broadcaster(robot):
    model = robot_model(robot, shows=True)
    files = [uri.text for uri in model.element.iter("uri")]
    assert files and all(file.startswith(f"file://{robot.folder.absolute()}/") for file in files)
    assert not list(robot_model(robot, shows=False).element.iter("visual"))


def test_soles_feel_by_their_own_fixed_joints(robot):
    model = robot_model(robot, shows=False)
    joints = {joint.get("name"): joint for joint in model.element.iter("joint")}
    for (name, sensor), foot in zip(model.sensors, robot.feet, strict=True):
        joint = joints[name]
        assert joint.get("type") == "fixed" and joint.find("child").text == foot.frame
        found = joint.find("sensor")
        assert found.get("name") == sensor
        assert found.find("force_torque/measure_direction").text == "child_to_parent"
        assert [float(word) for word in found.find("pose").text.split()] == [0.0] * 6


def test_a_base_without_mass_is_refused(robot):
    odd = replace(robot, frames={**robot.frames, "base": "l_gripper"})
    with pytest.raises(Exception, match="base 'l_gripper' has no mass"):
        robot_model(odd, shows=False)
