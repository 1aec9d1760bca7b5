# SPDX-License-Identifier: Apache-2.0
"""Makes of a robot's model the one that Gazebo simulates, where a driver models its drives.

SDF has no rotor inertia, and pays half of Gazebo's speed for dry friction in joints. So rotors turn
with the links that they move, friction and limits of the drives are left to the driver, and each
sole is a link of its own, whose fixed joint feels all that the ground does to the foot.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from talus_description.formats.urdf_model import (
    AT_ORIGIN,
    DescriptionError,
    Inertial,
    Model,
    UrdfJoint,
    UrdfLink,
)

# Of a sole, taken from its foot: 0.5 N, below what foot sensors resolve.
SOLE_MASS_KG = 0.05
# Of a sole about each axis: a plate of that mass, 0.2 m long.
SOLE_INERTIA_KGM2 = 2e-4


def gazebo_model(
    model: Model, soles: Collection[str], rotors: Mapping[str, float], shows: bool = False
) -> Model:
    """Return the model that Gazebo simulates.

    Args:
        model: As the URDF has it.
        soles: Links of the soles, which have no mass.
        rotors: Inertia of the drives' rotors, seen at their joints, kg m^2, by joint.
        shows: Keep what is only to be seen.

    Raises:
        DescriptionError: A sole has mass already, or its foot has too little.
    """
    links = dict(model.links)
    for joint in model.joints:
        if joint.kind != "fixed":
            links[joint.child] = _with_rotor(links[joint.child], joint, rotors)
    for sole in soles:
        foot = _foot_of(model, sole)
        links[foot], links[sole] = _parted(links[foot], links[sole])
    if not shows:
        links = {name: replace(link, visuals=()) for name, link in links.items()}
    joints = tuple(map(_without_drive, model.joints))
    return replace(model, links=links, joints=joints)


def _with_rotor(link: UrdfLink, joint: UrdfJoint, rotors: Mapping[str, float]) -> UrdfLink:
    """Let the rotor turn with the link as a thin disc about the joint's axis.

    About the axis that is exact. A disc has half of it about the other axes; no body has less.
    """
    inertial = link.inertial
    if inertial is None or joint.name not in rotors:
        return link
    axis = inertial.pose.rotation.T @ (joint.axis / np.linalg.norm(joint.axis))
    disc = 0.5 * rotors[joint.name] * (np.eye(3) + np.outer(axis, axis))
    return replace(link, inertial=replace(inertial, inertia=inertial.inertia + disc))


def _foot_of(model: Model, sole: str) -> str:
    """Return the link with mass that a sole is fixed to. Raises DescriptionError."""
    for joint in model.joints_above(sole):
        if joint.kind != "fixed":
            break
        if model.links[joint.parent].inertial is not None:
            return joint.parent
    raise DescriptionError(f"sole '{sole}' is fixed to no link with mass; hang it on its foot")


def _parted(foot: UrdfLink, sole: UrdfLink) -> tuple[UrdfLink, UrdfLink]:
    """Return foot and sole, to which some of the foot's mass went."""
    of_foot = foot.inertial
    if of_foot is None or of_foot.mass < 2.0 * SOLE_MASS_KG or sole.inertial is not None:
        raise DescriptionError(
            f"sole '{sole.name}' must be a link without mass, on a foot of {2.0 * SOLE_MASS_KG} kg "
            "or more"
        )
    of_sole = Inertial(AT_ORIGIN, SOLE_MASS_KG, SOLE_INERTIA_KGM2 * np.eye(3))
    rest = replace(of_foot, mass=of_foot.mass - SOLE_MASS_KG)
    return replace(foot, inertial=rest), replace(sole, inertial=of_sole)


def _without_drive(joint: UrdfJoint) -> UrdfJoint:
    """Leave friction and the limits of torque and speed to the driver."""
    return replace(joint, friction=0.0, effort=np.inf, velocity=np.inf)
