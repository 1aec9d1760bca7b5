# SPDX-License-Identifier: Apache-2.0
"""What the gate believes of a joint or a foot whose own sensor it does not believe any more."""

from dataclasses import replace

import numpy as np
import pytest
from safety_samples import PERIOD, ROBOT, N, command, state
from talus_safety.belief import feet
from talus_safety.belief.feet import FootRepair
from talus_safety.belief.repair import ENCODER_RETURN_TICKS, JointRepair
from talus_safety.kernel.judge.drive_monitor import DriveMonitor
from talus_safety.kernel.limits import MonitorConfig
from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.tilt import TiltFilter

BODY = Body(ROBOT)
STAND = ROBOT.poses["stand"]
WEIGHT = 9.81 * BODY.mass
KNEE, YAW = ROBOT.joint_names.index("l_knee"), ROBOT.joint_names.index("l_hip_yaw")
JOINTS = [
    ROBOT.joint_names.index(f"l_{name}")
    for name in ("hip_roll", "hip_pitch", "knee", "ankle_pitch", "ankle_roll")
]


class Bent:
    """A left leg that bends while its sole stays flat on the floor.

    Base_link leans as the leg says.
    """

    def __init__(self):
        self.drives = DriveMonitor(ROBOT, BODY, PERIOD, MonitorConfig())
        self.repair = JointRepair(BODY, ROBOT.limits.effort, PERIOD)
        self.tilt, self.tick = TiltFilter(), 0

    def step(self, position, velocity=None, load=WEIGHT, seen=None, **changes):
        """Truth and what the encoders say of it; returns what is believed."""
        velocity = np.zeros(N) if velocity is None else velocity
        placement, legs = BODY.place(position), BODY.legs[0]
        self.tilt.up = tuple(BODY.locate(placement, BODY.soles[0])[0][:, 2])
        self.tilt.rate = tuple(-velocity[legs] @ placement.axis[legs])
        wrenches = np.zeros((2, 6))
        wrenches[0, 2] = load
        self.tick += 1
        told = state(self.tick, position=position, velocity=velocity, foot_wrenches=wrenches)
        told = replace(told, **changes, **(seen or {}))
        return self.repair.step(told, self.drives, self.tilt)


def put(base, joint: int, value: float) -> np.ndarray:
    changed = np.array(base, dtype=float)
    changed[joint] = value
    return changed


def test_sound_joints_pass_as_they_are():
    bent, told = Bent(), state(1)
    assert bent.repair.step(told, bent.drives, bent.tilt) is told
    frame = command()
    assert bent.repair.command(frame, told) is frame


@pytest.mark.parametrize("joint", JOINTS)
def test_a_stuck_joint_is_told_by_its_flat_sole(joint):
    bent = Bent()
    bent.step(STAND)
    bent.drives.findings.stuck[joint] = True
    for k in range(200):
        angle = STAND[joint] + 0.002 * k
        truth, speed = put(STAND, joint, angle), put(np.zeros(N), joint, 0.002 / PERIOD)
        believed = bent.step(truth, speed, seen={"position": STAND, "velocity": np.zeros(N)})
    assert believed.position[joint] == pytest.approx(angle, abs=0.01)
    assert believed.velocity[joint] == pytest.approx(1.0, abs=0.02)
    others = np.arange(N) != joint
    np.testing.assert_array_equal(believed.position[others], STAND[others])


def test_a_stuck_knee_in_the_air_is_told_by_its_drive():
    """Without load the drive's torque beyond gravity's accelerates the shank."""
    bent = Bent()
    bent.step(STAND)
    bent.drives.findings.stuck[KNEE] = True
    still = BODY.gravity_torque(BODY.place(STAND), np.array([0.0, 0.0, -9.81]))
    held = bent.step(STAND, load=0.0, effort=still)
    assert held.velocity[KNEE] == pytest.approx(0.0, abs=1e-3)
    for _ in range(25):
        pushed = bent.step(STAND, load=0.0, effort=put(still, KNEE, still[KNEE] + 5.0))
    assert 0.2 < pushed.velocity[KNEE] < 3.0 and pushed.position[KNEE] > STAND[KNEE]


def test_a_yaw_joint_keeps_its_angle_for_the_vertical_does_not_tell():
    bent = Bent()
    bent.step(STAND)
    bent.drives.findings.stuck[YAW] = True
    believed = bent.step(STAND)
    assert believed.position[YAW] == pytest.approx(STAND[YAW], abs=1e-3)


