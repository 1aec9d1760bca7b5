# SPDX-License-Identifier: Apache-2.0
"""The depth sensor model: unbiased, quadratic in depth, limited in range, reproducible."""

import numpy as np
import pytest
from talus_simulation.cameras.depth_noise import DepthNoise, NoisyDepth

NOISE = DepthNoise()


@pytest.mark.parametrize("depth", [0.5, 1.0, 2.0, 4.0])
def test_deviation_grows_with_the_square_and_the_mean_stays(depth):
    measured = NoisyDepth(NOISE, seed=1).measured(np.full((200, 200), depth, np.float32))
    deviation = NOISE.per_m2 * depth**2
    assert measured.std() == pytest.approx(
        deviation, rel=0.02
    )  # 4 sigma of the estimate from 40 000 pixels: 1.4 %
    assert measured.mean() == pytest.approx(depth, abs=4 * deviation / 200)


def test_out_of_range_follows_rep_117():
    true = np.array([[0.1, 0.2, 5.9, 6.1, 60.0]], np.float32)
    measured = NoisyDepth(NOISE, seed=1).measured(true)[0]
    assert measured[0] == -np.inf and measured[3] == measured[4] == np.inf
    assert np.isfinite(measured[1:3]).all()


def test_the_same_seed_gives_the_same_pictures_and_another_seed_others():
    true = np.full((4, 4), 2.0, np.float32)
    first = NoisyDepth(NOISE, 7)
    again = NoisyDepth(NOISE, 7)
    other = NoisyDepth(NOISE, 8)
    for _ in range(2):
        picture = first.measured(true)
        np.testing.assert_array_equal(picture, again.measured(true))
        assert not np.array_equal(picture, other.measured(true))
    assert (true == 2.0).all()
