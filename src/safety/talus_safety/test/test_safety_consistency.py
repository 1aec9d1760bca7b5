# SPDX-License-Identifier: Apache-2.0
"""IMU, legs and feet against each other.

Who contradicts is found after the looks that it takes, and not before.
"""

import math
from dataclasses import replace

import numpy as np
import pytest
from safety_samples import PERIOD, ROBOT, STANDING_EFFORT, WEIGHT, N, state
from talus_core.physics import GRAVITY_MPS2
from talus_safety.kernel.judge import consistency
from talus_safety.kernel.judge.consistency import ConsistencyWatch
from talus_safety.kernel.measure import soles
from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.passed_torque import PassedTorque
from talus_safety.kernel.measure.tilt import TiltFilter

pytestmark = pytest.mark.sim


class Story:
    """A consistency watch that looks at a standing robot."""

    def __init__(self):
        self.watch, self.tilt = ConsistencyWatch(ROBOT), TiltFilter()
        self.tilt.step([0.0] * 3, [0.0, 0.0, 9.81], PERIOD)

    def looks(self, count: int, up=None, rate=None, **changes) -> ConsistencyWatch:
        for _ in range(count):
            if up is not None:
                self.tilt.up = up
            if rate is not None:
                self.tilt.rate = rate
            sample = replace(state(effort=STANDING_EFFORT), **changes)
            self.watch.step(sample, self.tilt, 0.5 * consistency.CONSISTENCY_LOOK_PERIOD_S)
            self.watch.step(sample, self.tilt, 0.5 * consistency.CONSISTENCY_LOOK_PERIOD_S)
        return self.watch


def all_of(watch: ConsistencyWatch) -> tuple[str, str, str]:
    return watch.imu, watch.foot, watch.rest


HALF = 0.5 * WEIGHT
LONG, WIDE = ROBOT.feet[0].length / 2, ROBOT.feet[0].width / 2
AT_TOE = (0.0, 0.0, HALF, 0.0, -HALF * (LONG - 0.005), 0.0)
AT_SIDE = (0.0, 0.0, HALF, HALF * (WIDE - 0.005), 0.0, 0.0)


def lean(degrees: float) -> tuple[float, float, float]:
    return math.sin(math.radians(degrees)), 0.0, math.cos(math.radians(degrees))


def test_standing_robot_contradicts_nobody():
    assert all_of(Story().looks(50)) == ("", "", "")
    assert all_of(Story().looks(50, torque_enabled=False, effort=np.zeros(N))) == ("", "", "")


@pytest.mark.parametrize(
    "inside, outside, looks, word",
    [
        ({"up": lean(14.0)}, {"up": lean(16.0)}, consistency.LEAN_LOOKS, "16 degrees"),
        ({"rate": (0.9, 0, 0)}, {"rate": (3.1, 0, 0)}, consistency.FAST_TURN_LOOKS, "3.1 rad/s"),
        ({"rate": (0, 0.9, 0)}, {"rate": (0, 1.1, 0)}, consistency.SLOW_TURN_LOOKS, "1.1 rad/s"),
        (
            {"rate": (0, 0, 0)},
            {"rate": (0, 0, 0.17)},
            consistency.SPIN_LOOKS,
            "0.2 rad/s about the vertical",
        ),
    ],
)
def test_imu_against_legs(inside, outside, looks, word):
    story, tips = (
        Story(),
        {"foot_wrenches": np.array([AT_TOE if outside.get("rate", (0,))[0] else AT_SIDE] * 2)},
    )
    assert (
        story.looks(50, **inside, **tips).imu == ""
        and story.looks(looks - 1, **outside, **tips).imu == ""
    )
    assert word in story.looks(1, **outside, **tips).imu
    assert Story().looks(50, **outside, foot_wrenches=np.zeros((2, 6))).imu == "", (
        "nothing to compare with"
    )


FLAT = (0.5 * HALF, 0.0, HALF, HALF * (WIDE - 0.015), HALF * (LONG - 0.015), 0.0)
PITCHES = {"up": lean(20.0), "rate": (0.0, 4.0, 0.0)}
ROLLS = {"up": (0.0, *lean(20.0)[::2]), "rate": (4.0, 0.0, 0.0)}
TURNS = {"rate": (0.0, 0.0, 0.3)}


def judged(wrong: dict, *wrenches: tuple[float, ...]) -> str:
    return Story().looks(50, **wrong, foot_wrenches=np.array(wrenches)).imu


