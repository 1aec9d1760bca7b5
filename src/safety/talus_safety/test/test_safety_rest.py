# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
import yaml
from safety_samples import HELD, PERIOD, ROBOT, N, state
from talus_core.words.rest import AT_REST_AFTER_S, STILL_JOINT_RADPS, STILL_TURN_RADPS
from talus_safety.kernel.judge.plausible import StateKeeper
from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.rest import (
    LYING_UP_COSINE,
    NEAR_REST_POSE_RAD,
    SHAKEN_TIME_S,
    Posture,
    RestJudge,
)
from talus_safety.standby.rest_path import RestPath, RestPathError, load_rest_path

BODY = Body(ROBOT)
LEGS = ROBOT.indices("left_leg", "right_leg")
KNEE = ROBOT.joint_names.index("l_knee")
WRIST = ROBOT.joint_names.index("l_wrist_yaw")


def judged(
    pose: str = "sit", up_z: float = 1.0, turn: float = 0.0, seconds: float = 1.0, **changes
) -> Posture:
    judge = RestJudge(ROBOT)
    for k in range(round(seconds / PERIOD)):
        judge.step(k * PERIOD, state(k, pose, **changes), up_z, turn)
    return judge.judged


def with_joint(joint: int, value: float, pose: str = "sit") -> np.ndarray:
    array = ROBOT.poses[pose].copy()
    array[joint] = value
    return array


def test_seated_only_near_the_rest_pose():
    assert judged("sit") is Posture.SEATED
    assert judged("stand") is Posture.UPRIGHT
    knee = ROBOT.poses["sit"][KNEE]
    assert judged(position=with_joint(KNEE, knee - 0.99 * NEAR_REST_POSE_RAD)) is Posture.SEATED
    assert judged(position=with_joint(KNEE, knee - 1.01 * NEAR_REST_POSE_RAD)) is Posture.UPRIGHT
    assert judged(position=with_joint(WRIST, 1.0)) is Posture.SEATED


def test_lying_in_any_pose():
    assert judged("stand", up_z=0.99 * LYING_UP_COSINE) is Posture.LYING
    assert judged("stand", up_z=1.01 * LYING_UP_COSINE) is Posture.UPRIGHT


@pytest.mark.parametrize("up_z, rest", [(1.0, Posture.SEATED), (0.0, Posture.LYING)])
def test_not_at_rest_while_anything_moves(up_z, rest):
    assert judged(up_z=up_z, turn=0.99 * STILL_TURN_RADPS) is rest
    assert judged(up_z=up_z, turn=1.01 * STILL_TURN_RADPS) is Posture.UPRIGHT
    assert judged(up_z=up_z, turn=STILL_TURN_RADPS) is Posture.UPRIGHT  # as in core's `rest`
    slow, fast = np.zeros(N), np.zeros(N)
    slow[KNEE], fast[KNEE] = -0.99 * STILL_JOINT_RADPS, -1.01 * STILL_JOINT_RADPS
    assert judged(up_z=up_z, velocity=slow) is rest
    assert judged(up_z=up_z, velocity=fast) is Posture.UPRIGHT


def test_it_takes_time_to_be_at_rest_and_a_shake_does_not_end_it():
    judge = RestJudge(ROBOT)
    ticks = round(AT_REST_AFTER_S / PERIOD)
    said = [judge.step(k * PERIOD, state(k, "sit"), 1.0, 0.0) for k in range(ticks + 2)]
    assert said[: ticks - 1] == [Posture.UPRIGHT] * (ticks - 1) and said[-1] is Posture.SEATED
    assert judge.step(1.0, state(0, "stand"), 1.0, 0.0) is Posture.SEATED
    assert judge.step(1.0 + 0.9 * SHAKEN_TIME_S, state(0, "sit"), 1.0, 0.0) is Posture.SEATED
    assert judge.step(2.0, state(0, "stand"), 1.0, 0.0) is Posture.SEATED
    assert judge.step(2.0 + 1.1 * SHAKEN_TIME_S, state(0, "stand"), 1.0, 0.0) is Posture.UPRIGHT
    assert judge.step(2.1, state(0, "sit"), 1.0, 0.0) is Posture.UPRIGHT


def test_forgetting_starts_anew():
    judge = RestJudge(ROBOT)
    for k in range(1000):
        judge.step(k * PERIOD, state(k, "sit"), 1.0, 0.0)
    judge.forget()
    assert judge.judged is Posture.UPRIGHT
    assert judge.step(2.0, state(0, "sit"), 1.0, 0.0) is Posture.UPRIGHT


