# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from safety_samples import PERIOD, ROBOT, N, command, state
from talus_safety.kernel.judge.limiter import JUMP_TICKS, CommandLimiter
from talus_safety.kernel.limits import LimiterConfig

ARRAYS = ("position", "velocity", "effort", "kp", "kd")
LIMITS = ROBOT.limits


def limiter(**config) -> CommandLimiter:
    return CommandLimiter(ROBOT, PERIOD, LimiterConfig(**config))


def refusal(frame, newest: int = 0, may_be_limp: bool = False) -> str:
    return limiter().refuse(frame, state(newest), may_be_limp)


def test_sound_frame_passes_unchanged():
    gate, frame = limiter(), command()
    assert gate.refuse(frame, state(), may_be_limp=False) == ""
    sent, was_cut = gate.limit(frame, state())
    assert not was_cut
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(sent, name), getattr(frame, name))


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("joint", [0, N - 1])
def test_not_finite_anywhere_is_refused(name, bad, joint):
    array = getattr(command(), name).copy()
    array[joint] = bad
    assert refusal(command(**{name: array})) == "NaN or infinite"


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize(
    "bad",
    [
        np.zeros(N - 1),
        np.zeros(N + 1),
        np.zeros(0),
        np.zeros((N, 1)),
        None,
        "x" * N,
        [10**400] * N,
        0.0,
    ],
)
def test_wrong_size_or_type_is_refused(name, bad):
    assert refusal(command(**{name: bad})) == "wrong size or type"


@pytest.mark.parametrize("name", ["kp", "kd"])
def test_negative_gain_is_refused_and_zero_is_not(name):
    gains = getattr(command(), name).copy()
    gains[5] = -1e-9
    assert refusal(command(**{name: gains})) == "negative gain"
    gains[5] = 0.0
    assert refusal(command(**{name: gains})) == ""


@pytest.mark.parametrize(
    "sequence, ok", [(89, False), (90, True), (100, True), (101, False), (-1, False), (99.0, False)]
)
def test_only_answers_to_the_last_ten_states(sequence, ok):
    assert (refusal(command(sequence), newest=100) == "") == ok


def test_nothing_answers_a_state_before_the_first():
    assert refusal(command(-1), newest=0) != "" and refusal(command(0), newest=0) == ""


def test_sequence_never_repeats_and_never_goes_back():
    gate = limiter()
    said = [gate.refuse(command(k), state(20), may_be_limp=False) for k in (15, 15, 14, 16, 20)]
    assert [word == "" for word in said] == [True, False, False, True, True]


def test_refused_frame_does_not_spend_its_sequence():
    gate = limiter()
    assert gate.refuse(command(5, effort=np.full(N, np.nan)), state(5), may_be_limp=False)
    assert gate.refuse(command(5), state(5), may_be_limp=False) == ""


def test_limp_legs_are_refused_while_they_carry():
    zero = np.zeros(N)
    limp = command(kp=zero, kd=zero, effort=zero)
    assert refusal(limp) == "limp legs"
    assert refusal(limp, may_be_limp=True) == ""
    one_knee = zero.copy()
    one_knee[ROBOT.joint_names.index("l_knee")] = 1.0
    for name in ("kp", "kd", "effort"):
        assert refusal(limp.with_(**{name: one_knee})) == ""


def test_joints_in_another_order_are_refused_and_a_single_one_is_cut():
    gate, frame = limiter(), command()
    assert gate.refuse(frame, state(0), may_be_limp=False) == ""
    gate.limit(frame, state(0))
    shifted = command(1, position=np.roll(frame.position, 1))
    assert gate.refuse(shifted, state(1), may_be_limp=False) == "jumps in many joints"
    assert gate.refuse(shifted.with_(kp=np.zeros(N)), state(1), may_be_limp=False) == "", (
        "nothing pulls there"
    )
    for joint in range(N):
        single = frame.position.copy()
        single[joint] += 1.0
        assert (
            gate.refuse(command(2 + joint, position=single), state(2 + joint), may_be_limp=False)
            == ""
        )


LEGS = ROBOT.indices("left_leg", "right_leg")
STEP = LIMITS.velocity * PERIOD


