# SPDX-License-Identifier: Apache-2.0
"""Compares the torques of standing and sitting with peak torque and brakes."""

from __future__ import annotations

import numpy as np
from talus_core.robot import RobotDescription

from talus_description.adoption.rest import MOST_EFFORT
from talus_description.adoption.rest_search import LEAST_BRAKE_NM, loads_without_power
from talus_description.checking.finding import RobotFinding, fault, good, odd
from talus_description.rest_path import Statics

TIRING_SHARE = 0.6  # of the peak, for standing: windings bear about half of it for ever


def strength_findings(robot: RobotDescription) -> list[RobotFinding]:
    """Check what holds the robot in `stand`, on one leg, and in `sit` with torque and without."""
    statics = Statics(robot)
    structural = robot.structural_indices
    peak = robot.limits.effort[structural]
    names = [robot.joint_names[at] for at in structural]
    with np.errstate(divide="ignore", invalid="ignore"):  # a drive may have no torque at all
        stand, sit = (
            np.nan_to_num(np.abs(statics.row(robot.poses[pose]).torque) / peak, posinf=np.inf)
            for pose in ("stand", "sit")
        )
    legs = np.isin(structural, [j for leg in robot.legs for j in leg.joints])
    single = np.where(legs, 2.0 * stand, stand)
    return [
        _torque("stand", stand, names),
        _one_leg(single, names),
        _torque("sit", sit, names),
        _brakes(robot, statics),
    ]


def _torque(pose: str, share: np.ndarray, names: list[str]) -> RobotFinding:
    worst = int(share.argmax())
    text = f"{share[worst]:.0%} of the peak torque ({names[worst]})"
    if share[worst] > MOST_EFFORT:
        return fault(
            f"torque in {pose}",
            text,
            f"give poses.{pose} less bent legs, its centre of mass nearer over the joint, or "
            "check the joint's <limit effort>",
        )
    if share[worst] > TIRING_SHARE:
        return odd(f"torque in {pose}", text, "its windings get hot: a straighter pose takes less")
    return good(f"torque in {pose}", text)


def _one_leg(share: np.ndarray, names: list[str]) -> RobotFinding:
    worst = int(share.argmax())
    text = f"{share[worst]:.0%} of the peak torque ({names[worst]}), twice that on two legs"
    if share[worst] > 1.0:
        return odd(
            "torque on one leg", text, "steps will be unsteady: put the soles' middle under it"
        )
    return good("torque on one leg", text)


def _brakes(robot: RobotDescription, statics: Statics) -> RobotFinding:
    if robot.keeps_torque:
        return odd(
            "rest",
            "cannot be cut (rest_path.keep_torque): after a stop it is held seated by its drives",
            "give holding brakes or a pose that rests on its stops, then run `adopt` anew",
        )
    hold = np.maximum(robot.limits.holding_brake, LEAST_BRAKE_NM)
    load, on_stops = loads_without_power(robot, statics, robot.poses["sit"], hold)
    carries = np.zeros(len(load), dtype=bool)  # arms that hang down fell nobody yet
    carries[robot.indices("left_leg", "right_leg", *({"torso"} & set(robot.groups)))] = True
    load = np.where(carries, load, 0.0)
    worst = int(load.argmax())
    name = robot.joint_names[worst]
    stops = (carries & on_stops).sum()
    on = f", {stops} joints rest on their stops" if stops else ""
    if load[worst] <= 1.0:
        return good(
            "rest", f"in `sit` the brake of {name} carries {load[worst]:.0%} of its most{on}"
        )
    braked = robot.limits.holding_brake[worst] > 0.0
    why = f"asks {load[worst]:.1f} times what its brake holds" if braked else "has no brake"
    return odd(
        "rest",
        f"in `sit` without torque {name} {why}, and it is not on a stop{on}; the trial tells",
        "a pose sit nearer the stop (0.05 rad), a holding_brake of its drive, or "
        "rest_path: {keep_torque: true}",
    )