@pytest.mark.parametrize("axis", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.8, 0.0, 0.6)])
def test_gyroscope_against_two_soles_that_lie_flat(axis):
    def turning(rate: float) -> dict:
        return {"rate": tuple(rate * part for part in axis)}

    story = Story()
    assert story.looks(50, **turning(0.18)).imu == ""
    assert story.looks(consistency.SPIN_LOOKS - 1, **turning(0.5)).imu == ""
    assert story.looks(1, **turning(0.5)).imu.startswith("gyroscope and")
    assert judged(turning(0.21), FLAT, FLAT) == "gyroscope and both legs differ by 0.2 rad/s"
    assert "both" not in judged(turning(0.21), FLAT, AT_TOE) + judged(
        turning(0.21), AT_SIDE, FLAT
    ), "one may tip"
    wild = Story()
    for look in range(50):
        assert wild.looks(1, **turning(0.3 * (-1) ** look)).imu == "", "it shakes"


@pytest.mark.parametrize(
    "unsound",
    [
        (0.0, 0.0, 100.0, 0.0, 0.0, 0.0),  # hardly carries
        (0.0, 0.0, 1.6 * WEIGHT, 0.0, 0.0, 0.0),  # lands
        (0.7 * HALF, 0.0, HALF, 0.0, 0.0, 0.0),  # slides
        (0.0, -0.7 * HALF, HALF, 0.0, 0.0, 0.0),
    ],
)
@pytest.mark.parametrize("wrong", [PITCHES, ROLLS, TURNS])
def test_a_foot_that_lands_or_slides_does_not_judge_the_imu(unsound, wrong):
    assert judged(wrong, unsound, unsound) == ""
    assert judged(wrong, unsound, FLAT) != ""


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_foot_that_tips_does_not_judge_about_its_edge(side):
    at_toe_or_heel = (0.0, 0.0, HALF, 0.0, side * HALF * (LONG - 0.005), 0.0)
    at_side = (0.0, 0.0, HALF, side * HALF * (WIDE - 0.005), 0.0, 0.0)
    for edge, over_it, along_it in ((at_toe_or_heel, PITCHES, ROLLS), (at_side, ROLLS, PITCHES)):
        assert judged(over_it, edge, edge) == ""
        assert "20 degrees" in judged(along_it, edge, edge)
        assert "20 degrees" in judged(over_it, edge, FLAT)
        assert "about the vertical" in judged(TURNS, edge, edge)


def test_a_foot_on_its_corner_turns_as_it_likes():
    at_corner = (*AT_TOE[:3], AT_SIDE[3], AT_TOE[4], 0.0)
    assert judged(TURNS, at_corner, at_corner) == ""
    assert "about the vertical" in judged(TURNS, at_corner, FLAT)


def wrench(left: float, right: float) -> np.ndarray:
    forces = np.zeros((2, 6))
    forces[:, 2] = left, right
    return forces


def test_foot_that_feels_nothing_while_its_leg_carries():
    story, left_alone = Story(), STANDING_EFFORT.copy()
    left_alone[ROBOT.indices("left_leg")] *= 2.0
    silent = {"foot_wrenches": wrench(0.0, 280.0), "effort": left_alone}
    assert story.looks(consistency.CONTACT_LOOKS - 1, **silent).foot == ""
    assert story.looks(1, **silent).foot.startswith("l_sole says 0 N, its leg bears 5")
    assert story.looks(1).foot == ""


def test_foot_that_feels_the_floor_while_its_leg_hangs():
    story, hanging = Story(), STANDING_EFFORT.copy()
    hanging[ROBOT.indices("right_leg")] = 0.0
    loud = {"foot_wrenches": wrench(300.0, 300.0), "effort": hanging}
    assert story.looks(consistency.CONTACT_LOOKS - 1, **loud).foot == ""
    assert story.looks(1, **loud).foot.startswith("r_sole says 300 N")


def test_leg_that_swings_fast_says_nothing_about_the_floor():
    swinging = np.zeros(N)
    swinging[ROBOT.joint_names.index("l_knee")] = 1.01 * soles.LEG_SWING_SPEED_RADPS
    left_alone = STANDING_EFFORT.copy()
    left_alone[ROBOT.indices("left_leg")] *= 2.0
    silent = {"foot_wrenches": wrench(0.0, 280.0), "effort": left_alone}
    assert Story().looks(50, **silent, velocity=swinging).foot == ""
    assert Story().looks(50, **silent, velocity=0.9 * swinging).foot != ""


def test_what_damping_and_rotors_take_is_not_passed_on():
    limits = ROBOT.limits
    passed = PassedTorque(ROBOT, 0.01)
    effort, speed = np.arange(N) + 1.0, np.linspace(-1.0, 1.0, N)
    assert not passed.step(state(effort=effort), 0.005)
    assert passed.step(state(effort=3.0 * effort), 0.005)
    assert passed.mean == pytest.approx(2.0 * effort)
    assert not passed.step(state(effort=effort, velocity=speed), 0.005)
    assert passed.step(state(effort=effort, velocity=3.0 * speed), 0.005)
    taken = limits.damping * 2.0 * speed + limits.rotor_inertia * 3.0 * speed / 0.01
    assert passed.mean == pytest.approx(effort - taken)