def test_a_jump_is_taken_off_and_given_back_to_the_drive():
    bent = Bent()
    bent.step(STAND)
    bent.drives.findings.jumped[KNEE] = True
    believed = bent.step(STAND, seen={"position": put(STAND, KNEE, STAND[KNEE] + 6.28)})
    bent.drives.findings.jumped[KNEE] = False
    np.testing.assert_allclose(believed.position, STAND, atol=1e-9)
    assert bent.repair.command(command(position=STAND), believed).position[KNEE] == pytest.approx(
        STAND[KNEE] + 6.28
    )
    bent.repair.relax()
    assert bent.step(STAND).position is STAND


def test_a_blind_drive_gets_torque_alone_within_its_peak():
    bent = Bent()
    bent.step(STAND)
    bent.drives.findings.stuck[KNEE] = True
    believed = bent.step(STAND)
    frame = command(position=STAND + 0.1)
    sent = bent.repair.command(frame, believed)
    assert sent.kp[KNEE] == sent.kd[KNEE] == 0.0
    pull = frame.kp[KNEE] * (frame.position[KNEE] - believed.position[KNEE])
    assert sent.effort[KNEE] == pytest.approx(
        min(frame.effort[KNEE] + pull, ROBOT.limits.effort[KNEE]), rel=0.01
    )
    far = bent.repair.command(command(position=STAND + 100.0), believed)
    assert far.effort[KNEE] == ROBOT.limits.effort[KNEE]


def test_a_leg_whose_bus_is_gone_is_held_by_its_drives():
    bent = Bent()
    bent.step(STAND)
    bent.drives.findings.stuck[ROBOT.indices("left_leg")] = True
    believed = bent.step(STAND)
    np.testing.assert_array_equal(believed.position, STAND)
    assert bent.repair.command(command(), believed).kp[KNEE] > 0.0


# --- feet -----------------------------------------------------------------------------------------
# ---------------


class Standing:
    """Half the weight on each foot, with noise, by sensors and by the legs' torques.

    Then something else is said.
    """

    def __init__(self, ticks: int = 400):
        self.feet, self.random = FootRepair(ROBOT, BODY, PERIOD), np.random.default_rng(2)
        self.tilt, self.tick = TiltFilter(), 0
        gravity = BODY.gravity_torque(BODY.place(STAND), np.array([0.0, 0.0, -9.81]))
        self.effort = gravity - _legs_under(0.5 * WEIGHT, 0.5 * WEIGHT)
        self.run(ticks)
        assert self.feet.fault == "" and not self.feet.doubts_imu

    def step(self, left=None, right=None, felt=9.81, trusts_imu=True, effort=None, velocity=0.0):
        wrenches = 3.0 * self.random.normal(size=(2, 6))
        for foot, said in ((0, left), (1, right)):
            wrenches[foot, 2] += 0.5 * WEIGHT
            if said is not None:
                wrenches[foot] = said
        self.tick += 1
        told = state(
            self.tick,
            position=STAND,
            velocity=np.zeros(N) + velocity,
            effort=self.effort if effort is None else effort,
            foot_wrenches=wrenches,
            linear_acceleration=np.array([0.0, 0.0, felt]),
        )
        return self.feet.step(told, self.tilt, trusts_imu)

    def run(self, ticks: int, **inputs):
        for _ in range(ticks):
            self.step(**inputs)


def _legs_under(left: float, right: float) -> np.ndarray:
    """(n,) N m that forces upwards on the soles take off the legs."""
    placement, torque = BODY.place(STAND), np.zeros(N)
    for foot, force in ((0, left), (1, right)):
        legs, sole = BODY.legs[foot], BODY.locate(placement, BODY.soles[foot])[1]
        lever = sole - placement.origin[legs + 1]
        torque[legs] += np.einsum(
            "jk,jk->j", placement.axis[legs], np.cross(lever, [0.0, 0.0, force])
        )
    return torque


def test_a_foot_that_repeats_itself_is_stuck_and_gets_what_the_other_one_leaves():
    standing = Standing()
    full = np.array([0.0, 0.0, WEIGHT, 0.0, 0.0, 0.0])
    standing.run(feet.FOOT_STUCK_TICKS, left=full)
    assert standing.feet.fault == "" and standing.feet.doubted == [True, False]
    believed = standing.step(left=full)
    assert standing.feet.fault == "l_sole repeats itself"
    rest = (0.5 - feet.FOOT_SHARE_LEFT_OF_WEIGHT) * WEIGHT
    assert believed.foot_wrenches[0, 2] == pytest.approx(rest, abs=20.0)
    assert (
        standing.step(left=full, right=np.array([0, 0, WEIGHT, 0, 0, 0])).foot_wrenches[0, 2] == 0.0
    )


