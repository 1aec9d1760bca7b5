# SPDX-License-Identifier: Apache-2.0
"""Checks soles, masses, and parts of the robot that touch each other."""

from __future__ import annotations

import mujoco
import numpy as np
from talus_core.robot import RobotDescription

from talus_description.adoption.soles import SIDE_WORDS
from talus_description.checking.finding import RobotFinding, fault, good, listed, odd
from talus_description.checking.legs import standing
from talus_description.rest_path import Statics

# Of a sole in `stand`: the gate refuses postures beyond both.
FLAT_COSINE = 0.999
LOW_M = 0.01
# Of the base's height: shorter or narrower soles leave little to balance with.
SHORT_SOLE_SHARE = 0.1
NARROW_SOLE_SHARE = 0.04
MASS_SHARE = 0.01  # between the files: they round
DEEP_M = 0.01  # of two parts in each other: MuJoCo pushes them apart with hundreds of newtons
# m of a body's radius of gyration: what is larger is a typing error in the inertia
LARGE_GYRATION_M = 1.0
SMALL_GYRATION_M = 1e-3


def sole_findings(robot: RobotDescription, model: mujoco.MjModel) -> list[RobotFinding]:
    """Check that each sole is there, flat on the ground, and large enough."""
    data = standing(robot, model)
    height = float(data.body(robot.frames["base"]).xpos[2])
    found = []
    for side, foot in zip(SIDE_WORDS, robot.feet, strict=True):
        body = model.site(foot.frame).bodyid[0]
        holders = {int(body), int(model.body_parentid[body])}
        geoms = [
            geom
            for geom in range(model.ngeom)
            if int(model.geom_bodyid[geom]) in holders
            and (model.geom_contype[geom] or model.geom_conaffinity[geom])
        ]
        shapes = {mujoco.mjtGeom(model.geom_type[g]).name.removeprefix("mjGEOM_") for g in geoms}
        size = f"{foot.length:.3f} x {foot.width:.3f} m"
        if not geoms:
            found.append(
                fault(
                    f"{side} sole",
                    f"nothing at '{foot.frame}' meets the ground",
                    "give the foot a collision shape",
                )
            )
        elif data.site(foot.frame).xmat[8] < FLAT_COSINE or data.site(foot.frame).xpos[2] > LOW_M:
            found.append(
                fault(
                    f"{side} sole",
                    "in `stand` it does not lie on the ground",
                    "make hip, knee and ankle of poses.stand add up to 0 on both sides",
                )
            )
        elif foot.length < SHORT_SOLE_SHARE * height or foot.width < NARROW_SOLE_SHARE * height:
            found.append(
                odd(
                    f"{side} sole",
                    f"{size} of {', '.join(sorted(shapes))}: small for {height:.2f} m of legs",
                    "only a rectangle within the shape counts: give the foot a wider heel or toe",
                )
            )
        else:
            found.append(good(f"{side} sole", f"{size} of {', '.join(sorted(shapes))}"))
    return found


def inertia_findings(robot: RobotDescription, model: mujoco.MjModel) -> list[RobotFinding]:
    """Check masses and inertias of the moving bodies."""
    statics = Statics(robot)
    found = []
    total = float(model.body_mass.sum())
    if abs(total - statics.mass) > MASS_SHARE * total:
        found.append(
            fault(
                "mass",
                f"{total:.2f} kg in the MJCF, {statics.mass:.2f} kg in the URDF",
                "write both from one source: `adopt`, or `generate`",
            )
        )
    heavy = [body for body in range(1, model.nbody) if model.body_mass[body] > 0.0]
    gyration = {
        model.body(body).name: float(
            np.sqrt(model.body_inertia[body].max() / model.body_mass[body])
        )
        for body in heavy
    }
    for words, bad in (
        ("larger than a body", [n for n, r in gyration.items() if r > LARGE_GYRATION_M]),
        ("smaller than a body", [n for n, r in gyration.items() if r < SMALL_GYRATION_M]),
    ):
        if bad:
            found.append(odd("inertia", f"{words} can have: {listed(bad)}", "look for g or mm"))
    return found or [good("mass", f"{total:.1f} kg in {len(heavy)} bodies, inertias plausible")]


def contact_findings(robot: RobotDescription, model: mujoco.MjModel) -> list[RobotFinding]:
    """Name the parts that touch each other in `stand` and `sit`."""
    found = []
    for pose in ("stand", "sit"):
        data = standing(robot, model, pose)
        touching = {
            f"{_holder(model, contact.geom1)} and {_holder(model, contact.geom2)}": contact.dist
            for contact in data.contact[: data.ncon]
        }
        if not touching:
            continue
        deepest = -min(touching.values())
        text = f"in `{pose}` {listed(sorted(touching), 3)} touch"
        text += f", {1e3 * deepest:.0f} mm deep" if deepest > 0.001 else ""
        make = fault if deepest > DEEP_M else odd
        found.append(
            make("self-contact", text, "smaller shapes, or <exclude> these pairs in the MJCF")
        )
    return found or [good("self-contact", "no part touches another in `stand` and `sit`")]


def _holder(model: mujoco.MjModel, geom: int) -> str:
    return str(model.body(model.geom_bodyid[geom]).name)
