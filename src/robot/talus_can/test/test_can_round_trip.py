# SPDX-License-Identifier: Apache-2.0
"""What frames mean is what was commanded, within a step and the ranges; nonsense is refused."""

from __future__ import annotations

import numpy as np
import pytest
from family_benches import (
    MODE_NAMES,
    MODES,
    bench,
    ends_of,
    rounds_down,
    steps_of,
    targets_within,
)
from talus_can.codec.family import Family
from talus_can.codec.targets import CommandError, Quantity, Targets

SEED = 7
TICKS = 50
every_mode = pytest.mark.parametrize("name, mode", MODES, ids=MODE_NAMES)
SLACK_STEPS = 1e-4  # of floating point


def taken(family: Family) -> list[Quantity]:
    return sorted(family.capabilities.takes)


@every_mode
def test_meaning_is_the_command_within_a_step(name, mode):
    """A whole step below where fields round down, half a step off where they round."""
    it = bench(name, mode)
    rng = np.random.default_rng(SEED)
    rows = taken(it.family)
    step = steps_of(name, it.family)[rows]
    low, high = (-1.0, 0.0) if rounds_down(name, mode) else (-0.5, 0.5)
    for _ in range(TICKS):
        targets = targets_within(it.family, rng)
        meant = it.family.meaning(it.family.command(targets, it.feedback)).values
        error = (meant[rows] - targets.values[rows]) / step
        assert low - SLACK_STEPS < error.min() and error.max() < high + SLACK_STEPS


@every_mode
def test_quantities_that_are_not_sent_are_nan(name, mode):
    it = bench(name, mode)
    targets = targets_within(it.family, np.random.default_rng(SEED))
    meant = it.family.meaning(it.family.command(targets, it.feedback)).values
    others = sorted(set(Quantity) - set(taken(it.family)))
    assert np.isnan(meant[others]).all()
    assert np.isfinite(meant[taken(it.family)]).all()


@every_mode
def test_what_was_meant_makes_the_same_frames_again(name, mode):
    """So that limits really sent, commanded once more, do not creep."""
    it = bench(name, mode)
    rng = np.random.default_rng(SEED)
    for _ in range(TICKS):
        frames = it.family.command(targets_within(it.family, rng), it.feedback)
        meant = Targets(np.nan_to_num(it.family.meaning(frames).values))
        again = it.family.command(meant, it.feedback)
        assert np.array_equal(again.data, frames.data)
        assert np.array_equal(again.can_id, frames.can_id)


@every_mode
@pytest.mark.parametrize("sign", [-1, 1])
def test_values_out_of_range_saturate(name, mode, sign):
    it = bench(name, mode)
    ends = ends_of(it.family)
    far = Targets(sign * 1e6 * np.ones_like(ends) * np.maximum(ends, 1))
    meant = it.family.meaning(it.family.command(far, it.feedback)).values
    rows = taken(it.family)
    wanted = sign * ends
    wanted[[Quantity.KP, Quantity.KD]] *= sign > 0  # no negative gains
    step = steps_of(name, it.family)
    assert (np.abs(meant - wanted)[rows] <= step[rows]).all()
    assert (np.abs(meant)[rows] <= ends[rows] * (1 + 1e-6)).all()


@every_mode
def test_what_is_no_number_is_refused_with_its_joint(name, mode):
    it = bench(name, mode)
    for bad in (np.nan, np.inf, -np.inf):
        for quantity in Quantity:
            values = np.zeros((len(Quantity), it.count))
            values[quantity, 3] = bad
            said = rf"joint 'joint_3': {quantity.name.lower()} is {bad} .*finite"
            with pytest.raises(CommandError, match=said):
                it.family.command(Targets(values), it.feedback)


@every_mode
def test_a_command_for_other_joints_is_refused(name, mode):
    it = bench(name, mode)
    with pytest.raises(CommandError, match=r"shape \(5, 3\)"):
        it.family.command(Targets(np.zeros((5, 3))), it.feedback)


@every_mode
def test_meaning_of_some_frames_leaves_other_joints_out(name, mode):
    it = bench(name, mode)
    targets = targets_within(it.family, np.random.default_rng(SEED))
    frames = it.family.command(targets, it.feedback)
    meant = it.family.meaning(frames.rows(np.array([4, 1]))).values[taken(it.family)]
    assert np.isfinite(meant[:, [1, 4]]).all()
    assert np.isnan(np.delete(meant, [1, 4], axis=1)).all()


def test_moteus_has_no_more_damping_than_stiffness():
    """The drive limits the damping's share to the stiffness's; what is meant says so."""
    it = bench("moteus")
    values = np.zeros((len(Quantity), it.count))
    values[Quantity.KD] = ends_of(it.family)[Quantity.KD]
    meant = it.family.meaning(it.family.command(Targets(values), it.feedback))
    np.testing.assert_array_equal(meant.kd, 0.0)


def test_targets_have_their_names():
    parts = {
        name: np.array([value])
        for value, name in enumerate(("position", "velocity", "effort", "kp", "kd"))
    }
    targets = Targets.of(**parts)
    for name, value in parts.items():
        assert getattr(targets, name) == value