@pytest.mark.parametrize(
    "foot, said, word", [("left", 0.0, "l_sole is off"), ("right", 1.0, "r_sole is off")]
)
def test_feet_that_say_what_the_floor_cannot_bear(foot, said, word):
    standing = Standing()
    for _ in range(120):
        noisy = 3.0 * standing.random.normal(size=6)
        noisy[2] += said * WEIGHT
        standing.step(**{foot: noisy})
    assert standing.feet.fault.startswith(word)


def test_hands_that_share_the_load_blame_no_foot():
    standing = Standing()
    leaning = (
        standing.effort
        + _legs_under(0.5 * WEIGHT, 0.5 * WEIGHT)
        - _legs_under(0.25 * WEIGHT, 0.25 * WEIGHT)
    )
    for _ in range(200):
        left, right = (
            np.array([0, 0, 0.25 * WEIGHT, 0, 0, 0]) + standing.random.normal(size=6)
            for _ in (0, 1)
        )
        standing.step(left=left, right=right, effort=leaning)
    assert standing.feet.fault == ""


def test_an_accelerometer_against_both_feet_is_doubted_and_blames_none():
    standing = Standing()
    standing.run(60, felt=13.9)
    assert standing.feet.doubts_imu and standing.feet.fault == ""
    standing.run(60, felt=13.8, trusts_imu=False)
    assert not standing.feet.doubts_imu


@pytest.mark.parametrize("load", [0.0, 0.1])
def test_a_load_in_the_hands_hides_no_broken_accelerometer(load):
    standing = Standing()
    for tick in range(1550):
        share = 0.5 * (1.0 + load) * WEIGHT
        left, right = (
            np.array([0, 0, share, 0, 0, 0]) + standing.random.normal(size=6) for _ in (0, 1)
        )
        standing.step(left=left, right=right, felt=9.81 if tick < 1500 else 13.7)
        assert tick >= 1500 or not standing.feet.doubts_imu
    assert standing.feet.doubts_imu and standing.feet.fault == ""


def test_a_pelvis_that_drops_while_the_body_does_not_is_no_broken_accelerometer():
    """The torso rises against it: what the IMU feels is no more what the centre of mass does."""
    standing, moving = Standing(), np.zeros(N)
    torso = ROBOT.joint_names.index("torso_pitch")
    placement = BODY.place(STAND)
    moving[torso] = 1.0
    lift = float(BODY.centre_velocity(placement, moving)[2])  # m/s upwards for each rad/s
    speed = 0.0
    for _ in range(200):
        speed += 0.5 * 9.81 * PERIOD / lift
        standing.step(felt=0.5 * 9.81, velocity=speed * moving)
        assert not standing.feet.doubts_imu and standing.feet.fault == ""
    standing.run(60, felt=0.5 * 9.81, velocity=speed * moving)
    assert standing.feet.doubts_imu, "nothing speeds up any more"


def test_who_lay_before_is_not_judged_until_the_feet_carried():
    standing = Standing(ticks=0)
    in_the_air = {"left": np.zeros(6), "right": np.zeros(6)}
    standing.run(40, **in_the_air)
    assert standing.feet.fault == ""


def test_an_encoder_that_speaks_again_is_believed_again_and_its_way_back_is_no_jump():
    bent = Bent()
    bent.step(STAND)
    bent.drives.findings.stuck[KNEE] = True
    for _ in range(20):
        bent.step(STAND)
    for k in range(ENCODER_RETURN_TICKS):
        bent.drives.findings.jumped[KNEE] = k == 0
        truth = put(STAND, KNEE, STAND[KNEE] + 0.3 + 1e-4 * k)
        believed = bent.step(truth)
    assert believed.position[KNEE] == truth[KNEE] and bent.repair.offset is None
    assert not bent.drives.findings.stuck[KNEE] and bent.step(truth).position[KNEE] == truth[KNEE]


def test_a_leg_whose_bus_is_gone_stays_where_it_was_and_is_still():
    bent = Bent()
    legs, speed = BODY.legs[0], np.ones(N)
    bent.step(STAND, speed)
    bent.drives.findings.stuck[legs] = True
    believed = bent.step(STAND, speed)
    assert bent.repair.held == (True, False)
    np.testing.assert_array_equal(believed.position[legs], STAND[legs])
    assert not believed.velocity[legs].any() and believed.velocity[BODY.legs[1]].all()
