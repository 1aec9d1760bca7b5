# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from talus_estimation.grip import (
    FORGOTTEN_AFTER_S,
    FULL_FRICTION,
    LEAST_FRICTION,
    SLIDING_MEAN_S,
    Grip,
)

DT, WEIGHT = 0.002, 559.0
AHEAD = np.array([0.6, 0.8, 0.0])


def felt(grip, seconds, ratio, load=0.9, slides=True, direction=AHEAD, noise=None):
    """The left sole slides at 0.4 m/s to `direction`; the ground brakes it along AHEAD."""
    for _ in range(round(seconds / DT)):
        force = load * WEIGHT * (-ratio * AHEAD + [0.0, 0.0, 1.0])
        if noise is not None:
            force = force + noise.normal(0.0, 8.0, 3)
        forces = np.array([force, [0.0, 0.0, 0.1 * WEIGHT]])
        grip.observe_soles(
            forces=forces,
            velocities=np.array([0.4 * direction, np.zeros(3)]),
            slides=(slides, False),
            weight=WEIGHT,
        )
    return grip


@pytest.mark.parametrize("ratio", [0.05, 0.15, 0.4])
def test_a_sole_that_slides_tells_the_friction_under_it_alone(ratio):
    grip = felt(Grip(DT), 0.1, ratio, noise=np.random.default_rng(1))
    assert grip.slips == (True, False)
    assert grip.friction[0] == pytest.approx(ratio, abs=0.02)
    assert grip.friction[1] == FULL_FRICTION


def test_one_that_stands_tells_nothing():
    grip = felt(Grip(DT), 0.5, 0.05, slides=False)
    assert grip.slips == (False, False)
    assert np.all(grip.friction == FULL_FRICTION)


@pytest.mark.parametrize(
    "what", [{"direction": -AHEAD}, {"load": 0.1}, {"seconds": 0.5 * SLIDING_MEAN_S}]
)
def test_neither_does_what_is_no_friction_or_too_light_or_too_short(what):
    grip = felt(Grip(DT), **({"seconds": 0.2, "ratio": 0.05} | what))
    assert not grip.slips[0]
    assert np.all(grip.friction == FULL_FRICTION)


def test_it_is_an_upper_bound_and_is_forgotten_slowly():
    grip = felt(Grip(DT), 0.1, 0.1)
    felt(grip, 0.1, 0.5)
    assert grip.friction[0] < 0.2
    felt(grip, FORGOTTEN_AFTER_S, 0.1, slides=False)
    assert grip.friction[0] == pytest.approx(FULL_FRICTION - 0.9 / np.e, abs=0.03)
    assert felt(Grip(DT), 0.1, 0.0).friction[0] == LEAST_FRICTION


def test_a_sole_that_rolls_over_its_edge_does_not_slide():
    """Its middle sinks nearly as fast as it moves: so hard landings end."""
    grip = felt(Grip(DT), 0.2, 0.1, direction=AHEAD - [0.0, 0.0, 0.6])
    assert not grip.slips[0]
    assert np.all(grip.friction == FULL_FRICTION)


def test_down_a_slope_it_does():
    assert felt(Grip(DT), 0.1, 0.1, direction=AHEAD - [0.0, 0.0, 0.3]).slips[0]
