# SPDX-License-Identifier: Apache-2.0
"""The last gate as stories.

Who may switch torque on, what ends RUN, and that nothing cuts an upright robot.
"""

import shutil
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from safety_samples import PERIOD, ROBOT, STANDING_EFFORT, N, command, state
from talus_core.motion.fall_plan import load_fall
from talus_core.words.gate_phases import GatePhase
from talus_core.words.stop_levels import StopLevel
from talus_safety.gate import LastGate
from talus_safety.kernel.decide.gate.permit import TorquePermit
from talus_safety.kernel.limits import GateConfig
from talus_safety.kernel.measure.tilt import TiltFilter
from talus_safety.standby.fall_motion import FoldedFall, falls_towards

GO = {"level": StopLevel.R0_RUN, "armed": True, "torque_permitted": True}
NO = {"level": StopLevel.R3_SIT_THEN_CUT, "armed": False, "torque_permitted": False}
ZERO = np.zeros(N)
DOWN = {"linear_acceleration": np.array([9.81, 0.0, 0.0])}  # lying on its back
FRESH = object()


class Bench:
    """A gate whose robot does what it is told at once.

    Joints go to their targets, drives give their torque.
    """

    def __init__(self, pose: str = "stand"):
        self.gate = LastGate(ROBOT, PERIOD)
        self.tick = 0
        self.position, self.effort = ROBOT.poses[pose].copy(), STANDING_EFFORT
        self.decision = None

    def step(self, frame=FRESH, permit=FRESH, **changes):
        """One tick; unless given, a sound command that holds still and a fresh permit to run."""
        now = state(self.tick, **{"position": self.position, "effort": self.effort, **changes})
        frame = (
            command(self.tick, position=self.position, effort=self.effort)
            if frame is FRESH
            else frame
        )
        permit = TorquePermit(**GO, sequence=self.tick) if permit is FRESH else permit
        self.decision = self.gate.step_gate(self.tick * PERIOD, now, frame, permit)
        if self.decision.command is not None and np.isfinite(now.position).all():
            self.position, self.effort = (
                self.decision.command.position,
                self.decision.command.effort,
            )
        self.tick += 1
        return self.decision

    def run(self, seconds: float, **inputs):
        for _ in range(round(seconds / PERIOD)):
            self.step(**inputs)
        return self.decision

    def permit(self, **changes) -> TorquePermit:
        return TorquePermit(**{**GO, "sequence": self.tick, **changes})


def running(pose: str = "stand") -> Bench:
    bench = Bench(pose)
    assert bench.run(0.5).phase is GatePhase.RUN
    return bench


def test_off_until_permit_and_command_are_there():
    for level, armed, permitted in product(StopLevel, (False, True), (False, True)):
        bench = Bench()
        decision = bench.run(0.05, permit=TorquePermit(level, armed, permitted, 0))
        may = armed and permitted and level <= StopLevel.R2_SAFE_STAND
        assert (decision.phase is GatePhase.RUN) == may and (decision.command is not None) == may
    assert Bench().run(0.1, frame=None).phase is GatePhase.OFF
    assert Bench().run(0.1, permit=None).phase is GatePhase.OFF


def test_stale_or_future_permit_starts_nothing():
    bench = Bench()
    bench.run(0.12, frame=None)
    for sequence in (bench.tick - 51, bench.tick + 10):
        assert bench.step(permit=TorquePermit(**GO, sequence=sequence)).phase is GatePhase.OFF


def test_sound_commands_reach_the_drives_unchanged():
    bench = running()
    frame = command(bench.tick, position=bench.position, effort=0.1 * ROBOT.limits.effort)
    decision = bench.step(frame)
    np.testing.assert_array_equal(decision.command.effort, frame.effort)
    assert decision.reason == "" and not decision.standby_active and decision.counters.clamped == 0
    assert decision.counters.command_sequence == frame.sequence


def test_refused_frame_holds_the_last_good_one_and_counts():
    bench = running()
    good = bench.decision.command
    decision = bench.step(command(bench.tick, effort=np.full(N, np.nan)))
    np.testing.assert_array_equal(decision.command.position, good.position)
    assert decision.reason == "joint_command refused: NaN or infinite"
    assert (decision.counters.rejected, decision.counters.rejected_in_row) == (1, 1)
    assert bench.step().counters.rejected_in_row == 0


