# SPDX-License-Identifier: Apache-2.0
"""Hands and eyes: their tasks among the others, and the ways that lead to their targets."""

import numpy as np
import pytest
from standing_robot import ROBOT, standing_model
from talus_balance.whole_body.limbs.gaze_path import GazeAngles, GazePath, GazeRange
from talus_balance.whole_body.limbs.hand_path import HandGoal, HandPath, HandPathConfig
from talus_balance.whole_body.limbs.limb_reference import (
    LimbConfig,
    LimbReference,
    LimbWish,
    goal_in_odom,
)
from talus_balance.whole_body.motion_target import GazeReference, HandReference, MotionTarget
from talus_balance.whole_body.tasks.gaze_task import GazeGains, GazeTask
from talus_balance.whole_body.tasks.hand_pose_task import HandPoseGains, HandPoseTask
from talus_balance.whole_body.tasks.task import BodyTick, TaskRows
from talus_balance.whole_body.tasks.task_stack import TaskStack
from talus_balance.whole_body.whole_body_control import WholeBodyConfig, WholeBodyController
from talus_core.motion.limb_targets import Limb, LimbFrame, LimbPriority, LimbTarget
from talus_dynamics.arm_reach import ArmReach
from talus_dynamics.rotation_vectors import rotation_from_vector, vector_from_rotation
from talus_estimation.estimator import BaseEstimate

DT = 0.002
JOINTS = ROBOT.structural_indices
STAND = ROBOT.poses["stand"][JOINTS]
LEFT_ARM = np.isin(JOINTS, ROBOT.indices("left_arm"))
NOWHERE = np.zeros(3)
LEFT_ELBOW = [ROBOT.joint_names[j] for j in JOINTS].index("l_elbow")


def bent_model():
    """The body stands with its left forearm level: that arm can move its hand anywhere."""
    model = standing_model()
    joints = STAND.copy()
    joints[LEFT_ELBOW] = -1.5
    height = model.frame(model.base).position[2]
    model.update(np.array([0.0, 0.0, height]), np.eye(3), NOWHERE, NOWHERE, joints, 0.0 * joints)
    return model


def hold(model, hands=(None, None), gaze=None) -> MotionTarget:
    """Stay as it is, but for hands and eyes."""
    return MotionTarget(
        com_acceleration=np.zeros(2),
        com_height=float(model.com[2]),
        com_vertical_speed=0.0,
        com_vertical_acceleration=0.0,
        pelvis=model.frame(model.base).rotation,
        chest=model.frame(model.torso).rotation,
        posture=STAND,
        in_contact=(True, True),
        max_force=np.full(2, 1700.0),
        friction=np.ones(2),
        swing=(None, None),
        hands=hands,
        gaze=gaze,
    )


def tick_of(model, target: MotionTarget) -> BodyTick:
    soles = (model.frame(model.feet[0]), model.frame(model.feet[1]))
    return BodyTick(target, soles, STAND, np.zeros(JOINTS.size), 0.0)


def solved(model, target: MotionTarget):
    control = WholeBodyController(model, WholeBodyConfig())
    tick = tick_of(model, target)
    return control.solve_tick(target, tick.soles, STAND, np.zeros(JOINTS.size))


def hand_reference(model, offset=NOWHERE, turn=NOWHERE, **how) -> HandReference:
    """`offset` (3,) m and `turn` (3,) rad away from where the left hand is."""
    hand = model.frame(model.frames.hands[0])
    rest = np.zeros(6)
    return HandReference(
        hand.position + offset, rotation_from_vector(turn) @ hand.rotation, rest, rest, **how
    )


def base_of(model, velocity=NOWHERE, turning=NOWHERE) -> BaseEstimate:
    trunk = model.frame(model.base)
    unknown = np.zeros(3)
    return BaseEstimate(
        trunk.position, trunk.rotation, velocity, turning, unknown, unknown, unknown
    )


def target_of(limb: Limb, position: np.ndarray, frame=LimbFrame.ODOM) -> LimbTarget:
    return LimbTarget(limb, frame, position, np.eye(3), np.zeros(6), 1.0, LimbPriority.NORMAL, 0.0)


