# SPDX-License-Identifier: Apache-2.0
"""Judges by the feet whether a torque came out at its joint, in its sense and in its size.

A leg whose other joints are braked is a rod from pelvis to ground. A small torque tau of one of its
joints then turns up at its own foot as -tau about that joint's line, less what the other leg and
the body's inertia take: talus40 on its seat shows 0.37 to 0.97 of it, at the other foot -0.1 to -1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from talus_can.signs.leg_lines import LegLine

LEAST_SHARE = 0.25  # half of what the least of talus40's joints shows
MOST_SHARE = 1.5  # half as much again as a rigid leg could show
# Between a joint and its like in the other leg; sound ones of talus40 differ by 1.1 at most.
MOST_RATIO = 1.6


def share_at_foot(line: LegLine, change: np.ndarray, torque: float) -> float:
    """Return the share of a joint's torque that its own foot shows about the joint's line.

    Args:
        line: Of the joint.
        change: (6,) of the force and moment of the ground on the foot, at the sole, in its frame.
        torque: That was added, N m.
    """
    about_point = change[3:] + np.cross(-line.point, change[:3])
    return float(-(line.axis @ about_point) / torque)


def judge_shares(
    legs: Sequence[Sequence[LegLine]], shares: Mapping[int, float], names: Sequence[str]
) -> list[str]:
    """Return a line for each joint that is not wired, or not scaled, as it should be.

    Args:
        legs: Lines of left and right leg, from sole to base.
        shares: What `share_at_foot` gave, by the joint's place.
        names: Of each joint, with its drive.
    """
    wrong = []
    sound = set()
    for line in (line for leg in legs for line in leg):
        share = shares[line.joint]
        if LEAST_SHARE <= share <= MOST_SHARE:
            sound.add(line.joint)
        else:
            wrong.append(f"{names[line.joint]} {_words(share)}")
    for left, right in zip(*legs, strict=False):
        if not {left.joint, right.joint} <= sound:
            continue
        ratio = shares[left.joint] / shares[right.joint]
        if not 1.0 / MOST_RATIO <= ratio <= MOST_RATIO:
            wrong.append(
                f"{names[left.joint]} pushes {ratio:.2g} times as hard as {names[right.joint]} for "
                "the same torque; one of them is scaled for another motor or gear"
            )
    return wrong


def _words(share: float) -> str:
    told = (
        f"shows {share:.2f} of a torque at its foot and should show {LEAST_SHARE} to {MOST_SHARE}"
    )
    if share <= -LEAST_SHARE:
        return f"{told}: it pushes the other way; its sign or its leg is another's"
    if share < LEAST_SHARE:
        return f"{told}: another joint moves; its id is another's"
    return f"{told}: it is scaled for another motor or gear"