def test_third_refused_frame_in_a_row_asks_for_safe_stand():
    bench = running()
    asked = [bench.step(command(bench.tick, kp=np.full(N, -1.0))).request for _ in range(3)]
    assert asked == [StopLevel.R0_RUN, StopLevel.R0_RUN, StopLevel.R2_SAFE_STAND]
    assert bench.step().request is StopLevel.R0_RUN


def test_cut_values_are_counted_once_per_frame():
    bench = running()
    bench.step(command(bench.tick, position=bench.position, effort=np.full(N, 1e6)))
    assert bench.decision.counters.clamped == 1
    np.testing.assert_array_equal(bench.decision.command.effort, ROBOT.limits.effort)
    bench.step(frame=None)
    assert bench.decision.counters.clamped == 1


def test_upright_robot_is_never_limp():
    bench = running()
    limp = command(kp=ZERO, kd=ZERO, effort=ZERO)
    decisions = [bench.step(limp.with_(sequence=bench.tick)) for _ in range(20)]
    assert all(d.command.kp.any() for d in decisions)
    assert decisions[2].request is StopLevel.R2_SAFE_STAND and decisions[-1].standby_active


def test_seated_robot_may_be_limp():
    bench = running("sit")
    bench.run(0.5)
    decision = bench.step(command(bench.tick, kp=ZERO, kd=ZERO, effort=ZERO))
    assert decision.phase is GatePhase.RUN and not decision.command.kp.any()


@pytest.mark.parametrize(
    "inputs, onset, reason",
    [
        ({"frame": None}, 0.020, "no sound joint_command in time"),
        ({"frame": command(0)}, 0.020, "no sound joint_command in time"),
        ({"permit": "frozen"}, 0.100, "no fresh safety/state"),
        ({"permit": None}, 0.0, "no fresh safety/state"),
        ({"permit": "withdrawn"}, 0.0, "torque is not permitted"),
        ({"permit": "cut"}, 0.0, "torque is not permitted"),
        ({"position": np.full(N, np.nan)}, 0.010, "sensor values are not finite"),
        ({"angular_velocity": np.full(3, np.inf)}, 0.010, "sensor values are not finite"),
    ],
)
def test_each_loss_while_upright_starts_standby_in_time(inputs, onset, reason):
    bench = running()
    began, last = bench.tick, bench.permit(sequence=bench.tick - 1)
    while not bench.decision.standby_active:
        assert bench.decision.command is not None
        given = dict(inputs)
        if given.get("permit") == "frozen":
            given["permit"] = last
        elif given.get("permit") == "withdrawn":
            given["permit"] = bench.permit(torque_permitted=False)
        elif given.get("permit") == "cut":
            given["permit"] = bench.permit(level=StopLevel.R5_CUT)
        bench.step(**given)
        assert (bench.tick - began) * PERIOD <= onset + 2.1 * PERIOD
    assert (bench.tick - began) * PERIOD >= onset
    decision = bench.decision
    assert (decision.phase, decision.reason, decision.latched) == (GatePhase.HOLD, reason, True)
    assert (
        decision.request is StopLevel.R3_SIT_THEN_CUT and np.isfinite(decision.command.effort).all()
    )


def test_stop_lets_the_controller_sit():
    bench = running()
    stop = {"level": StopLevel.R3_SIT_THEN_CUT, "armed": False}
    assert bench.step(permit=bench.permit(**stop)).phase is GatePhase.RUN


def test_withdrawn_at_rest_cuts_at_once():
    bench = running("sit")
    bench.run(0.5)
    decision = bench.step(permit=bench.permit(**NO))
    assert (decision.phase, decision.command, decision.standby_active) == (
        GatePhase.OFF,
        None,
        False,
    )


def finished_standby() -> Bench:
    """A gate that lost its controller, sat the robot down and cut."""
    bench = running()
    for _ in range(5000):
        if bench.step(frame=None, **sensed(bench.position)).phase is GatePhase.OFF:
            return bench
    raise AssertionError("standby never finished")


