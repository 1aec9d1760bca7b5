# SPDX-License-Identifier: Apache-2.0
"""All cases of the scorecard by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from talus_lab.bench.balance.case import Case
from talus_lab.bench.balance.get_up import GetUpCase
from talus_lab.bench.balance.ground import FIELD_ENDS, Ground
from talus_lab.bench.balance.levels import LevelCase
from talus_lab.bench.balance.peers.case import PeersCase
from talus_lab.bench.balance.pushes import PushCase
from talus_lab.bench.balance.trial import Outcome, Setting, Trial, Vector
from talus_lab.bench.balance.walks import WalkCase

WALK = 0.5  # m/s, of the push cases
SLOW_WALK = 0.4  # m/s, over terrain
TRACK_S = 10.0
TRACKED = 0.05  # of the commanded speed, by the mean over TRACK_S
WALKS = 0.2  # the same where walking at all is the question
CROSS_S = 20.0  # twice what the distance takes
FORWARD: Vector = (1.0, 0.0, 0.0)
BACKWARD: Vector = (-1.0, 0.0, 0.0)
LEFTWARD: Vector = (0.0, 1.0, 0.0)
TURNING: Vector = (0.0, 0.0, 1.0)
FRICTIONS = (0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05)
LOAD = 5.0  # kg in each hand
MARS, MOON = 3.71, 1.62  # m/s^2


def _steps(first: float, last: float, by: float) -> tuple[float, ...]:
    return tuple(round(first + by * number, 4) for number in range(round((last - first) / by) + 1))


def _crossing(kind: str, scale: float = 1.0, sees: bool = False) -> partial:
    """A trial over ground of a kind; `scale`: of the level to the ground's size."""

    def trial(level: float, seed: int) -> Trial:
        setting = Setting(seed, ground=Ground(kind, level * scale, seed), sees=sees)
        return Trial(setting, velocity=(SLOW_WALK, 0.0, 0.0), seconds=CROSS_S, reach=FIELD_ENDS)

    return trial


def _crossed(_: float, outcome: Outcome) -> bool:
    return not outcome.fell and not outcome.error and outcome.moved[0] >= FIELD_ENDS


def _scaled(direction: Vector, level: float) -> Vector:
    return tuple(level * part for part in direction)


def _walk(level: float, seed: int, direction: Vector, **setting: float | Ground | None) -> Trial:
    """Ten seconds at a speed."""
    return Trial(Setting(seed, _scaled(direction, level), **setting), seconds=TRACK_S)


def _tracked(level: float, outcome: Outcome, direction: Vector, within: float = TRACKED) -> bool:
    mean = sum(part * speed for part, speed in zip(direction, outcome.velocity, strict=True))
    return not outcome.fell and not outcome.error and abs(mean - level) <= within * level


def _speed(
    levels: Sequence[float], direction: Vector, unit: str = "speed_mps", key: str = "", ground: Ground | None = None
) -> LevelCase:
    trial, passes = partial(_walk, direction=direction, ground=ground), partial(_tracked, direction=direction)
    return LevelCase(unit, levels, trial, passes, key, runs=5)


def _lighter(gravity: float, key: str = "") -> LevelCase:
    trial = partial(_walk, direction=FORWARD, gravity=gravity)
    return LevelCase("speed_mps", _steps(0.1, 0.8, 0.1), trial, partial(_tracked, direction=FORWARD, within=WALKS), key)


def _hindered(unit: str, levels: Sequence[float], name: str, scale: float) -> LevelCase:
    """Walking while something about the computer is wrong."""

    def trial(level: float, seed: int) -> Trial:
        return Trial(Setting(seed, (WALK, 0.0, 0.0), **{name: level * scale}), seconds=TRACK_S)

    def passes(_: float, outcome: Outcome) -> bool:
        return _tracked(WALK, outcome, FORWARD, WALKS)

    return LevelCase(unit, levels, trial, passes, runs=5)


def _slippery(level: float, seed: int) -> Trial:
    setting = Setting(seed, friction=level)
    return Trial(setting, velocity=(SLOW_WALK, 0.0, 0.0), seconds=CROSS_S, reach=FIELD_ENDS)


def _push_cases() -> dict[str, Case]:
    stands, walks = Setting(), Setting(velocity=(WALK, 0.0, 0.0))
    loaded, waving = (Setting(velocity=walks.velocity, **{name: value}) for name, value in BUSY)
    return {
        "walking_push_torso": PushCase(walks, worst_key="walking_push_dv_worst", forward_key="walking_push_dv_forward"),
        "walking_push_pelvis": PushCase(walks, "base_link"),
        "standing_push_torso": PushCase(stands, worst_key="standing_push_dv_worst"),
        "standing_push_pelvis": PushCase(stands, "base_link"),
        "double_push": PushCase(walks, is_double=True),
        "loaded_push": PushCase(loaded, worst_key="arms_busy_push_dv_worst"),
        "waving_push": PushCase(waving, worst_key="arms_busy_push_dv_worst"),
    }


