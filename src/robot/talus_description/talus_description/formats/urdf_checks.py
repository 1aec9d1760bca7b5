# SPDX-License-Identifier: Apache-2.0
"""Checks a URDF's tree and masses for what no body can have; messages name element and remedy."""

from __future__ import annotations

import numpy as np
from talus_core.errors import UnknownNameError

from talus_description.formats.urdf_model import Inertial, Model

# Of the greatest principal moment: digits in which exporters round.
INERTIA_ROUNDING_SHARE = 1e-3


def check_tree(model: Model) -> None:
    """Check that all links hang in one tree. Raises ValueError."""
    above: dict[str, str] = {}
    for joint in model.joints:
        for link in (joint.parent, joint.child):
            if link not in model.links:
                raise ValueError(
                    f"joint '{joint.name}': {UnknownNameError('link', link, model.links)}"
                )
        if joint.child in above:
            raise ValueError(
                f"link '{joint.child}' hangs on two joints, '{above[joint.child]}' and "
                f"'{joint.name}'; a tree has one: cut the loop"
            )
        above[joint.child] = joint.name
    roots = [name for name in model.links if name not in above]
    if len(roots) != 1:
        named = ", ".join(roots) or "none: its joints form a ring"
        raise ValueError(
            f"{len(roots)} root links ({named}); a robot is one tree: join or drop links"
        )
    reached = _reached(model, roots[0])
    if len(reached) < len(model.links):
        lost = ", ".join(name for name in model.links if name not in reached)
        raise ValueError(f"links {lost} do not hang on '{roots[0]}'; their joints form a ring")


def check_movers(model: Model) -> None:
    """Check what moves: masses behind each joint, and joints that others follow.

    Raises ValueError.
    """
    joints = {joint.name: joint for joint in model.joints}
    moving = {
        joint.child: f"moves by joint '{joint.name}'"
        for joint in model.joints
        if joint.kind != "fixed"
    }
    moving[model.root] = "is the robot's root"
    for link, why in moving.items():
        inertial = model.links[link].inertial
        if inertial is not None and not np.linalg.eigvalsh(inertial.inertia)[0] > 0.0:
            raise ValueError(
                f"link '{link}' {why}, but a principal moment of its <inertia> is 0 or less; "
                "give the inertia that it has, kg m^2"
            )
        if not _rigid_mass(model, link):
            raise ValueError(
                f"link '{link}' {why}, but neither it nor what is fixed to it has a mass; give it "
                "an <inertial>, or make the joint fixed"
            )
    for joint in model.joints:
        if joint.mimic is None:
            continue
        leader = joints.get(joint.mimic.joint)
        if leader is None:
            named = UnknownNameError("joint", joint.mimic.joint, joints)
            raise ValueError(f"joint '{joint.name}' mimics another: {named}")
        if leader.kind == "fixed" or leader.mimic is not None:
            raise ValueError(
                f"joint '{joint.name}' mimics '{leader.name}', which has no drive of its own; "
                "let it mimic the joint that has one"
            )


def check_inertial(place: str, inertial: Inertial) -> None:
    """Check a link's mass and inertia. Raises ValueError."""
    if not inertial.mass > 0.0:
        raise ValueError(f"{place}: its mass is {inertial.mass:g} kg; it must be above 0")
    moments = np.linalg.eigvalsh(inertial.inertia)
    named = ", ".join(f"{moment:.3g}" for moment in moments)
    if moments[0] < 0.0:
        raise ValueError(f"{place}: principal moments of inertia {named} kg m^2; none is below 0")
    if moments[2] > (moments[0] + moments[1]) * (1.0 + INERTIA_ROUNDING_SHARE):
        raise ValueError(
            f"{place}: principal moments of inertia {named} kg m^2; no body has one above the sum "
            "of the others: take them from the CAD model again"
        )


def _reached(model: Model, link: str) -> set[str]:
    found = {link}
    ahead = [link]
    while ahead:
        children = [joint.child for joint in model.joints_from(ahead.pop())]
        ahead += [child for child in children if child not in found]
        found.update(children)
    return found


def _rigid_mass(model: Model, link: str) -> float:
    """Return the mass of a link and of all that is fixed to it, kg."""
    inertial = model.links[link].inertial
    below = [joint.child for joint in model.joints_from(link) if joint.kind == "fixed"]
    return (inertial.mass if inertial else 0.0) + sum(_rigid_mass(model, child) for child in below)
