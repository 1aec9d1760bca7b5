# SPDX-License-Identifier: Apache-2.0
"""Checks that a robot that was carried away finds itself again, and guesses nowhere."""

import numpy as np
import pytest
from surfel_world import at, off, room, view
from talus_localisation.tracking.key_frames import KeyFrame, KeyFrames
from talus_localisation.tracking.relocaliser import Relocaliser, RelocaliserConfig

pytestmark = pytest.mark.sim

BOXES = ((2.0, 1.5, 0.3), (4.5, 4.6, 0.4), (7.0, 2.2, 0.25), (5.2, 1.2, 0.35), (1.3, 4.4, 0.3))


def mapped(world, spots):
    """Return key frames of a robot that looked all round at some spots."""
    rng = np.random.default_rng(1)
    frames = KeyFrames()
    for name, (x, y) in enumerate(spots):
        for yaw in np.arange(0.0, 2.0 * np.pi, 1.2):
            pose = at(x, y, yaw)
            number = name * 6 + round(yaw / 1.2)
            frames.add(KeyFrame(number, view(world, pose, rng), 0.0), pose, None)
    return frames


def looked_round(relocaliser, frames, world, place, seed):
    """Return where it is found while it turns on the spot, whose odometry knows nothing."""
    rng = np.random.default_rng(seed)
    for turn in np.arange(0.0, 2.0 * np.pi, 0.15):
        seen = view(world, place @ at(0.0, 0.0, turn), rng)
        found = relocaliser.see(seen, at(3.0, -2.0, 0.7 + turn), frames)
        if found is not None:
            return found, turn
    return None, np.inf


def test_it_finds_itself_where_it_was_carried_to():
    world = room(9.0, 6.0, BOXES)
    frames = mapped(world, ((1.0, 3.0), (3.5, 3.0), (6.0, 3.6), (8.0, 4.0)))
    for seed, place in enumerate((at(3.0, 2.6, 2.0), at(6.5, 4.0, -1.0), at(8.0, 1.5, 0.5))):
        found, turn = looked_round(Relocaliser(RelocaliserConfig()), frames, world, place, seed)
        assert found is not None
        way, angle = off(found, place @ at(0.0, 0.0, turn))
        assert way < 0.06 and angle < 0.02


def test_where_two_places_fit_it_says_so_and_believes_neither():
    world = room(8.0, 6.0)  # an empty room looks the same from its other end
    frames = mapped(world, ((2.0, 3.0), (4.0, 3.0), (6.0, 3.0)))
    relocaliser = Relocaliser(RelocaliserConfig())
    found, _ = looked_round(relocaliser, frames, world, at(2.5, 2.0, 0.3), 0)
    assert found is None
    assert len(relocaliser.places) > 1


def test_elsewhere_it_is_not_found():
    frames = mapped(room(9.0, 6.0, BOXES), ((1.0, 3.0), (3.5, 3.0), (6.0, 3.6)))
    other = room(5.0, 4.0, ((1.0, 1.0, 0.5), (3.5, 2.5, 0.2)))
    found, _ = looked_round(Relocaliser(RelocaliserConfig()), frames, other, at(2.5, 2.0, 0.3), 0)
    assert found is None
