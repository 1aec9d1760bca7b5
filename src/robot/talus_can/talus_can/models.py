# SPDX-License-Identifier: Apache-2.0
"""Reads what motors of each model scale their numbers with, each row with its source.

Sources disagree about the same motor, so a configuration may override any number, and what the
drive itself holds is read back before it gets torque (`DriveSetting`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from talus_core.errors import TalusError, UnknownNameError, unknown_name_message
from talus_core.files.data_files import ContentError, yaml_tree

MOTOR_MODELS_FILE = Path(__file__).parent / "data" / "motor_models.yaml"


class MotorModelError(TalusError):
    """Says what is wrong with a row of the motor models, or with what overrides it."""


@dataclass(frozen=True)
class MotorModel:
    """Holds what numbers on the bus mean for one motor model; NaN where its family has no use.

    Ranges are ends of a scale: a symmetric one of position, velocity and effort, and one from 0
    of the gains. All are of the shaft whose position the drive reports.

    Attributes:
        name: Name of the model, as its maker writes it.
        position: End of the position scale, rad.
        velocity: End of the velocity scale, rad/s.
        effort: End of the effort scale, N m.
        kp: End of the stiffness scale, N m/rad; for moteus, the stiffness at scale 1.
        kd: End of the damping scale, N m s/rad; for moteus, the damping at scale 1.
        torque_constant: Torque of one ampere, N m/A.
        electrical_ratio: Electrical turns of one turn of the shaft: pole pairs times gear.
        rated_torque: What 1000 permille of torque are, N m (CiA 402, object 6076).
        counts_per_turn: Position increments of one turn (CiA 402).
        steps_per_degree: Position steps of one degree (CubeMars in its position mode).
        source: Where the row is from: a manual, or a library and its version.
        others: What other sources say instead.
    """

    name: str
    position: float
    velocity: float
    effort: float
    kp: float = math.nan
    kd: float = math.nan
    torque_constant: float = math.nan
    electrical_ratio: float = math.nan
    rated_torque: float = math.nan
    counts_per_turn: float = math.nan
    steps_per_degree: float = math.nan
    source: str = ""
    others: tuple[str, ...] = ()


_NUMBERS = tuple(f.name for f in fields(MotorModel) if f.type == "float")


class MotorModels:
    """Finds motor models by the name of their family and their own."""

    def __init__(self, rows: Mapping[str, Mapping[str, MotorModel]]):
        self._rows = rows

    @property
    def families(self) -> tuple[str, ...]:
        """Return the names of the families that have models."""
        return tuple(self._rows)

    def of_family(self, family: str) -> tuple[MotorModel, ...]:
        """Return all models of a family. Raises UnknownNameError."""
        if family not in self._rows:
            raise UnknownNameError("drive family", family, self._rows)
        return tuple(self._rows[family].values())

    def find(self, family: str, name: str) -> MotorModel:
        """Return a model. Raises UnknownNameError, which names near ones."""
        known = {model.name: model for model in self.of_family(family)}
        if name not in known:
            raise UnknownNameError(f"{family} motor", name, known)
        return known[name]


def load_motor_models(file: Path = MOTOR_MODELS_FILE) -> MotorModels:
    """Return the models of a file. Raises MotorModelError, which names file, family and row."""
    try:
        tree = yaml_tree(file.read_bytes())
        return MotorModels(
            {
                str(family): {str(name): _model(name, row) for name, row in _rows(rows).items()}
                for family, rows in _rows(tree).items()
            }
        )
    except OSError as error:
        raise MotorModelError(f"{file}: {error.strerror}") from error
    except (ContentError, MotorModelError) as error:
        raise MotorModelError(f"{file}: {error}") from error


def with_overrides(model: MotorModel, changes: Mapping[str, Any]) -> MotorModel:
    """Return a model with some numbers replaced, as a configuration may. Raises MotorModelError."""
    return replace(model, **_checked(model.name, changes)) if changes else model


def _rows(tree: Any) -> Mapping[Any, Any]:
    if not isinstance(tree, Mapping):
        raise MotorModelError(f"there is {tree!r} where families with their models must be")
    return tree


def _model(name: Any, row: Any) -> MotorModel:
    entries = dict(_rows(row))
    source = entries.pop("source", "")
    others = tuple(str(other) for other in entries.pop("others", ()))
    missing = [key for key in ("position", "velocity", "effort") if key not in entries]
    if missing or not source:
        raise MotorModelError(f"motor '{name}' lacks {', '.join(missing) or 'its source'}")
    return MotorModel(str(name), **_checked(str(name), entries), source=str(source), others=others)


def _checked(motor: str, entries: Mapping[Any, Any]) -> dict[str, Any]:
    for key, value in entries.items():
        if key not in _NUMBERS:
            raise MotorModelError(
                f"motor '{motor}': {unknown_name_message('number', key, _NUMBERS)}"
            )
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (is_number and 0.0 < value < math.inf):
            raise MotorModelError(
                f"motor '{motor}': {key} is {value!r}; it must be above 0 and finite"
            )
    return {str(key): float(value) for key, value in entries.items()}