def sensed(position: np.ndarray) -> dict:
    """What the accelerometer feels with these joints on flat feet."""
    legs = position[ROBOT.indices("left_leg")]
    pitch = -legs[2] - legs[3] - legs[4]
    return {"linear_acceleration": 9.81 * np.array([-np.sin(pitch), 0.0, np.cos(pitch)])}


def test_story_hold_sit_off_latched():
    bench, phases = running(), []
    for _ in range(5000):
        decision = bench.step(frame=None, **sensed(bench.position))
        if not phases or phases[-1] is not decision.phase:
            phases.append(decision.phase)
        if decision.phase is GatePhase.OFF:
            break
    assert phases == [GatePhase.RUN, GatePhase.HOLD, GatePhase.SIT, GatePhase.OFF]
    assert (
        decision.command is None
        and decision.latched
        and decision.at_rest
        and not decision.standby_active
    )
    np.testing.assert_allclose(bench.position[:12], ROBOT.poses["sit"][:12], atol=0.01)


def test_controller_that_comes_back_is_fenced_out():
    bench = running()
    bench.run(0.03, frame=None)
    assert bench.decision.standby_active
    assert bench.run(0.3, **sensed(bench.position)).standby_active
    assert bench.decision.counters.accepted > 150


def test_latch_opens_only_for_disarmed_then_armed():
    bench = finished_standby()
    assert bench.run(0.2).command is None
    bench.run(0.02, permit=TorquePermit(**NO, sequence=bench.tick))
    assert bench.decision.latched
    decision = bench.step()
    assert decision.phase is GatePhase.RUN and not decision.latched


def test_after_the_latch_nothing_moves_without_a_new_command():
    bench = finished_standby()
    bench.run(0.02, permit=TorquePermit(**NO, sequence=bench.tick), frame=None)
    assert bench.run(0.1, frame=None).command is None
    assert bench.step(frame=command(3)).command is None


def test_fallen_in_standby_is_cut_once_it_lies_still():
    bench = running()
    bench.run(0.03, frame=None)
    rolling = {**DOWN, "angular_velocity": np.array([2.0, 0.0, 0.0])}
    assert bench.run(2.0, frame=None, **rolling).command is not None
    decision = bench.run(20.0, frame=None, **DOWN)
    assert (decision.phase, decision.latched, decision.at_rest) == (GatePhase.OFF, True, True)


def test_simulation_reset_forgets_and_locks():
    bench = running()
    bench.gate.relocated()
    decision = bench.step()
    assert (decision.command, decision.latched, decision.reason) == (
        None,
        True,
        "the simulation was reset",
    )
    bench.step(permit=TorquePermit(**NO, sequence=bench.tick))
    assert bench.step().phase is GatePhase.RUN


def test_random_inputs_never_cut_an_upright_robot_nor_exceed_a_limit():
    """Commands, permits and sensors at random.

    Torque may end only where the robot was at rest before.
    """
    random, limits = np.random.default_rng(7), ROBOT.limits
    for _ in range(10):
        bench, last = running(), None
        for _ in range(400):
            scale = 10.0 ** random.uniform(-2, 4)
            frame = command(
                bench.tick - int(random.integers(-2, 12)),
                position=random.normal(0, scale, N),
                effort=random.normal(0, scale, N) * random.choice([1.0, np.nan], p=[0.9, 0.1]),
            )
            permit = TorquePermit(
                random.choice(list(StopLevel)),
                *random.random(2) < 0.7,
                bench.tick - int(random.integers(0, 60)),
            )
            gyro = random.normal(0, random.choice([0.01, 1.0]), 3)
            decision = bench.step(
                random.choice([frame, None]), random.choice([permit, None]), angular_velocity=gyro
            )
            assert decision.command is not None
            sent = decision.command
            assert (sent.position >= limits.lower).all() and (sent.position <= limits.upper).all()
            assert (np.abs(sent.effort) <= limits.effort).all() and (sent.kp >= 0.0).all()
            if last is not None:
                assert (np.abs(sent.position - last) <= limits.velocity * PERIOD + 1e-9).all()
            last = sent.position


def test_gate_reads_the_parameters_that_it_is_given():
    strict = LastGate(ROBOT, PERIOD, GateConfig(command_timeout_s=0.004))
    go = TorquePermit(**GO, sequence=0)
    assert strict.step_gate(0.0, state(0), command(0), go).phase is GatePhase.RUN
    assert [strict.step_gate(k * PERIOD, state(k), None, go).phase for k in (1, 2, 3)] == [1, 1, 2]


