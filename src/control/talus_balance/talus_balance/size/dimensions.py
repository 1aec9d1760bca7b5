# SPDX-License-Identifier: Apache-2.0
"""Lets each field of a configuration say what it depends on, so that it scales to another robot.

The scaling is dynamic similarity (Hof, "Scaling gait data to body size", Gait & Posture 1996): with
lengths l, times scale with sqrt(l / g) and speeds with sqrt(l g); accelerations stay, except for
the swing's, which the hip's torque bounds. Values of the feet scale with the feet, forces with the
weight.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from typing import Any, ClassVar, Protocol, TypeVar

from talus_dynamics.proportions import Proportions


class _Dataclass(Protocol):
    """Stands for every dataclass, as `dataclasses.replace` accepts it."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


ConfigT = TypeVar("ConfigT", bound=_Dataclass)
ValueT = TypeVar("ValueT")
RATIO_DIGITS = 3  # digits of a ratio: the same robot from other files gets exactly the same gains
# Of `ankle_lack`: how far behind the sole's middle talus40 stands on one foot, 2 cm, so that its
# ankle can push to both sides.
PIVOT_OF_LACK = 0.743
# Of what the ankle reaches of the sole: a pivot stays so far, at most, behind the middle of that.
PIVOT_BEHIND_OF_REACH = 0.125
# Over what talus40's steps ask for: how fast its hips can move a foot at most (11.2 m/s, of a swing
# that is 1.875 times as fast half-way as its mean of 3 m/s), and its knees (63 of 28 m/s^2).
FOOT_SPEED_SPARE = 1.99
LIFT_SPARE = 2.24
_KEY = "dimension"


@dataclass(frozen=True)
class SizeRatio:
    """Compares a robot with the one that the default values belong to.

    Attributes:
        over: Its proportions divided by those of the other robot.
        time: Ratio of times; speeds scale with the same number.
        wider: Width by which its soles are wider than those of the other robot at its size, m.
        pivot: Ratio of how far behind the sole's middle it stands on one foot.
        swift: Ratio of a swinging foot's speed, as far as its hips turn so fast.
        lift: Ratio of its acceleration upwards, as far as its knees give that.
        behind: How much farther that is than its soles are longer, m; 0 where it is not.
    """

    over: Proportions
    time: float
    wider: float
    pivot: float
    swift: float
    lift: float
    behind: float

    @staticmethod
    def between(robot: Proportions, known: Proportions) -> SizeRatio:
        """Return how `robot` compares with the `known` one."""
        pairs = (
            (getattr(robot, item.name), getattr(known, item.name)) for item in fields(Proportions)
        )
        over = Proportions(*(round(a / b, RATIO_DIGITS) for a, b in pairs))
        time = round(math.sqrt(over.height), RATIO_DIGITS)
        pivot_of_known = PIVOT_OF_LACK * known.ankle_lack
        reach = robot.foot_length - robot.ankle_lack
        farthest = 0.5 * robot.ankle_lack + PIVOT_BEHIND_OF_REACH * reach
        pivot = min(over.ankle_lack, round(farthest / pivot_of_known, RATIO_DIGITS))
        return SizeRatio(
            over,
            time,
            wider=robot.foot_width - over.leg * known.foot_width,
            pivot=pivot,
            swift=min(time, FOOT_SPEED_SPARE * over.foot_speed),
            lift=min(1.0, LIFT_SPARE * over.lift),
            behind=pivot_of_known * max(pivot - over.foot_length, 0.0),
        )


@dataclass(frozen=True)
class Dimension:
    """Says how a number changes with the size of the robot.

    Attributes:
        name: What the number scales with, in words.
        factor: Factor of the number for a ratio of sizes.
        summand: Length that is added afterwards, m.
    """

    name: str
    factor: Callable[[SizeRatio], float]
    summand: Callable[[SizeRatio], float] | None = None

    def scaled(self, value: float, ratio: SizeRatio) -> float:
        """Return `value` for the robot of that ratio."""
        product = value * self.factor(ratio)
        return product if self.summand is None else product + self.summand(ratio)