def answer_to(
    joints: list[int], way: np.ndarray, ticks: int = 1, stiffness: float = 1.0, now=None
) -> str:
    """What is said to targets `way` away from those of tick 100, in some joints, `ticks` later."""
    gate, middle = limiter(), np.zeros(N)
    still = command(100, position=middle, kp=np.full(N, stiffness))
    assert gate.refuse(still, state(100), may_be_limp=False) == ""
    gate.limit(still, state(100, position=middle))
    targets = middle.copy()
    targets[joints] += way[joints]
    later = 100 + ticks
    position = middle if now is None else now
    return gate.refuse(
        still.with_(sequence=later, position=targets), state(later, position=position), False
    )


def test_three_joints_of_the_legs_beyond_ten_ticks_of_full_speed_are_too_many():
    assert answer_to(LEGS[:3], 1.01 * JUMP_TICKS * STEP) == "jumps in many joints"
    assert answer_to(LEGS[:2], 1.01 * JUMP_TICKS * STEP) == ""
    assert answer_to(LEGS[:3], STEP * JUMP_TICKS) == "", "just as far as they go"
    assert answer_to(LEGS[:3], 1.01 * (JUMP_TICKS + 3) * STEP, ticks=4) == "jumps in many joints"
    assert answer_to(LEGS[:3], STEP * (JUMP_TICKS + 3), ticks=4) == ""
    assert answer_to(LEGS[:3], 1.01 * JUMP_TICKS * STEP, stiffness=0.5) == "jumps in many joints", (
        "softly, too"
    )


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_targets_near_those_in_force_or_near_the_joints_do_not_jump(side):
    far = np.full(N, side * 0.3)
    assert answer_to(LEGS, far) == "jumps in many joints"
    assert answer_to(LEGS, far, now=far) == "", "where the joints are"
    gate, bent = limiter(), ROBOT.poses["stand"]
    assert gate.refuse(command(0), state(0), may_be_limp=False) == ""
    gate.limit(command(0), state(0))
    assert gate.refuse(command(1), state(1, position=bent + side), may_be_limp=False) == "", (
        "those in force"
    )


def test_a_first_target_is_a_tick_from_the_joints_however_late_it_comes():
    sent, _ = limiter().limit(command(50, position=np.full(N, 1e9)), state(50))
    np.testing.assert_allclose(sent.position, np.minimum(state().position + STEP, LIMITS.upper))


def test_who_takes_over_may_start_where_the_joints_are():
    gate, rest = limiter(), state(0)
    pulling = command(0, position=rest.position + 0.3)
    assert gate.refuse(pulling, rest, may_be_limp=False) == ""
    for tick in range(200):  # until those targets are in force
        gate.limit(pulling, state(tick))
    assert gate.refuse(command(200, position=rest.position), state(200), may_be_limp=False) == ""


def test_a_slow_controller_may_go_farther_between_two_commands():
    gate, frame = limiter(), command()
    assert gate.refuse(frame, state(0), may_be_limp=False) == ""
    gate.limit(frame, state(0))
    reach = LIMITS.velocity * PERIOD
    assert gate.refuse(
        command(5, position=frame.position + 15 * reach), state(5), may_be_limp=False
    )
    assert (
        gate.refuse(command(10, position=frame.position + 15 * reach), state(10), may_be_limp=False)
        == ""
    )


@pytest.mark.parametrize("joint", range(N))
def test_values_are_cut_exactly_at_each_limit(joint):
    bounds = {
        "velocity": (-LIMITS.velocity[joint], LIMITS.velocity[joint]),
        "effort": (-LIMITS.effort[joint], LIMITS.effort[joint]),
        "kp": (0.0, 10.0 * LIMITS.effort[joint]),
        "kd": (0.0, 0.3 * LIMITS.effort[joint]),
    }
    for name, (low, high) in bounds.items():
        for value, cut in (
            (low, False),
            (high, False),
            (np.nextafter(high, np.inf), True),
            (1e300, True),
        ):
            array = getattr(command(), name).copy()
            array[joint] = value
            sent, was_cut = limiter().limit(command(**{name: array}), state())
            assert was_cut == cut
            assert getattr(sent, name)[joint] == min(max(value, low), high)