def test_path_goes_from_stand_to_sit():
    path = load_rest_path(ROBOT, BODY)
    assert (
        path.progress[0] == 0.0
        and path.progress[-1] == 1.0
        and (np.diff(path.progress) > 0.0).all()
    )
    np.testing.assert_array_equal(path.posture(-1.0), path.position[0])
    np.testing.assert_array_equal(path.posture(2.0), path.position[-1])
    for pose, progress in (("stand", 0.0), ("sit", 1.0)):
        np.testing.assert_allclose(path.posture(progress)[LEGS], ROBOT.poses[pose][LEGS], atol=1e-3)


def test_path_is_continuous_inside_limits_and_found_again():
    path = load_rest_path(ROBOT, BODY)
    postures = np.array([path.posture(p) for p in np.linspace(0.0, 1.0, 2001)])
    assert np.abs(np.diff(postures, axis=0)).max() < 0.002
    assert (postures >= ROBOT.limits.lower).all() and (postures <= ROBOT.limits.upper).all()
    for progress in (0.0, 0.25, 0.5, 0.87, 1.0):
        assert path.nearest(path.posture(progress), LEGS) == pytest.approx(progress, abs=0.011)


def test_progress_is_the_way_of_the_farthest_joint():
    path = RestPath.through(np.array([[0.0, 0.0], [1.0, 0.1], [1.0, 3.1]]))
    np.testing.assert_allclose(path.progress, [0.0, 0.25, 1.0])


@pytest.mark.parametrize(
    "text, message",
    [
        (None, "No such file"),
        ("rows: [", "needs `joints` and `rows`"),
        ("joints: [l_knee]", "needs `joints` and `rows`"),
        ("just words", "needs `joints` and `rows`"),
        (
            yaml.dump({"joints": ["l_knee"], "rows": [{"position": ["x"]}]}),
            "needs `joints` and `rows`",
        ),
        (
            yaml.dump({"joints": ["l_knee"], "rows": [{"position": [0.0]}]}),
            "at least 2 rows with 1 positions",
        ),
        (
            yaml.dump({"joints": ["l_knee"], "rows": [{"position": [0.0, 1.0]}] * 2}),
            "at least 2 rows with 1 positions",
        ),
        (
            yaml.dump({"joints": ["l_knie"], "rows": [{"position": [0.0]}] * 2}),
            "unknown joint 'l_knie'; nearest: l_knee",
        ),
    ],
)
def test_bad_path_says_what_it_needs(tmp_path, text, message):
    if text is not None:
        (tmp_path / "rest_path.yaml").write_text(text)
    with pytest.raises(RestPathError, match=message):
        load_rest_path(replace(ROBOT, folder=tmp_path), BODY)


SHIPPED = yaml.safe_load((ROBOT.folder / "rest_path.yaml").read_text())


def changed_path(row: int, **angles: float) -> list[dict]:
    rows = [dict(entry, position=list(entry["position"])) for entry in SHIPPED["rows"]]
    for joint, angle in angles.items():
        rows[row]["position"][SHIPPED["joints"].index(joint)] = angle
    return rows


@pytest.mark.parametrize(
    "rows, message",
    [
        (changed_path(3, l_knee=float("nan")), "row 3: an angle is no finite number"),
        (changed_path(3, l_knee=9.0), "row 3: l_knee at 9 rad; its range is"),
        (changed_path(3, l_ankle_pitch=0.1), "row 3: the soles do not lie on one plane"),
        (changed_path(0, l_hip_pitch=-0.9, r_hip_pitch=-0.9), "row 0: the centre of mass is"),
        (SHIPPED["rows"][:4] + SHIPPED["rows"][3:], "row 4: it is equal to the row before it"),
        (SHIPPED["rows"][::-1], "row 1: the body rises by 27 mm"),
    ],
    ids=["nan", "range", "one sole", "leaning", "stands still", "upwards"],
)
def test_a_path_that_would_not_carry_the_robot_down_is_refused(tmp_path, rows, message):
    (tmp_path / "rest_path.yaml").write_text(yaml.dump(dict(SHIPPED, rows=rows)))
    with pytest.raises(RestPathError, match=message):
        load_rest_path(replace(ROBOT, folder=tmp_path), BODY)


def test_sound_states_pass_as_they_are():
    keeper, sound = StateKeeper(), state()
    assert keeper.keep(sound) is sound and keeper.bad_ticks == 0


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_bad_numbers_are_held_at_their_last_good_value(name, bad):
    keeper, good = StateKeeper(), state(1)
    array = getattr(good, name).copy()
    array.flat[2] = bad
    first = keeper.keep(state(0, **{name: array}))
    assert getattr(first, name).flat[2] == 0.0
    keeper.keep(good)
    for tick in (1, 2, 3):
        kept = keeper.keep(state(1 + tick, **{name: array}))
        np.testing.assert_array_equal(getattr(kept, name), getattr(good, name))
        assert keeper.bad_ticks == tick and kept.sequence == 1 + tick
    keeper.keep(good)
    assert keeper.bad_ticks == 0