SAME = Dimension(
    "nothing: a share, an angle, an acceleration of the body, or electronics", lambda ratio: 1.0
)
LEG_LENGTH = Dimension("the leg's length", lambda ratio: ratio.over.leg)
LEG_LENGTH_SQUARED = Dimension("the leg's length, squared", lambda ratio: ratio.over.leg**2)
HIP_WIDTH = Dimension("the distance between the feet", lambda ratio: ratio.over.hips)
FOOT_LENGTH = Dimension("the sole's length", lambda ratio: ratio.over.foot_length)
FOOT_WIDTH = Dimension("the sole's width", lambda ratio: ratio.over.foot_width)
GAP_OF_SOLES = Dimension(
    "the sole's width, and a gap that goes with the leg's length",
    lambda ratio: ratio.over.leg,
    lambda ratio: ratio.wider,
)
ANKLE_LACK = Dimension(
    "what the ankle's torque does not reach, as far as the sole goes", lambda ratio: ratio.pivot
)
FOOT_LENGTH_AND_LACK = Dimension(
    "the sole's length, and how far behind its middle the ankle lets the robot stand",
    lambda ratio: ratio.over.foot_length,
    lambda ratio: ratio.behind,
)
TIME = Dimension("a step's time", lambda ratio: ratio.time)
SPEED = Dimension("a step's speed", lambda ratio: ratio.time)
PER_TIME = Dimension("one over a step's time", lambda ratio: 1.0 / ratio.time)
PER_TIME_SQUARED = Dimension("one over a step's time, squared", lambda ratio: ratio.time**-2)
SWING_ACCELERATION = Dimension(
    "the acceleration of a swinging foot", lambda ratio: ratio.over.swing
)
SWING_SPEED = Dimension(
    "a step's speed, as far as the hips turn so fast", lambda ratio: ratio.swift
)
LIFT = Dimension("what the knees give, up to talus40's own", lambda ratio: ratio.lift)
SWING_JERK = Dimension(
    "that acceleration over a step's time", lambda ratio: ratio.over.swing / ratio.time
)
BODY_WEIGHT = Dimension("the weight", lambda ratio: ratio.over.mass)
PER_BODY_WEIGHT_SQUARED = Dimension(
    "one over the weight, squared", lambda ratio: ratio.over.mass**-2
)
PER_MOMENTUM_SQUARED = Dimension(
    "one over the angular momentum, squared",
    lambda ratio: (ratio.over.mass * ratio.over.height) ** -2,
)


def sized(default: ValueT, dimension: Dimension) -> ValueT:
    """Return a dataclass field with talus40's default, which scales as its dimension says."""
    made: Any = field(default=default, metadata={_KEY: dimension})
    return made  # a dataclass reads the field and hands out its default


def size_config(
    config: ConfigT, ratio: SizeRatio, told: Mapping[type, Mapping[str, Dimension]] | None = None
) -> ConfigT:
    """Return a configuration for talus40, and all inside it, scaled to the robot of that ratio.

    Args:
        config: Configuration whose fields are numbers with a dimension, or configurations.
        ratio: Ratio of the robot to talus40.
        told: Dimensions of fields that do not declare theirs, by class and name.

    Raises:
        TypeError: If a field has no dimension; it would silently stay talus40's.
    """
    outside = (told or {}).get(type(config), {})
    changes: dict[str, Any] = {}
    for item in fields(config):
        value = getattr(config, item.name)
        if is_dataclass(value) and not isinstance(value, type):
            changes[item.name] = size_config(value, ratio, told)
            continue
        dimension = item.metadata.get(_KEY) or outside.get(item.name)
        if dimension is None:
            raise TypeError(
                f"{type(config).__name__}.{item.name} has no dimension; declare it with sized(...)"
            )
        if dimension is not SAME:
            changes[item.name] = dimension.scaled(value, ratio)
    return replace(config, **changes)
