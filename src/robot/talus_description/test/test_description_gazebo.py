# SPDX-License-Identifier: Apache-2.0
"""Checks the model that Gazebo simulates against the one of the URDF."""

from dataclasses import replace

import numpy as np
import pytest
from talus_description.formats.gazebo_model import SOLE_MASS_KG, gazebo_model
from talus_description.formats.urdf_model import DescriptionError

SOLES = ("l_sole", "r_sole")


@pytest.fixture
def rotors(robot):
    """Rotor inertia by joint, kg m^2."""
    return dict(zip(robot.joint_names, robot.limits.rotor_inertia.tolist(), strict=True))


def test_each_link_turns_with_its_rotor_about_the_joint_and_is_still_a_body(robot, urdf, rotors):
    made = gazebo_model(urdf, SOLES, rotors)
    feet = {joint.parent for joint in urdf.joints if joint.child in SOLES}
    for joint in urdf.joints:
        before = urdf.links[joint.child].inertial
        if joint.kind == "fixed" or before is None:
            continue
        after = made.links[joint.child].inertial
        axis = after.pose.rotation.T @ joint.axis
        gained = axis @ (after.inertia - before.inertia) @ axis
        assert gained == pytest.approx(rotors[joint.name], rel=1e-9), joint.name
        moments = np.linalg.eigvalsh(after.inertia)
        assert moments[0] > 0.0 and moments[2] <= moments[0] + moments[1] + 1e-12
        if joint.child not in feet:
            assert after.mass == before.mass


def test_no_mass_is_lost_and_soles_are_links(robot, urdf, rotors):
    made = gazebo_model(urdf, SOLES, rotors)

    def mass(model):
        return sum(link.inertial.mass for link in model.links.values() if link.inertial)

    assert mass(made) == pytest.approx(mass(urdf), abs=1e-9)
    assert all(made.links[sole].inertial.mass == SOLE_MASS_KG for sole in SOLES)
    assert all(made.links[sole].collisions for sole in SOLES)


def test_drives_are_left_to_the_driver(robot, urdf, rotors):
    made = gazebo_model(urdf, SOLES, rotors)
    for joint, before in zip(made.joints, urdf.joints, strict=True):
        assert joint.friction == 0.0 and np.isinf(joint.effort) and np.isinf(joint.velocity)
        assert (joint.lower, joint.upper) == (before.lower, before.upper)
        assert joint.damping == before.damping


def test_only_what_is_to_be_seen_has_visuals(urdf, rotors):
    assert not any(link.visuals for link in gazebo_model(urdf, SOLES, rotors).links.values())
    shown = gazebo_model(urdf, SOLES, rotors, shows=True)
    assert all(shown.links[name].visuals == link.visuals for name, link in urdf.links.items())


def test_a_sole_that_is_no_frame_of_a_foot_is_refused(urdf, rotors):
    with pytest.raises(DescriptionError, match="is fixed to no link with mass"):
        gazebo_model(urdf, ("base_link",), rotors)
    foot = urdf.links["l_sole"]
    heavy = replace(
        urdf,
        links={**urdf.links, "l_sole": replace(foot, inertial=urdf.links["base_link"].inertial)},
    )
    with pytest.raises(DescriptionError, match="sole 'l_sole' must be a link without mass"):
        gazebo_model(heavy, SOLES, rotors)