def test_the_first_window_knows_no_acceleration():
    passed = PassedTorque(ROBOT, 0.01)
    speed = np.full(N, 2.0)
    assert passed.step(state(effort=np.zeros(N), velocity=speed), 0.01)
    assert passed.mean == pytest.approx(-2.0 * ROBOT.limits.damping)


def test_straight_leg_says_nothing_about_the_force_along_it():
    straight = {"position": np.zeros(N), "foot_wrenches": wrench(0.0, 560.0)}
    assert Story().looks(50, **straight).foot == ""


def test_scaled_accelerometer_and_swapped_axes_show_at_rest():
    limp = {"torque_enabled": False, "effort": np.zeros(N)}
    scaled = np.array([0.0, 0.0, 9.81 / 2])
    assert (
        Story().looks(1, **limp, linear_acceleration=scaled).rest
        == "the accelerometer says 4.9 m/s^2 at rest"
    )
    assert (
        "90 degrees"
        in Story().looks(6, **limp, up=(1.0, 0.0, 0.0), linear_acceleration=[9.81, 0.0, 0.0]).rest
    )
    assert Story().looks(50, linear_acceleration=scaled).rest == "", "only at rest"


def test_a_new_watch_has_seen_nothing():
    """Each contradiction after its looks, not one look sooner.

    And no look before its time has come.
    """
    turned = {"up": lean(20.0), "foot_wrenches": np.array([AT_SIDE] * 2)}
    assert Story().looks(consistency.LEAN_LOOKS - 1, **turned).imu == ""
    assert Story().looks(consistency.LEAN_LOOKS, **turned).imu != ""
    for axis, rate, looks in (
        (0, 3.1, consistency.FAST_TURN_LOOKS),
        (1, 1.1, consistency.SLOW_TURN_LOOKS),
    ):
        turning = {
            "rate": np.eye(3)[axis] * rate,
            "foot_wrenches": np.array([(AT_TOE, AT_SIDE)[axis]] * 2),
        }
        assert Story().looks(looks - 1, **turning).imu == ""
        assert Story().looks(looks, **turning).imu != ""
    early, limp = Story(), state(torque_enabled=False, linear_acceleration=np.zeros(3))
    early.watch.step(limp, early.tilt, 0.9 * consistency.CONSISTENCY_LOOK_PERIOD_S)
    assert early.watch.rest == ""
    early.watch.step(limp, early.tilt, 0.1 * consistency.CONSISTENCY_LOOK_PERIOD_S + 1e-12)
    assert early.watch.rest != ""


@pytest.mark.parametrize("forces", [(0.0, 280.0), (280.0, 0.0)])
def test_feet_are_judged_anew_after_rest_and_where_a_leg_says_nothing(monkeypatch, forces):
    silent = {"foot_wrenches": wrench(*forces)}
    monkeypatch.setattr(soles.Soles, "borne", lambda *_: 500.0)
    assert Story().looks(consistency.CONTACT_LOOKS - 1, **silent).foot == ""
    story = Story()
    story.looks(consistency.CONTACT_LOOKS - 1, **silent)
    story.looks(1, torque_enabled=False)
    assert story.looks(consistency.CONTACT_LOOKS - 1, **silent).foot == ""
    assert story.looks(1, **silent).foot != ""
    monkeypatch.setattr(soles.Soles, "borne", lambda *_: None)
    story.looks(1, **silent)
    monkeypatch.setattr(soles.Soles, "borne", lambda *_: 500.0)
    assert story.looks(consistency.CONTACT_LOOKS - 1, **silent).foot == ""
    story.looks(1)
    assert story.looks(consistency.CONTACT_LOOKS - 1, **silent).foot == ""


BODY = Body(ROBOT)
WEIGHT = BODY.mass * GRAVITY_MPS2
HALF_WEIGHT = consistency.CARRYING_LEG_OF_WEIGHT * WEIGHT
CLAIMED = consistency.CLAIMED_OF_WEIGHT * WEIGHT
IDLE = consistency.IDLE_LEG_OF_WEIGHT * WEIGHT


@pytest.mark.parametrize(
    "said, borne, is_wrong",
    [
        (0.0, 1.01 * HALF_WEIGHT, True),
        (0.0, HALF_WEIGHT, False),
        (BODY.contact.off, 500.0, False),
        (0.99 * BODY.contact.off, 500.0, True),
        (1.01 * CLAIMED, 0.0, True),
        (CLAIMED, 0.0, False),
        (300.0, IDLE, False),
        (300.0, 0.99 * IDLE, True),
    ],
)
@pytest.mark.parametrize("foot", [0, 1])
def test_foot_and_leg_at_the_bounds_agree(monkeypatch, said, borne, is_wrong, foot):
    agreed = {"said": 100.0, "borne": 100.0}
    monkeypatch.setattr(
        soles.Soles, "borne", lambda _, at, *__: borne if at == foot else agreed["borne"]
    )
    forces = wrench(*(said if at == foot else agreed["said"] for at in (0, 1)))
    assert bool(Story().looks(50, foot_wrenches=forces).foot) == is_wrong