def test_position_is_cut_to_range_and_rate():
    gate = limiter()
    low, high, reach = LIMITS.lower, LIMITS.upper, LIMITS.velocity * PERIOD
    start = state().position
    sent, was_cut = gate.limit(command(position=np.full(N, 1e9)), state())
    assert was_cut
    np.testing.assert_allclose(sent.position, np.minimum(start + reach, high))
    for k in range(1, 4000):
        sent, _ = gate.limit(command(position=np.full(N, 1e9)), state(k))
    np.testing.assert_array_equal(sent.position, high)
    for k in range(4000, 12000):
        sent, _ = gate.limit(command(position=np.full(N, -1e9)), state(k))
    np.testing.assert_array_equal(sent.position, low)


def test_target_may_move_on_for_every_tick_without_a_command():
    gate = limiter()
    start = gate.limit(command(), state(0))[0].position
    sent, _ = gate.limit(command(position=np.full(N, 1e9)), state(5))
    np.testing.assert_allclose(
        sent.position, np.minimum(start + 5 * LIMITS.velocity * PERIOD, LIMITS.upper)
    )


def test_after_relaxing_targets_start_at_the_joints():
    gate = limiter()
    gate.limit(command(), state(0))
    gate.relax()
    sent, _ = gate.limit(command(position=np.full(N, -1e9)), state(1, "sit"))
    reach = LIMITS.velocity * PERIOD
    np.testing.assert_allclose(sent.position, np.maximum(ROBOT.poses["sit"] - reach, LIMITS.lower))


def test_random_commands_never_exceed_range_rate_effort_or_gains():
    random, gate = np.random.default_rng(1), limiter()
    last = state().position
    for k in range(5000):
        scale = 10.0 ** random.uniform(-2, 6)
        frame = command(
            k,
            position=random.normal(0, scale, N),
            velocity=random.normal(0, scale, N),
            effort=random.normal(0, scale, N),
            kp=np.abs(random.normal(0, scale, N)),
            kd=np.abs(random.normal(0, scale, N)),
        )
        sent, _ = gate.limit(frame, state(k))
        assert (sent.position >= LIMITS.lower).all() and (sent.position <= LIMITS.upper).all()
        assert (np.abs(sent.position - last) <= LIMITS.velocity * PERIOD + 1e-12).all()
        assert (np.abs(sent.velocity) <= LIMITS.velocity).all() and (
            np.abs(sent.effort) <= LIMITS.effort
        ).all()
        assert (sent.kp <= 10.0 * LIMITS.effort).all() and (sent.kd <= 0.3 * LIMITS.effort).all()
        last = sent.position


def test_parameters_narrow_the_limits():
    narrow = {"range_margin_rad": 0.2, "velocity_fraction": 0.5, "effort_fraction": 0.5}
    gate = limiter(**narrow, stiffness_per_effort=1.0, damping_per_effort=0.1)
    huge = np.full(N, 1e9)
    for k in range(8000):
        sent, _ = gate.limit(
            command(position=huge, velocity=huge, effort=huge, kp=huge, kd=huge), state(k)
        )
    middle = 0.5 * (LIMITS.lower + LIMITS.upper)
    np.testing.assert_allclose(sent.position, np.maximum(LIMITS.upper - 0.2, middle))
    np.testing.assert_allclose(sent.velocity, 0.5 * LIMITS.velocity)
    np.testing.assert_allclose(sent.effort, 0.5 * LIMITS.effort)
    np.testing.assert_allclose(sent.kp, LIMITS.effort)
    np.testing.assert_allclose(sent.kd, 0.1 * LIMITS.effort)


def test_margin_is_kept_from_both_ends_of_the_range():
    margin = 0.1
    limiter = CommandLimiter(ROBOT, PERIOD, LimiterConfig(range_margin_rad=margin))
    for end, sign in ((ROBOT.limits.lower, 1.0), (ROBOT.limits.upper, -1.0)):
        limiter.relax()
        sent = limiter.limit(command(1, position=end), state(1, position=end))[0].position
        wide = ROBOT.limits.upper - ROBOT.limits.lower > 2.0 * margin
        np.testing.assert_allclose(sent[wide], (end + sign * margin)[wide])


def test_the_command_that_is_limited_need_not_be_the_one_that_was_checked():
    gate = limiter()
    checked, other = command(1), command(2, effort=0.5 * ROBOT.limits.effort)
    assert gate.refuse(checked, state(1), may_be_limp=False) == ""
    np.testing.assert_array_equal(gate.limit(other, state(2))[0].effort, other.effort)
    np.testing.assert_array_equal(gate.limit(checked, state(3))[0].effort, checked.effort)
