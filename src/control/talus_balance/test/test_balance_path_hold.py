# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from talus_balance.stepping.gait_types import ToleranceConfig
from talus_balance.stepping.path_hold import PathHold

TOLERANCE = ToleranceConfig()

STEP, WIDTH = 0.5, 0.19  # s, m
AHEAD = np.array([0.4, 0.0, 0.0])


class Walker:
    """Steps of a gait that makes of the wanted velocity what it is asked to, and `drift` m/s to the
    left besides.
    """

    def __init__(self, course=0.0, drift=0.0):
        self.hold, self.course, self.drift = PathHold(TOLERANCE), course, drift
        self.place, self.time = np.array([1.0, -2.0]), 0.0
        c, s = np.cos(course), np.sin(course)
        self.start, self.axes = self.place.copy(), np.array([[c, s], [-s, c]])

    @property
    def off(self):
        return float((self.axes @ (self.place - self.start))[1])

    def walk(self, steps, velocity=AHEAD):
        for _ in range(steps):
            moved = STEP * np.array([velocity[0], velocity[1] + self.hold.aside + self.drift])
            self.place = self.place + self.axes.T @ moved
            self.time += STEP
            half = self.axes.T @ [0.0, 0.5 * WIDTH]
            self.hold.observe_landing(
                self.time,
                np.array([self.place + half, self.place - half]),
                self.course,
                np.asarray(velocity),
            )

    def shove(self, metres):
        self.place = self.place + self.axes.T @ [0.0, metres]


@pytest.mark.parametrize("course", [0.0, 2.5])
@pytest.mark.parametrize("speed", [0.4, -0.3])
def test_after_a_small_shove_it_walks_on_the_line_that_it_began(course, speed):
    walker = Walker(course)
    walker.walk(3, [speed, 0.0, 0.0])
    walker.shove(0.2)
    walker.walk(20, [speed, 0.0, 0.0])
    assert abs(walker.off) < 0.02


def test_a_gait_that_drifts_stays_near_its_line():
    walker = Walker(drift=0.03)
    walker.walk(120)
    assert abs(walker.off) < 0.02  # without: 1.8 m


def test_the_correction_is_bounded_and_waits_while_it_is_shoved():
    walker = Walker()
    walker.walk(3)
    walker.shove(TOLERANCE.shoved_aside + 0.15)
    walker.walk(1)
    assert walker.hold.aside == 0.0
    walker.walk(1)
    assert walker.hold.aside == pytest.approx(-TOLERANCE.aside)


def test_moved_farther_than_that_it_goes_on_where_it_is():
    walker = Walker()
    walker.walk(3)
    walker.shove(TOLERANCE.abandoned + 0.1)
    walker.walk(10)
    assert walker.off == pytest.approx(TOLERANCE.abandoned + 0.1, abs=0.01)


@pytest.mark.parametrize(
    "velocity", [[0.4, 0.1, 0.0], [0.4, 0.0, 0.3], [0.0, 0.0, 0.0], [-0.3, 0.0, 0.0]]
)
def test_another_command_ends_the_line(velocity):
    walker = Walker()
    walker.walk(3)
    walker.shove(0.2)
    walker.walk(1, velocity)
    walker.walk(8)
    assert walker.off - 0.2 == pytest.approx(STEP * velocity[1], abs=0.01)
