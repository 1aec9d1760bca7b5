# SPDX-License-Identifier: Apache-2.0
"""Lists all cases of the scorecard by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from talus_core.physics import GRAVITY_MPS2

from talus_lab.bench.balance.cases.case import Case
from talus_lab.bench.balance.cases.get_up import GetUpCase
from talus_lab.bench.balance.cases.levels import LevelCase
from talus_lab.bench.balance.cases.pushes import PushCase
from talus_lab.bench.balance.cases.walks import WalkCase
from talus_lab.bench.balance.peers.case import PeersCase
from talus_lab.bench.balance.trials.ground import FIELD_END_M, Ground
from talus_lab.bench.balance.trials.trial import Setting, Trial, TrialOutcome, Vector

PUSHED_WALK_MPS = 0.5
CROSSING_MPS = 0.4
CROSSING_LIMIT_S = 20.0  # twice what the distance takes
TRACK_S = 10.0
SPEED_TOLERANCE = 0.05  # of the commanded speed, by the mean over TRACK_S
LOOSE_SPEED_TOLERANCE = 0.2  # where walking at all is the question
FORWARD: Vector = (1.0, 0.0, 0.0)
BACKWARD: Vector = (-1.0, 0.0, 0.0)
LEFTWARD: Vector = (0.0, 1.0, 0.0)
LEFT_TURN: Vector = (0.0, 0.0, 1.0)
PUSHED_WALK: Vector = (PUSHED_WALK_MPS, 0.0, 0.0)
FRICTION_LEVELS = (0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05)
STALL_LEVELS_MS = (4, 8, 12, 16, 20, 30, 40)
HAND_LOAD_KG = 5.0  # in each hand
MARS_MPS2 = 3.71
MOON_MPS2 = 1.62

TrialOf = Callable[[float, int], Trial]


def _steps(first: float, last: float, by: float) -> tuple[float, ...]:
    return tuple(round(first + by * number, 4) for number in range(round((last - first) / by) + 1))


def _crossing(kind: str, scale: float = 1.0, sees: bool = False) -> TrialOf:
    """Return trials over ground of a kind; `scale`: from the level to the ground's size."""

    def trial(level: float, seed: int) -> Trial:
        return _crossed(Setting(seed, ground=Ground(kind, level * scale, seed), sees=sees))

    return trial


def _slippery(level: float, seed: int) -> Trial:
    return _crossed(Setting(seed, friction=level))


def _crossed(setting: Setting) -> Trial:
    velocity = (CROSSING_MPS, 0.0, 0.0)
    return Trial(setting, velocity=velocity, seconds=CROSSING_LIMIT_S, reach=FIELD_END_M)


def _has_crossed(_: float, outcome: TrialOutcome) -> bool:
    return outcome.is_upright and outcome.moved[0] >= FIELD_END_M


def _scaled(direction: Vector, level: float) -> Vector:
    forward, left, turn = direction
    return level * forward, level * left, level * turn


def _walking(
    direction: Vector, ground: Ground | None = None, gravity: float = GRAVITY_MPS2
) -> TrialOf:
    """Return trials of ten seconds at a speed in a direction."""

    def trial(level: float, seed: int) -> Trial:
        setting = Setting(seed, _scaled(direction, level), ground=ground, gravity=gravity)
        return Trial(setting, seconds=TRACK_S)

    return trial


def _has_tracked(
    level: float, outcome: TrialOutcome, direction: Vector, within: float = SPEED_TOLERANCE
) -> bool:
    mean = sum(part * speed for part, speed in zip(direction, outcome.velocity, strict=True))
    return outcome.is_upright and abs(mean - level) <= within * level


def _speed(
    levels: Sequence[float],
    direction: Vector,
    *,
    unit: str = "speed_mps",
    key: str = "",
    ground: Ground | None = None,
) -> LevelCase:
    passes = partial(_has_tracked, direction=direction)
    return LevelCase(unit, levels, _walking(direction, ground), passes, key=key, runs=5)


def _lighter(gravity: float, key: str = "") -> LevelCase:
    passes = partial(_has_tracked, direction=FORWARD, within=LOOSE_SPEED_TOLERANCE)
    trial = _walking(FORWARD, gravity=gravity)
    return LevelCase("speed_mps", _steps(0.1, 0.8, 0.1), trial, passes, key=key)


def _hindered(
    unit: str, levels: Sequence[float], setting: Callable[[float, int], Setting]
) -> LevelCase:
    """Return walking while something about the computer is wrong."""

    def trial(level: float, seed: int) -> Trial:
        return Trial(setting(level, seed), seconds=TRACK_S)

    def passes(_: float, outcome: TrialOutcome) -> bool:
        return _has_tracked(PUSHED_WALK_MPS, outcome, FORWARD, LOOSE_SPEED_TOLERANCE)

    return LevelCase(unit, levels, trial, passes, runs=5)


def _delayed(level_ms: float, seed: int) -> Setting:
    return Setting(seed, PUSHED_WALK, delay=level_ms * 1e-3)


def _stalling(level_ms: float, seed: int) -> Setting:
    return Setting(seed, PUSHED_WALK, stall=level_ms * 1e-3)


