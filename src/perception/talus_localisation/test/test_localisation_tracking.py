# SPDX-License-Identifier: Apache-2.0
"""Checks that a robot whose odometry drifts is followed, loops are closed, and losses noticed."""

import numpy as np
import pytest
from surfel_world import at, floor, off, room, view
from talus_localisation.level_pose import LevelPose
from talus_localisation.tracking.correction import Correction
from talus_localisation.tracking.localiser import SurfelLocaliser, SurfelView
from talus_localisation.tracking.lost import LostConfig, LostWatch

pytestmark = pytest.mark.sim

STEP_M = 0.25
VIEWS_PER_S = 2.0  # at 0.5 m/s


class Walk:
    """A robot in a hall, whose odometry turns and stretches its way."""

    def __init__(self, seed=0, yaw_bias=0.005, stretch=1.01):
        self.rng = np.random.default_rng(seed)
        spots = self.rng.uniform([1.0, 1.0], [11.0, 8.0], (60, 2))
        middle = [(x, y, 0.25) for x, y in spots if 1.6 < abs(ellipse(x, y) - 1.0) * 4.0 < 9.0]
        self.world = room(12.0, 9.0, middle[:14])
        self.bias = np.array([stretch, yaw_bias])
        self.localiser = SurfelLocaliser()
        self.true = start(0.0)
        self.odom = LevelPose.identity()
        self.time = 0.0
        self.first = self.true

    def go(self, to):
        """Walk to a pose, and return the estimate."""
        step = self.true.inverse() @ to
        self.true = to
        self.time += 1.0 / VIEWS_PER_S
        turn = step.yaw + self.bias[1] * STEP_M + self.rng.normal(0.0, 0.001)
        noise = self.rng.normal(0.0, 0.003, 3) * [1.0, 1.0, 0.3]
        self.odom = self.odom @ LevelPose(self.bias[0] * step.position + noise, turn)
        return self.look()

    def look(self):
        """Take one view."""
        return self.localiser.see(
            SurfelView(self.time, self.odom, view(self.world, self.true, self.rng))
        )

    def error(self, estimate):
        """Return distance, m, and turn, rad, of the estimate from the truth."""
        return off(estimate.odom_in_map @ self.odom, self.first.inverse() @ self.true)


def ellipse(x, y):
    """Return the squared distance from the middle, 1 on the way of the walk."""
    return ((x - 6.0) / 3.6) ** 2 + ((y - 4.5) / 2.6) ** 2


def start(angle):
    """Return the pose on the way, which goes round the hall to the left."""
    ahead = np.array([-3.6 * np.sin(angle), 2.6 * np.cos(angle)])
    return at(
        6.0 + 3.6 * np.cos(angle), 4.5 + 2.6 * np.sin(angle), float(np.arctan2(ahead[1], ahead[0]))
    )


def round_trip(walk, rounds):
    """Walk round the hall, and yield the estimates."""
    steps = int(rounds * 19.6 / STEP_M)  # of the ellipse's length
    for k in range(steps + 1):
        yield walk.go(start(2.0 * np.pi * rounds * k / steps))


@pytest.fixture(scope="module")
def walked():
    walk = Walk()
    return walk, [(estimate, walk.error(estimate)) for estimate in round_trip(walk, 2.0)]


def test_a_walk_of_two_rounds_stays_within_a_decimetre(walked):
    walk, estimates = walked
    odometry = off(walk.odom, walk.first.inverse() @ walk.true)[0]
    errors = np.array([error for _, error in estimates])
    assert np.quantile(errors[:, 0], 0.95) < 0.10
    assert np.degrees(np.quantile(errors[:, 1], 0.95)) < 2.0
    assert np.quantile(errors[:, 0], 0.95) < 0.25 * odometry
    assert not any(estimate.is_lost for estimate, _ in estimates)


def test_the_second_round_closes_loops_that_are_true(walked):
    _, estimates = walked
    assert any(estimate.loops for estimate, _ in estimates)
    ends = [error[0] for _, error in estimates[-10:]]
    assert max(ends) < 0.06