def test_body_that_turns_over_its_feet_contradicts_nobody():
    """Every joint turns as the body's own turn over still soles asks: ankles against it."""
    velocity = np.zeros(N)
    velocity[[ROBOT.joint_names.index(f"{side}_ankle_pitch") for side in "lr"]] = 1.5
    assert Story().looks(50, velocity=velocity, rate=(0.0, -1.5, 0.0)).imu == ""
    assert Story().looks(50, velocity=velocity, rate=(0.0, 1.5, 0.0)).imu != ""


def said_by_feet(up, rate) -> tuple[float, float]:
    """Lean, rad, and turn, rad/s, that both soles of a standing robot show."""
    body = Body(ROBOT)
    placement = body.place(state().position)
    rotation, _ = body.locate(placement, body.soles[0])
    x, y, _ = (np.array(up) @ rotation).tolist()
    said = np.array(((y, x, 0.0), np.array(rate) @ rotation))
    sine, turn = np.sqrt((said * said).sum(axis=1)).tolist()
    return math.asin(sine), turn


@pytest.mark.parametrize("part, is_wrong", [(1.0, False), (0.999, True)])
def test_imu_and_legs_at_the_bounds_agree(monkeypatch, part, is_wrong):
    monkeypatch.setattr(
        consistency, "LEAN_RAD", part * said_by_feet(lean(20.0), (0.0, 0.0, 0.0))[0]
    )
    assert bool(Story().looks(50, up=lean(20.0)).imu) == is_wrong
    monkeypatch.undo()
    monkeypatch.setattr(consistency, "FLAT_TURN_RADPS", math.inf)
    for bound, other, rate in (
        ("FAST_TURN_RADPS", "SLOW_TURN_RADPS", 4.0),
        ("SLOW_TURN_RADPS", "FAST_TURN_RADPS", 2.0),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(consistency, other, math.inf)
            patch.setattr(consistency, bound, part * said_by_feet(lean(0.0), (0.0, rate, 0.0))[1])
            assert bool(Story().looks(50, up=lean(0.0), rate=(0.0, rate, 0.0)).imu) == is_wrong


@pytest.mark.parametrize("bound, is_more", [("SPIN_RADPS", True), ("SPIN_TURNING_RADPS", False)])
def test_turns_about_the_vertical_at_the_bounds_are_allowed(monkeypatch, bound, is_more):
    monkeypatch.setattr(consistency, "FLAT_TURN_RADPS", math.inf)
    for value, is_wrong in ((0.25, False), (0.249 if is_more else 0.251, True)):
        with monkeypatch.context() as patch:
            patch.setattr(consistency, bound, value)
            assert bool(Story().looks(50, rate=(0.0, 0.0, 0.25)).imu) == is_wrong


@pytest.mark.parametrize("flat, spin", [(0.2, math.inf), (math.inf, 0.15)])
def test_turns_that_spread_as_far_as_those_of_a_slip_are_allowed(monkeypatch, flat, spin):
    monkeypatch.setattr(consistency, "FLAT_TURN_RADPS", flat)
    monkeypatch.setattr(consistency, "SPIN_RADPS", spin)
    for spread, is_wrong in ((0.125, False), (0.126, True)):
        monkeypatch.setattr(consistency, "SPIN_SPREAD_RADPS", spread)
        story = Story()
        said = [story.looks(1, rate=(0.0, 0.0, rate)).imu for rate in (0.25, 0.375) * 10]
        assert any(said) == is_wrong


def test_two_flat_soles_at_the_bound_agree(monkeypatch):
    for value, is_wrong in ((0.25, False), (0.249, True)):
        monkeypatch.setattr(consistency, "FLAT_TURN_RADPS", value)
        assert bool(Story().looks(50, rate=(0.0, 0.25, 0.0)).imu) == is_wrong


def test_accelerometer_at_the_bound_is_believed(monkeypatch):
    limp = {
        "torque_enabled": False,
        "effort": np.zeros(N),
        "linear_acceleration": np.array([0.0, 0.0, 11.0]),
    }
    for value, is_wrong in ((11.0 - GRAVITY_MPS2, False), (0.99 * (11.0 - GRAVITY_MPS2), True)):
        monkeypatch.setattr(consistency, "GRAVITY_ERROR_MPS2", value)
        assert bool(Story().looks(1, **limp).rest) == is_wrong