def test_without_targets_hands_and_eyes_have_no_rows():
    model = standing_model()
    tasks = (
        HandPoseTask(model, HandPoseGains(), side=0),
        HandPoseTask(model, HandPoseGains(), side=1),
        GazeTask(model, GazeGains()),
    )
    stack = TaskStack(tasks, model.nv)
    jacobian, wanted = stack.weighted_rows(tick_of(model, hold(model)))
    assert jacobian.shape == (0, model.nv) and wanted.shape == (0,)
    gaze = GazeReference(np.array([1.0, 0.0, 0.0]))
    target = hold(model, hands=(hand_reference(model), None), gaze=gaze)
    jacobian, _ = stack.weighted_rows(tick_of(model, target))
    assert jacobian.shape == (8, model.nv)


@pytest.mark.parametrize("axis", range(3))
def test_a_hand_accelerates_to_its_place_and_the_body_stays_over_its_feet(axis):
    model = bent_model()
    offset = 0.02 * np.eye(3)[axis]
    result = solved(model, hold(model, hands=(hand_reference(model, offset), None)))
    hand = model.frame(model.frames.hands[0])
    acceleration = (hand.jacobian @ result.acceleration + hand.drift)[:3]
    wanted = HandPoseGains().position.kp * 0.02
    assert 0.6 * wanted < acceleration[axis] < 1.05 * wanted, "less what the posture takes"
    assert np.abs(np.delete(acceleration, axis)).max() < 0.3 * wanted
    sway = (model.momentum_matrix[:3] @ result.acceleration + model.momentum_drift[:3]) / model.mass
    assert np.abs(sway).max() < 0.2 * wanted


def test_a_hand_turns_to_its_rotation():
    model = bent_model()
    turn = np.array([0.0, 0.0, 0.1])
    result = solved(model, hold(model, hands=(hand_reference(model, turn=turn), None)))
    hand = model.frame(model.frames.hands[0])
    turning = (hand.jacobian @ result.acceleration + hand.drift)[3:]
    assert turning[2] == pytest.approx(HandPoseGains().rotation.kp * 0.1, rel=0.3)


def test_a_softer_hand_is_asked_for_less_and_an_emphasised_one_weighs_more():
    model = standing_model()
    task = HandPoseTask(model, HandPoseGains(), side=0)

    def rows_for(**how) -> TaskRows:
        rows = TaskRows(np.zeros((6, model.nv)), np.zeros(6), np.zeros(6))
        reference = hand_reference(model, np.array([0.02, 0.0, 0.0]), **how)
        task.write(tick_of(model, hold(model, hands=(reference, None))), rows)
        return rows

    drift = model.frame(model.frames.hands[0]).drift
    firm = rows_for()
    assert (rows_for(stiffness=0.25).wanted + drift)[0] == pytest.approx(
        0.25 * (firm.wanted + drift)[0]
    )
    np.testing.assert_allclose(rows_for(emphasis=4.0).root_weight, 2.0 * firm.root_weight)


def test_a_place_far_away_asks_for_no_more_than_one_near_by():
    model = standing_model()
    far = solved(model, hold(model, hands=(hand_reference(model, np.array([9.0, 0.0, 0.0])), None)))
    hand = model.frame(model.frames.hands[0])
    most = HandPoseGains().position.kp * HandPoseGains().most_offset
    assert np.linalg.norm((hand.jacobian @ far.acceleration + hand.drift)[:3]) < 1.2 * most


@pytest.mark.parametrize("yaw, pitch", [(0.1, 0.0), (-0.1, 0.0), (0.0, 0.1), (0.0, -0.1)])
def test_the_eyes_turn_to_their_direction_the_shorter_way(yaw, pitch):
    model = standing_model()
    eyes = model.frame(model.frames.gaze)
    turn = rotation_from_vector(yaw * eyes.rotation[:, 2]) @ rotation_from_vector(
        pitch * eyes.rotation[:, 1]
    )
    result = solved(model, hold(model, gaze=GazeReference(turn @ eyes.rotation[:, 0])))
    turning = eyes.rotation.T @ (eyes.jacobian @ result.acceleration + eyes.drift)[3:]
    gains = GazeGains().direction
    assert turning[1:] == pytest.approx(
        [gains.kp * pitch, gains.kp * yaw], abs=0.25 * gains.kp * 0.1
    )