def test_a_robot_that_was_carried_away_is_lost_within_three_seconds():
    walk = Walk(yaw_bias=0.0, stretch=1.0)
    steps = list(round_trip(walk, 0.6))
    assert not steps[-1].is_lost
    walk.true = at(2.5, 7.0, 1.0)  # nobody tells the odometry
    begin = walk.time
    while walk.time - begin < 3.0:
        walk.time += 1.0 / VIEWS_PER_S
        estimate = walk.look()
    assert estimate.is_lost
    frames = len(walk.localiser.key_frames.frames)
    walk.go(walk.true @ at(1.5, 0.0))
    assert len(walk.localiser.key_frames.frames) == frames  # a robot that is lost maps nothing


def test_who_says_where_it_is_is_obeyed():
    walk = Walk(yaw_bias=0.0, stretch=1.0)
    for _ in round_trip(walk, 0.5):
        pass
    walk.odom = walk.odom @ at(3.0, 1.0, 1.2)  # slipped, or carried
    walk.localiser.place(walk.first.inverse() @ walk.true.moved(np.full(4, 0.05)), walk.odom)
    for _ in range(6):
        walk.time += 0.2
        estimate = walk.look()
    assert walk.error(estimate)[0] < 0.1
    assert not estimate.is_lost


def test_beyond_open_land_a_robot_maps_on_and_is_not_lost():
    walk = Walk()
    world = walk.world
    for _ in round_trip(walk, 0.3):
        pass
    walk.world = floor((-40, -40), (-39, -39))  # nothing of it in view
    for _ in range(16):
        assert not walk.go(walk.true @ at(STEP_M, 0.0)).is_lost
    before = len(walk.localiser.key_frames.frames)
    walk.world = world.at(walk.true @ walk.first.inverse())  # another hall
    for _ in range(12):
        estimate = walk.go(walk.true @ at(0.8 * STEP_M, 0.0))
    assert not estimate.is_lost
    assert estimate.fit is not None
    assert len(walk.localiser.key_frames.frames) >= before + 2


def test_a_walking_robot_sees_its_frame_move_by_two_centimetres_a_second():
    correction = Correction()
    correction.aim_at(at(0.3, 0.1, 0.1))
    robot = at(40.0, -5.0, 1.0)  # far from the origin of the odometry, where a turn is a way
    shown = correction.odom_in_map @ robot
    for _ in range(100):
        before = shown
        shown = correction.step(0.05, robot, is_walking=True) @ robot
        assert off(before, shown)[0] <= 0.02 * 0.05 + 1e-9
    assert off(shown, at(0.3, 0.1, 0.1) @ robot)[0] > 0.5  # it takes its time ...
    correction.step(0.05, robot, is_walking=False)
    assert off(correction.odom_in_map, at(0.3, 0.1, 0.1)) == (0.0, 0.0)  # ... unless it stands


def test_a_small_correction_comes_to_its_end_while_walking():
    correction = Correction()
    correction.aim_at(at(0.01, 0.0))
    for _ in range(20):
        correction.step(0.05, at(0, 0), is_walking=True)
    assert off(correction.odom_in_map, at(0.01, 0.0)) == (0.0, 0.0)


def test_a_short_bad_view_is_no_loss_and_a_long_one_is():
    watch = LostWatch(LostConfig(patience_s=2.0))
    times = np.arange(0.0, 20.0, 0.2)
    assert not any(watch.see(float(t), 0.95) for t in times)
    assert not any(watch.see(20.0 + 0.2 * k, None) for k in range(9))
    assert not watch.see(22.0, 0.95)
    answers = [watch.see(23.0 + 0.2 * k, 0.3) for k in range(12)]
    assert answers.index(True) == 10
    watch.forgive()
    assert not watch.see(26.0, None)


def test_what_is_usual_is_learned():
    watch = LostWatch()
    for k in range(100):
        watch.see(0.2 * k, 0.6 + 0.002 * (k % 10))
    assert 0.8 * 0.55 < watch.least_share <= 0.8 * 0.602


def test_where_nearly_all_fits_a_little_less_is_no_loss():
    watch = LostWatch(LostConfig(patience_s=2.0))
    assert not any(watch.see(0.2 * k, 0.99) for k in range(100))
    assert not any(watch.see(20.0 + 0.2 * k, 0.95) for k in range(100))