BUSY = (("payload", LOAD), ("are_arms_taken", True))
CASES: dict[str, Case] = {
    **_push_cases(),
    "speed_forward": _speed(_steps(0.1, 2.2, 0.1), FORWARD, key="speed_tracked", ground=Ground()),
    "speed_backward": _speed(_steps(0.1, 1.0, 0.1), BACKWARD),
    "speed_sideways": _speed(_steps(0.05, 0.6, 0.05), LEFTWARD),
    "speed_turning": _speed(_steps(0.1, 1.2, 0.1), TURNING, "turn_radps"),
    "blocks": LevelCase("height_cm", _steps(1, 8, 1), _crossing("blocks", 0.01), _crossed, "blocks_cm"),
    "step_up": LevelCase("height_cm", _steps(1, 15, 1), _crossing("step_up", 0.01), _crossed),
    "step_down": LevelCase("height_cm", _steps(1, 15, 1), _crossing("step_down", 0.01), _crossed),
    "stairs": LevelCase("height_cm", _steps(2, 20, 2), _crossing("stairs", 0.01, sees=True), _crossed, "stairs_cm"),
    "slope_up": LevelCase("slope_deg", _steps(1, 25, 1), _crossing("slope_up"), _crossed, "slope_deg"),
    "slope_down": LevelCase("slope_deg", _steps(1, 25, 1), _crossing("slope_down"), _crossed, "slope_deg"),
    "slope_across": LevelCase("slope_deg", _steps(1, 25, 1), _crossing("slope_across"), _crossed, "slope_deg"),
    "slip": LevelCase("friction", FRICTIONS, _slippery, _crossed, "slip_mu", none=0.9),
    "slip_patch": LevelCase("friction", FRICTIONS, _crossing("patch"), _crossed, none=0.9),
    "slip_one_foot": LevelCase("friction", FRICTIONS, _crossing("patch_left"), _crossed, "slip_patch_mu", none=0.9),
    "mars": _lighter(MARS, "mars_walk"),
    "moon": _lighter(MOON),
    "delay": _hindered("delay_ms", _steps(2, 10, 2), "delay", 1e-3),
    "stalls": _hindered("stall_ms", (4, 8, 12, 16, 20, 30, 40), "stall", 1e-3),
    "energy": WalkCase((WALK, 0.8)),
    "get_up": GetUpCase(),
    "peers": PeersCase(Setting(velocity=(WALK, 0.0, 0.0))),
}


@dataclass(frozen=True)
class Target:
    """What a figure of the summary must reach, and the aim beyond."""

    name: str
    must: float
    aim: float
    unit: str = ""

    def share(self, value: float) -> float:
        """Of the aim, 0 to 1; where the aim lies below what must be reached, less is better."""
        if self.aim >= self.must:
            return min(max(value / self.aim, 0.0), 1.0)
        return min(self.aim / value, 1.0) if value > 0.0 else 1.0


TARGETS = {
    "walking_push_dv_worst": Target("shove while walking, weakest side and phase", 0.70, 1.6, "m/s"),
    "walking_push_dv_forward": Target("shove from behind while walking", 1.2, 2.0, "m/s"),
    "standing_push_dv_worst": Target("shove while standing, weakest side", 0.90, 1.3, "m/s"),
    "arms_busy_push_dv_worst": Target("shove with busy arms", 0.60, 1.0, "m/s"),
    "speed_tracked": Target("speed kept within 5 %", 1.0, 2.2, "m/s"),
    "blocks_cm": Target("random blocks, +-", 3.0, 5.0, "cm"),
    "stairs_cm": Target("stairs up and down", 12.0, 20.0, "cm"),
    "slope_deg": Target("slope up, down, across", 10.0, 20.0, "deg"),
    "slip_mu": Target("friction of the whole floor", 0.25, 0.15),
    "slip_patch_mu": Target("friction under one foot", 0.15, 0.05),
    "get_up_rate": Target("gets up by itself", 0.80, 0.98),
    "mars_walk": Target("walk on Mars", 0.4, 0.8, "m/s"),
    "tick_ms_mean": Target("computing time of a tick", 1.0, 0.5, "ms"),
    "same_g1_ratio": Target("shove on the peers' robot over the best peer's", 0.6, 1.1),
}