def _push_cases() -> dict[str, Case]:
    stands = Setting()
    walks = Setting(velocity=PUSHED_WALK)
    loaded = Setting(velocity=PUSHED_WALK, payload=HAND_LOAD_KG)
    waving = Setting(velocity=PUSHED_WALK, are_arms_taken=True)
    worst = "walking_push_dv_worst"
    return {
        "walking_push_torso": PushCase(
            walks, worst_key=worst, forward_key="walking_push_dv_forward"
        ),
        "walking_push_pelvis": PushCase(walks, "base"),
        "standing_push_torso": PushCase(stands, worst_key="standing_push_dv_worst"),
        "standing_push_pelvis": PushCase(stands, "base"),
        "double_push": PushCase(walks, is_double=True),
        "loaded_push": PushCase(loaded, worst_key="arms_busy_push_dv_worst"),
        "waving_push": PushCase(waving, worst_key="arms_busy_push_dv_worst"),
    }


def _speed_cases() -> dict[str, Case]:
    return {
        "speed_forward": _speed(
            _steps(0.1, 2.2, 0.1), FORWARD, key="speed_tracked", ground=Ground()
        ),
        "speed_backward": _speed(_steps(0.1, 1.0, 0.1), BACKWARD),
        "speed_sideways": _speed(_steps(0.05, 0.6, 0.05), LEFTWARD),
        "speed_turning": _speed(_steps(0.1, 1.2, 0.1), LEFT_TURN, unit="turn_radps"),
    }


def _height_case(last_cm: float, trial: TrialOf, *, by_cm: float = 1, key: str = "") -> LevelCase:
    levels = _steps(by_cm, last_cm, by_cm)
    return LevelCase("height_cm", levels, trial, _has_crossed, key)


def _slope_case(kind: str) -> LevelCase:
    levels = _steps(1, 25, 1)
    return LevelCase("slope_deg", levels, _crossing(kind), _has_crossed, "slope_deg")


def _slip_case(trial: TrialOf, key: str = "") -> LevelCase:
    return LevelCase("friction", FRICTION_LEVELS, trial, _has_crossed, key, none=0.9)


def _terrain_cases() -> dict[str, Case]:
    return {
        "blocks": _height_case(8, _crossing("blocks", 0.01), key="blocks_cm"),
        "step_up": _height_case(15, _crossing("step_up", 0.01)),
        "step_down": _height_case(15, _crossing("step_down", 0.01)),
        "stairs": _height_case(20, _crossing("stairs", 0.01, sees=True), by_cm=2, key="stairs_cm"),
        "slope_up": _slope_case("slope_up"),
        "slope_down": _slope_case("slope_down"),
        "slope_across": _slope_case("slope_across"),
        "slip": _slip_case(_slippery, "slip_mu"),
        "slip_patch": _slip_case(_crossing("patch")),
        "slip_one_foot": _slip_case(_crossing("patch_left"), "slip_patch_mu"),
    }


CASES: dict[str, Case] = {
    **_push_cases(),
    **_speed_cases(),
    **_terrain_cases(),
    "mars": _lighter(MARS_MPS2, "mars_walk"),
    "moon": _lighter(MOON_MPS2),
    "delay": _hindered("delay_ms", _steps(2, 10, 2), _delayed),
    "stalls": _hindered("stall_ms", STALL_LEVELS_MS, _stalling),
    "energy": WalkCase((PUSHED_WALK_MPS, 0.8)),
    "get_up": GetUpCase(),
    "peers": PeersCase(Setting(velocity=PUSHED_WALK)),
}


@dataclass(frozen=True)
class FigureTarget:
    """Defines what a figure of the summary must reach, and the aim beyond.

    Attributes:
        name: The figure in words.
        must: Value that must be reached.
        aim: Value that is aimed at; below `must` where less is better.
        unit: Its unit.
    """

    name: str
    must: float
    aim: float
    unit: str = ""

    def share(self, value: float) -> float:
        """Return what part of the aim a value is, 0 to 1."""
        if self.aim >= self.must:
            return min(max(value / self.aim, 0.0), 1.0)
        return min(self.aim / value, 1.0) if value > 0.0 else 1.0


FIGURE_TARGETS = {
    "walking_push_dv_worst": FigureTarget(
        "shove while walking, weakest side and phase", 0.70, 1.6, "m/s"
    ),
    "walking_push_dv_forward": FigureTarget("shove from behind while walking", 1.2, 2.0, "m/s"),
    "standing_push_dv_worst": FigureTarget("shove while standing, weakest side", 0.90, 1.3, "m/s"),
    "arms_busy_push_dv_worst": FigureTarget("shove with busy arms", 0.60, 1.0, "m/s"),
    "speed_tracked": FigureTarget("speed kept within 5 %", 1.0, 2.2, "m/s"),
    "blocks_cm": FigureTarget("random blocks, +-", 3.0, 5.0, "cm"),
    "stairs_cm": FigureTarget("stairs up and down", 12.0, 20.0, "cm"),
    "slope_deg": FigureTarget("slope up, down, across", 10.0, 20.0, "deg"),
    "slip_mu": FigureTarget("friction of the whole floor", 0.25, 0.15),
    "slip_patch_mu": FigureTarget("friction under one foot", 0.15, 0.05),
    "get_up_rate": FigureTarget("gets up by itself", 0.80, 0.98),
    "mars_walk": FigureTarget("walk on Mars", 0.4, 0.8, "m/s"),
    "tick_ms_mean": FigureTarget("computing time of a tick", 1.0, 0.5, "ms"),
    "same_g1_ratio": FigureTarget("shove on the peers' robot over the best peer's", 0.6, 1.1),
}