@pytest.mark.parametrize("broken", ["off", "distrusted"])
def test_without_an_imu_the_gate_balances_by_the_legs(broken):
    bench = running()
    for _ in range(50):
        permit = bench.permit(rule="body_fault", level=StopLevel.R3_SIT_THEN_CUT, armed=False)
        if broken == "off":
            dead = {"angular_velocity": np.zeros(3), "linear_acceleration": np.zeros(3)}
            decision = bench.step(**dead)
        else:
            decision = bench.step(permit=permit, **sensed(bench.position))
    assert decision.phase is GatePhase.HOLD and decision.rule == "imu_fault"
    assert decision.reason.startswith("the IMU fails: it ")
    assert np.isfinite(decision.command.effort).all()


FALLING = {"angular_velocity": np.array([0.0, 6.0, 0.0])}


def test_fall_under_a_controller_is_asked_for_and_left_to_it():
    """Who balances has 0.11 s more to catch it than a robot that is on its own."""
    bench = running()
    for _ in range(60):
        decision = bench.step(**FALLING)
    assert (decision.phase, decision.request) == (GatePhase.RUN, StopLevel.R0_RUN)
    for _ in range(40):
        decision = bench.step(**FALLING)
    assert (decision.phase, decision.request) == (GatePhase.RUN, StopLevel.R4_PROTECTIVE_FALL)
    assert (decision.rule, decision.reason) == ("falling", "the robot falls")


def test_fall_alone_is_given_to_the_motion_that_was_plugged_in():
    class Tuck:
        begun = 0

        def begin_fall(self, state, tilt):
            self.begun += 1

        def step_fall(self, state, tilt):
            return command(state.sequence, kp=np.full(N, 7.0))

    tuck = Tuck()
    bench = Bench()
    bench.gate = LastGate(ROBOT, PERIOD, fall=tuck)
    bench.run(0.6)
    for _ in range(60):
        decision = bench.step(frame=None, **FALLING)
    assert (decision.phase, decision.request) == (GatePhase.FALL, StopLevel.R4_PROTECTIVE_FALL)
    assert decision.rule == "commands_lost"
    assert (
        tuck.begun == 1
        and (decision.command.kp == np.minimum(7.0, 10.0 * ROBOT.limits.effort)).all()
    )
    decision = bench.run(5.0, frame=None, linear_acceleration=-DOWN["linear_acceleration"])
    assert (decision.phase, decision.command, decision.latched) == (GatePhase.OFF, None, True)


def test_an_encoder_that_is_known_to_fail_throws_no_doubt_on_the_imu():
    """By whose word a fall is called: the legs, of which one lies, would say that all is well."""
    bench = running()
    bench.position = bench.position.copy()
    bench.position[ROBOT.joint_names.index("l_knee")] += 6.28
    stopped = {"rule": "body_fault", "level": StopLevel.R3_SIT_THEN_CUT, "armed": False}
    for _ in range(10):
        decision = bench.step(permit=bench.permit(**stopped))
    assert (decision.phase, decision.rule) == (GatePhase.HOLD, "encoder_fault")
    for _ in range(60):
        decision = bench.step(permit=bench.permit(**stopped), **FALLING)
    assert decision.phase is GatePhase.FALL


def test_fall_alone_folds_into_the_robots_own_pose():
    bench = running()
    for _ in range(60):
        decision = bench.step(frame=None, **FALLING)
    assert decision.phase is GatePhase.FALL and (decision.command.kp > 0.0).all()
    decision = bench.run(0.2, frame=None, **FALLING)
    knee = ROBOT.joint_names.index("l_knee")
    assert decision.command.position[knee] > ROBOT.poses["stand"][knee] + 0.5


def test_legs_bent_farther_than_the_pose_of_a_fall_only_give_way():
    fall, tilt = FoldedFall(load_fall(ROBOT), ROBOT, PERIOD), TiltFilter()
    for pose, folds in (("stand", True), ("sit", False)):
        fall.begin_fall(state(pose=pose), tilt)
        kp = fall.step_fall(state(pose=pose), tilt).kp
        legs = ROBOT.indices("left_leg", "right_leg")
        assert kp[legs].any() == folds and kp[ROBOT.joint_names.index("l_elbow")] > 0.0


