# SPDX-License-Identifier: Apache-2.0
"""What is no number, or absurd, goes no farther than the keeper."""

import numpy as np
import pytest
from safety_samples import HELD, N, state
from talus_safety.kernel.judge.plausible import ABSURD_NUMBER, StateKeeper


def test_sound_states_pass_as_they_are():
    keeper, sound = StateKeeper(), state()
    assert keeper.bad_ticks == 0 and keeper.keep(sound) is sound and keeper.bad_ticks == 0


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, ABSURD_NUMBER, -ABSURD_NUMBER])
def test_a_bad_number_is_held_at_its_last_word_and_counted(name, bad):
    keeper, sound = StateKeeper(), state(1)
    spoilt = getattr(sound, name).copy()
    spoilt.flat[1] = bad
    kept = keeper.keep(state(0, **{name: spoilt}))
    assert getattr(kept, name).flat[1] == 0.0, "there was none before"
    keeper.keep(sound)
    assert keeper.bad_ticks == 0
    for ticks in (1, 2, 3):
        kept = keeper.keep(state(1 + ticks, **{name: spoilt}))
        np.testing.assert_array_equal(getattr(kept, name), getattr(sound, name))
        assert keeper.bad_ticks == ticks
    assert keeper.keep(state(9)).sequence == 9 and keeper.bad_ticks == 0


def test_others_of_the_same_tick_are_believed():
    keeper, moved = StateKeeper(), np.full(N, 0.3)
    moved[4] = np.nan
    kept = keeper.keep(state(position=moved)).position
    assert kept[4] == 0.0 and (np.delete(kept, 4) == 0.3).all()
