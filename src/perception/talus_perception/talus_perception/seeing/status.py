# SPDX-License-Identifier: Apache-2.0
"""Summarises the state of the perception process in one line and in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from talus_perception.seeing.lookout import Lookout
from talus_perception.seeing.sight import Sight


@dataclass(frozen=True)
class EyesStatus:
    """Hold the diagnostics of the perception process, `values` by name."""

    is_well: bool
    message: str
    values: dict[str, int | str | float]


def status_of(eyes: Lookout, sight: Sight | None, blind_because: str) -> EyesStatus:
    """Return what keeps the process from seeing, if anything, and which cameras have a fault.

    `blind_because`: why there is no network; empty where none was asked for.
    """
    faults = eyes.health.faults(eyes.inbox.now)
    named = [f"camera {camera} {' and '.join(kinds)}" for camera, kinds in faults.items()]
    problems = [blind_because] if blind_because else []
    problems += [part.replace("_", "-") for part in named]
    problems += [f"no camera_info of {camera}" for camera in sorted(eyes.uncalibrated)]
    if eyes.inbox.waits_for:
        problems.append(f"waits for {eyes.inbox.waits_for}")
    works = "seeing" if sight is not None else "no network: nothing is looked for"
    values: dict[str, int | str | float] = {
        "model": sight.eyes.model.name if sight is not None else "",
        "trusted": " ".join(sight.eyes.trusted) if sight is not None else "",
        "looks": sight.looks if sight is not None else 0,
        "pictures_dropped": eyes.inbox.dropped,
        "objects": len(eyes.objects()),
        "camera_faults": "; ".join(named),
        "age_s": eyes.inbox.now - eyes.time if eyes.time >= 0.0 else -1.0,
    }
    return EyesStatus(not problems, "; ".join(problems) or works, values)