def test_a_hand_path_arrives_without_a_jerk_and_never_faster_than_it_may():
    model = standing_model()
    hand = model.frame(model.frames.hands[0])
    config = HandPathConfig()
    path = HandPath(config, DT, hand)
    goal = HandGoal(
        hand.position + np.array([0.4, 0.1, 0.3]),
        rotation_from_vector(np.array([0.0, 1.0, 0.0])),
        np.zeros(6),
    )
    steps = [path.chase(goal, False, 1.0, 1.0) for _ in range(1500)]
    speeds = [np.linalg.norm(step.velocity[:3]) for step in steps]
    assert max(speeds) <= config.speed + 1e-9
    assert np.abs(np.diff(speeds)).max() <= config.acceleration * DT + 1e-9
    np.testing.assert_allclose(steps[-1].position, goal.position, atol=1e-3)
    np.testing.assert_allclose(steps[-1].rotation, goal.rotation, atol=1e-2)
    slow = HandPath(config, DT, hand)
    speeds = [np.linalg.norm(slow.chase(goal, True, 1.0, 1.0).velocity[:3]) for _ in range(500)]
    assert max(speeds) <= config.restricted_speed + 1e-9


def test_a_hand_path_has_no_lag_behind_a_goal_that_moves():
    model = standing_model()
    hand = model.frame(model.frames.hands[0])
    path = HandPath(HandPathConfig(), DT, hand)
    velocity = np.array([0.3, 0.0, 0.0, 0.0, 0.0, 0.0])
    for tick in range(2000):
        goal = HandGoal(hand.position + tick * DT * velocity[:3], hand.rotation, velocity)
        reference = path.chase(goal, False, 1.0, 1.0)
    np.testing.assert_allclose(reference.position, goal.position, atol=2e-3)


def test_a_place_in_the_base_moves_as_the_base_does():
    model = standing_model()
    base = base_of(model, velocity=np.array([0.3, 0.0, 0.0]), turning=np.array([0.0, 0.0, 0.5]))
    target = target_of(Limb.LEFT_HAND, np.array([0.4, 0.2, 0.1]), LimbFrame.BASE)
    now = goal_in_odom(target, base)
    later = goal_in_odom(
        target,
        base._replace(
            position=base.position + DT * base.velocity,
            rotation=base.rotation @ rotation_from_vector(DT * base.angular_velocity),
        ),
    )
    np.testing.assert_allclose((later.position - now.position) / DT, now.velocity[:3], atol=1e-3)
    turned = vector_from_rotation(later.rotation @ now.rotation.T) / DT
    np.testing.assert_allclose(turned, now.velocity[3:], atol=1e-9)


def test_a_place_beyond_the_arm_is_drawn_in_towards_the_shoulder():
    model = bent_model()
    reach = ArmReach(model, side=0, hand=model.frames.hands[0])
    near = model.frame(model.frames.hands[0]).position
    np.testing.assert_array_equal(reach.within(near), near)
    far = reach.within(near + np.array([5.0, 0.0, 0.0]))
    assert 0.1 < far[0] - near[0] < 0.6


def test_a_limb_without_a_target_glides_back_to_the_posture():
    model = standing_model()
    limbs = LimbReference(model, LimbConfig(), DT)
    base = base_of(model)
    home = GazeAngles(0.0, 0.0)
    posture = STAND + 0.3 * LEFT_ARM  # as if the hand had taken the arm elsewhere

    def step(*targets: LimbTarget):
        return limbs.step_limbs(LimbWish(targets), base, 0.0, home, posture)

    assert step().hands == (None, None) and step().posture is posture
    place = model.frame(model.frames.hands[0]).position
    assert step(target_of(Limb.LEFT_HAND, place)).hands[0] is not None
    ways = [step().posture for _ in range(round(2.0 / DT))]
    np.testing.assert_allclose(ways[0], STAND, atol=1e-6)
    np.testing.assert_array_equal(ways[-1], posture)
    speeds = np.abs(np.diff(ways, axis=0)).max(axis=1) / DT
    assert speeds.max() < 0.5  # rad/s, for 0.3 rad in 1.5 s
    np.testing.assert_array_equal(
        np.array(ways)[:, ~LEFT_ARM], np.tile(STAND[~LEFT_ARM], (1000, 1))
    )


def test_the_eyes_follow_within_the_range_of_the_trunk_and_come_back():
    gaze = GazeRange()
    path = GazePath(gaze, DT, GazeAngles(0.0, 0.0))
    for _ in range(1000):
        angles = path.turn_to(np.array([-1.0, 2.0, -3.0]))
    assert angles == pytest.approx((gaze.yaw, gaze.pitch_down))
    assert angles.direction() @ [0.0, 0.0, 1.0] == pytest.approx(-np.sin(gaze.pitch_down))
    ticks = 0
    while path.turn_back(GazeAngles(0.0, 0.0)) is not None:
        ticks += 1
    assert ticks * DT == pytest.approx(gaze.yaw / gaze.rate, abs=0.05)