def test_fall_alone_of_a_robot_without_poses_is_damped(tmp_path):
    shutil.copy(ROBOT.folder / "rest_path.yaml", tmp_path)
    bench = Bench()
    bench.gate = LastGate(replace(ROBOT, folder=tmp_path), PERIOD)
    bench.run(0.6)
    for _ in range(60):
        decision = bench.step(frame=None, **FALLING)
    assert (
        decision.phase is GatePhase.FALL
        and not decision.command.kp.any()
        and (decision.command.kd > 0.0).all()
    )


@pytest.mark.parametrize("turn", [0.0, 2.0, -2.0])
@pytest.mark.parametrize(
    "towards, up", [((1, 0), (-0.5, 0, 0.87)), ((-1, 0), (0.5, 0, 0.87)), ((0, 1), (0, -0.5, 0.87))]
)
def test_a_fall_goes_where_the_body_leans(towards, up, turn):
    tilt = TiltFilter()
    tilt.up, tilt.rate = up, (0.0, 0.0, turn)
    assert falls_towards(tilt) @ np.array(towards) > 0.9


def test_a_fall_from_upright_goes_where_the_body_turns():
    tilt = TiltFilter()
    for rate, towards in (
        ((0, 2, 0), (1, 0)),
        ((0, -2, 0), (-1, 0)),
        ((-2, 0, 0), (0, 1)),
        ((2, 0, 0), (0, -1)),
    ):
        tilt.up, tilt.rate = (0.0, 0.0, 1.0), rate
        np.testing.assert_allclose(falls_towards(tilt), towards, atol=1e-9)
    tilt.rate = (0.0, 0.0, 0.0)
    assert np.linalg.norm(falls_towards(tilt)) == 1.0


def test_finding_about_drives_is_asked_for_while_the_controller_goes_on():
    bench = running()
    broken = bench.effort.copy()
    broken[ROBOT.joint_names.index("l_knee")] += 50.0
    for _ in range(12):
        decision = bench.step(effort=broken)
    assert (decision.phase, decision.request) == (GatePhase.RUN, StopLevel.R3_SIT_THEN_CUT)
    assert decision.rule == "leg_fault" and "l_knee" in decision.reason


def test_a_drive_that_pushes_by_itself_is_cut_and_the_others_go_on():
    bench, knee = running(), ROBOT.joint_names.index("l_knee")
    wild = bench.effort.copy()
    wild[knee] += 0.5 * ROBOT.limits.effort[knee]
    for tick in range(12):
        assert bench.decision.cut == () or tick > 2
        decision = bench.step(effort=wild, position=bench.position + 1e-6 * (-1) ** tick)
    assert (decision.phase, decision.request, decision.cut) == (
        GatePhase.RUN,
        StopLevel.R3_SIT_THEN_CUT,
        (knee,),
    )
    assert decision.reason == "a joint that carries fails: l_knee pushes by itself"
    wild[knee] = 0.0
    assert bench.run(0.1, effort=wild).cut == (knee,), "until torque is off"


def test_torque_that_is_given_and_turns_nothing_is_a_lock():
    bench = running()
    bench.effort = bench.effort.copy()
    bench.effort[ROBOT.joint_names.index("l_knee")] += (
        0.2 * ROBOT.limits.effort[ROBOT.joint_names.index("l_knee")]
    )
    decision = bench.run(0.05)
    assert (decision.phase, decision.request) == (GatePhase.RUN, StopLevel.R2_SAFE_STAND)
    assert decision.reason == "the robot stands but cannot sit: l_knee is locked"


def test_an_arm_that_is_told_to_go_and_stays_asks_for_a_stop():
    bench, velocity = running(), np.zeros(N)
    velocity[ROBOT.joint_names.index("r_elbow")] = 0.8
    base = bench.effort
    for _ in range(100):
        frame = command(bench.tick, position=bench.position, velocity=velocity, effort=base)
        decision = bench.step(frame, effort=base + frame.kd * velocity)
    assert (decision.rule, decision.request) == ("arm_fault", StopLevel.R2_SAFE_STAND)
    assert decision.reason == "a joint that carries nothing fails: r_elbow is locked"
