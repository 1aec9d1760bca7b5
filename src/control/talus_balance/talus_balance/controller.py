# SPDX-License-Identifier: Apache-2.0
"""The balance controller: one `RobotState` in, one `JointCommand` out; modes from limp to walking and back."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.rotations import matrix_from_yaw, yaw_of
from talus_core.state import JointCommand, RobotState

from talus_balance.estimation.estimator import BaseEstimate, EstimatorConfig
from talus_balance.estimation.grip import Grip
from talus_balance.estimation.limp_drives import LimpDrives
from talus_balance.estimation.start_pose import Localiser
from talus_balance.falling.fall_predictor import FallFacts
from talus_balance.falling.off_feet import OffFeet, OffFeetConfig
from talus_balance.model.payload import PayloadWatch
from talus_balance.model.robot_dynamics import FrameTerms, WholeBodyModel
from talus_balance.stepping.gait import Gait
from talus_balance.stepping.gait_types import LEFT, RIGHT, GaitConfig, GaitInput, GaitOutput
from talus_balance.stepping.height_grid import HeightGrid
from talus_balance.stepping.lame_leg import LameLeg
from talus_balance.whole_body.body_reference import BodyReference, BodyReferenceConfig
from talus_balance.whole_body.drive_targets import DriveConfig, DriveTargets
from talus_balance.whole_body.whole_body_control import WholeBodyConfig, WholeBodyController

LET_DOWN = 1.5  # s in which a body that has sat down is let onto its stops: one that drops rocks for that long
LOST_AT_MOST = 9  # states between two that came: the driver's gate rides through 20 ms without an answer


class Mode(IntEnum):
    """Values of BalanceState.msg."""

    LIMP = 0
    SEATED = 1
    STANDING_UP = 2
    STANDING = 3
    WALKING = 4
    SITTING_DOWN = 5
    FALLING = 6
    GETTING_UP = 7


@dataclass(frozen=True)
class BalanceConfig:
    """Everything that can be tuned; times s, heights m.

    Attributes:
        fallen_cosine: Of the pelvis tilt beyond which the robot has fallen (60 degrees; no step recovers from there).
        hand_stiffness, hand_damping: N m/rad and N m s/rad of the fingers, which hold their zero pose.
    """

    fallen_cosine: float = 0.5
    hand_stiffness: float = 1.0
    hand_damping: float = 0.02
    estimator: EstimatorConfig = field(default_factory=EstimatorConfig)
    reference: BodyReferenceConfig = field(default_factory=BodyReferenceConfig)
    gait: GaitConfig = field(default_factory=GaitConfig)
    body: WholeBodyConfig = field(default_factory=WholeBodyConfig)
    drives: DriveConfig = field(default_factory=DriveConfig)
    off_feet: OffFeetConfig = field(default_factory=OffFeetConfig)


@dataclass(frozen=True)
class Intent:
    """What others ask for at this tick.

    Attributes:
        torque: The safety supervisor permits torque.
        stand: True: be up; False: be seated.
        velocity: (3,) m/s, m/s, rad/s in the heading frame; zeros to stand.
        may_walk: False at R2 and above: finish the step and stand.
        gaze: (yaw, pitch) rad of the chest relative to the heading.
        released: Something else moves the body (the driver's standby): follow, do not act.
        get_up: Lying: get up, and then do as the rest says.
        restricted: At R1 and above: nothing but the model-based controller.
        may_fold: The legs may go on with a change of posture; False where one is locked.
    """

    torque: bool
    stand: bool
    velocity: np.ndarray
    may_walk: bool = True
    gaze: tuple[float, float] = (0.0, 0.0)
    released: bool = False
    get_up: bool = False
    restricted: bool = False
    may_fold: bool = True


@dataclass(frozen=True)
class BalanceReport:
    """What the controller knows after a tick; world = odom. Fields are None until the base is located.

    Attributes:
        carried: kg that the soles feel beyond the model's mass.
    """

    mode: Mode
    base: BaseEstimate | None
    com: np.ndarray | None = None
    capture_point: np.ndarray | None = None
    sole_positions: np.ndarray | None = None
    sole_yaws: np.ndarray | None = None
    gait: GaitOutput | None = None
    solver_failures: int = 0
    expects_fall: bool = False
    carried: float = 0.0


class BalanceController:
    """Call `step` once per control tick, from the first state on."""

    def __init__(self, description: RobotDescription, config: BalanceConfig, dt: float):
        self.description, self.config, self.dt = description, config, dt
        self.model = WholeBodyModel(description)
        self._body = WholeBodyController(self.model, config.body)
        self._localiser = Localiser(self.model, config.estimator, dt)
        foot = description.feet[LEFT]
        half = (0.5 * foot.length - config.body.qp.sole_shrink, 0.5 * foot.width - config.body.qp.sole_shrink)
        self._gait = Gait(config.gait, dt, half, foot)
        self._reference = BodyReference(self.model, config.reference, dt, config.gait.double_time)
        self._targets = DriveTargets(config.drives.leak, dt)
        self._grip = Grip(dt)
        self._payload = PayloadWatch(dt)
        self._joints = description.structural_indices
        self._effort_limit = description.limits.effort
        self._limp_drives = LimpDrives(self._effort_limit, dt)
        self._lame_leg = LameLeg(description, config.gait, half, dt)
        self._planned: tuple[JointCommand, np.ndarray] | None = None  # and rad/s^2, of the last tick while balancing
        self._off_feet = OffFeet(description, config.off_feet, dt)
        self.mode = Mode.LIMP
        self._sequence: int | None = None  # of the newest state
        self._hold: np.ndarray | None = None
        self._borne = np.zeros(len(description.joint_names))  # N m, by the legs when they had sat down
        self._let_down = 1.0  # share of that which is let go
        self._had_torque = False
        self._n = n = len(description.joint_names)
        structural = self._effort_limit[self._joints]
        self._stiffness, self._damping = np.full(n, config.hand_stiffness), np.full(n, config.hand_damping)
        self._stiffness[self._joints] = config.drives.stiffness * structural
        self._damping[self._joints] = config.drives.damping * structural

    @property
    def lies(self) -> bool:
        """Without torque and on the ground, not seated."""
        return self.mode is Mode.LIMP and not self._off_feet.on_feet

    @property
    def can_get_up(self) -> bool:
        """The robot's files say how."""
        return self._off_feet.can_get_up

    @property
    def gaze_in_base(self) -> np.ndarray:
        """(3,) m from the base to the eyes in the neutral pose."""
        return self.model.gaze_in_base

    def see(self, heights: HeightGrid | None) -> None:
        """The ground as it was seen, in odom; None: blind."""
        self._gait.heights = heights

    def step(self, state: RobotState, intent: Intent) -> tuple[JointCommand, BalanceReport]:
        """One tick. Never raises for bad sensor values: they are the driver's gate's and the supervisor's work.

        Ticks whose state was lost on the way are made up for, so that filter and gait keep the body's time.
        """
        lost = 0 if self._sequence is None else state.sequence - self._sequence - 1
        self._sequence = state.sequence
        if self._planned is not None:
            sent, planned = self._planned
            asked = (
                sent.effort + sent.kp * (sent.position - state.position) + sent.kd * (sent.velocity - state.velocity)
            )
            if self._limp_drives.step(asked, state.effort, planned, state.velocity):
                self._do_without()
        self._planned = None
        for _ in range(min(lost, LOST_AT_MOST)):
            self._tick(state, intent)
        return self._tick(state, intent)

    def _tick(self, state: RobotState, intent: Intent) -> tuple[JointCommand, BalanceReport]:
        limp, off_feet = self.mode is Mode.LIMP, self._off_feet
        base = self._localiser.step(state, limp and not state.torque_enabled, off_feet.on_feet)
        if limp and base is not None:
            off_feet.on_feet = base.rotation[2, 2] > self.config.fallen_cosine
            if not off_feet.on_feet and intent.get_up and intent.torque and off_feet.can_get_up:
                self.mode = Mode.GETTING_UP
                off_feet.begin_to_rise(state, base.rotation[2])
        if self.mode in (Mode.FALLING, Mode.GETTING_UP):
            return self._move_off_feet(state, intent, base)
        if base is None or self._gives_up(state, intent, base):
            return self._limp(state, base)
        if limp:
            self.mode, self._hold, self._let_down = Mode.SEATED, state.position.copy(), 1.0
        if self.mode is Mode.SEATED and not (intent.stand and intent.torque):
            return self._sit(state), BalanceReport(self._shown_mode, base)
        return self._balance(state, intent, base)

    def _gives_up(self, state: RobotState, intent: Intent, base: BaseEstimate) -> bool:
        """Torque is dropped only when seated; else the body is in other hands, was cut off, or lies on the ground."""
        seated = self.mode in (Mode.LIMP, Mode.SEATED)
        if seated and not intent.torque:
            return True
        cut = self._had_torque and not state.torque_enabled
        self._had_torque = state.torque_enabled and self.mode is not Mode.LIMP
        fallen = base.rotation[2, 2] < self.config.fallen_cosine and not self._off_feet.bows
        return intent.released or cut or fallen

    def _limp(self, state: RobotState, base: BaseEstimate | None) -> tuple[JointCommand, BalanceReport]:
        self.mode = Mode.LIMP
        self._had_torque = False
        damping = self.config.drives.hold_damping * self._effort_limit
        return JointCommand.damping(state.sequence, state.position, damping), BalanceReport(self.mode, base)

    def sends(self, command: JointCommand) -> None:
        """What goes to the drives after `step`, if it is not its answer: a drive is judged by what it was asked for."""
        if self._planned is not None:
            self._planned = command, self._planned[1]

    def _sit(self, state: RobotState) -> JointCommand:
        """Hold the joints while the stops take over what the legs bore."""
        self._let_down = min(self._let_down + self.dt / LET_DOWN, 1.0)
        drives, borne = self.config.drives, (1.0 - self._let_down) * self._borne
        kp, kd = drives.hold_stiffness * self._effort_limit, drives.hold_damping * self._effort_limit
        return JointCommand(state.sequence, self._hold, np.zeros(self._n), borne, kp, kd)

    @property
    def _shown_mode(self) -> Mode:
        """Who lacks a drive is not seated before he is let down: the legs' unequal drop would tip him over his toes."""
        hangs = self.mode is Mode.SEATED and self._let_down < 1.0 and self._limp_drives.limp.any()
        return Mode.SITTING_DOWN if hangs else self.mode

    # --- falling and getting up ----------------------------------------------------------------------------------

    def _move_off_feet(
        self, state: RobotState, intent: Intent, base: BaseEstimate
    ) -> tuple[JointCommand, BalanceReport]:
        """Fall softly, or rise through the key poses; balancing takes over once the feet carry the capture point."""
        off_feet = self._off_feet
        cut = self._had_torque and not state.torque_enabled
        self._had_torque = state.torque_enabled
        if intent.released or cut:
            return self._limp(state, base)
        if self.mode is Mode.FALLING:
            command = off_feet.fall(state)
        elif intent.get_up and intent.torque:
            command = off_feet.rise(state, base.rotation[2])
        else:
            command = None
        if command is None:
            return self._limp(state, base)
        if self.mode is Mode.GETTING_UP:
            carries = off_feet.carries(state, self._localiser.trusted_force)
            if carries and not off_feet.on_feet:
                self._localiser.land(state)
            off_feet.on_feet = carries
            if carries and self._takes_over(state, intent, base):
                return self._balance(state, intent, base)
        return command, BalanceReport(self.mode, base)

    def _takes_over(self, state: RobotState, intent: Intent, base: BaseEstimate) -> bool:
        """Stand up from this posture, if it can be balanced."""
        soles = self._update_model(state, base)
        facts = self._fall_facts(base, self._gait_input(state, intent, soles))
        if not self._off_feet.may_balance(facts, min(float(sole.rotation[2, 2]) for sole in soles)):
            return False
        self._begin_standing_up(base, soles, state.position[self._joints])
        self._off_feet.bows = True
        return True

    def _loses_its_feet(self, state: RobotState, base: BaseEstimate, gait_input: GaitInput) -> bool:
        """A certain fall begins FALLING; a robot that just came up and is back on its hands goes on GETTING_UP."""
        facts, off_feet = self._fall_facts(base, gait_input), self._off_feet
        if off_feet.is_falling(facts):
            away = gait_input.capture_point - gait_input.sole_positions[:, :2].mean(axis=0)
            off_feet.begin_fall(state, matrix_from_yaw(yaw_of(base.rotation))[:2, :2].T @ away)
            self.mode = Mode.FALLING
        elif off_feet.is_on_hands_again(facts):
            off_feet.fall_back(state, base.rotation[2])
            self.mode = Mode.GETTING_UP
        return self.mode in (Mode.FALLING, Mode.GETTING_UP)

    def _fall_facts(self, base: BaseEstimate, gait_input: GaitInput) -> FallFacts:
        return FallFacts(
            com=gait_input.com,
            com_velocity=gait_input.com_velocity,
            capture_point=gait_input.capture_point,
            sole_positions=gait_input.sole_positions,
            sole_yaws=gait_input.sole_yaws,
            up=base.rotation[2],
            angular_velocity=base.angular_velocity,
            wanted_height=self._reference.wanted_height,
            missed=self._gait.missed(gait_input),
        )

    # --- balancing -----------------------------------------------------------------------------------------------

    def _balance(self, state: RobotState, intent: Intent, base: BaseEstimate) -> tuple[JointCommand, BalanceReport]:
        q, dq = state.position[self._joints], state.velocity[self._joints]
        model, soles = self.model, self._update_model(state, base)
        self._change_mode(intent, base, soles, q)
        gait_input = self._gait_input(state, intent, soles)
        if self._loses_its_feet(state, base, gait_input):
            return self._move_off_feet(state, intent, base)
        gait = self._lame_leg.step(gait_input, self._gait) or self._gait.step(gait_input)
        settled = self.mode not in (Mode.STANDING_UP, Mode.SITTING_DOWN)
        if settled:  # else the seat may carry a part of the weight
            self._payload.step(model, soles, state.foot_wrenches)
        self._reference.may_move = intent.may_fold
        target = self._reference.step(
            intent.gaze, gait, gait_input, base, soles, settled, self._grip.friction / math.sqrt(2.0)
        )
        result = self._body.step(target, soles, q, dq)
        command = self._command(state, self._body.joint_torque(result), self._body.joint_acceleration(result))
        if self.mode is Mode.SITTING_DOWN and self._reference.has_arrived:
            self.mode, self._hold = Mode.SEATED, state.position.copy()
            self._borne, self._let_down = state.effort.copy(), 0.0
        report = BalanceReport(
            Mode.GETTING_UP if self._off_feet.bows else self._shown_mode,
            base,
            model.com,
            gait_input.capture_point,
            gait_input.sole_positions,
            gait_input.sole_yaws,
            gait,
            self._body.qp.failures,
            self._off_feet.expects_fall,
            self._payload.mass,
        )
        return command, report

    def _update_model(self, state: RobotState, base: BaseEstimate) -> tuple[FrameTerms, FrameTerms]:
        """All terms of this tick; those of the soles."""
        q, dq = state.position[self._joints], state.velocity[self._joints]
        model = self.model
        velocity = base.rotation.T @ base.velocity
        model.update(base.position, base.rotation, velocity, base.angular_velocity, q, dq)
        return model.frame(model.feet[LEFT]), model.frame(model.feet[RIGHT])

    def _change_mode(
        self, intent: Intent, base: BaseEstimate, soles: tuple[FrameTerms, FrameTerms], q: np.ndarray
    ) -> None:
        up = intent.stand and intent.torque
        if self.mode is Mode.SEATED and up:
            self._begin_standing_up(base, soles, q)
        elif self.mode is Mode.STANDING_UP and self._reference.has_arrived:
            self.mode = Mode.STANDING
        elif self.mode in (Mode.STANDING, Mode.WALKING):
            self.mode = Mode.STANDING if self._gait.is_standing else Mode.WALKING
            if not up and self._gait.is_standing:
                self._sit_down(base, q)
        elif self.mode is Mode.STANDING_UP and not up:
            self._sit_down(base, q)
        elif self.mode is Mode.SITTING_DOWN and up:
            self._stand_up(base, q)

    def _begin_standing_up(self, base: BaseEstimate, soles: tuple[FrameTerms, FrameTerms], q: np.ndarray) -> None:
        ground = 0.5 * float(soles[LEFT].position[2] + soles[RIGHT].position[2])
        self._gait.reset(yaw_of(soles[LEFT].rotation + soles[RIGHT].rotation))
        self._targets.reset()
        self._grip.reset()
        self._limp_drives.reset()
        self._lame_leg.reset()
        self._do_without()
        self._off_feet.stands()
        self._reference.ground.reset(ground)
        self._stand_up(base, q)

    def _do_without(self) -> None:
        limp, j = self._limp_drives, self._joints
        self._body.do_without(limp.limp[j], limp.held[j])
        self._reference.stiff = self._lame_leg.lame(limp.held)

    def _stand_up(self, base: BaseEstimate, q: np.ndarray) -> None:
        self._reference.stand_up(base, q)
        self.mode = Mode.STANDING_UP

    def _sit_down(self, base: BaseEstimate, q: np.ndarray) -> None:
        self._reference.sit_down(base, q)
        self.mode = Mode.SITTING_DOWN

    def _gait_input(self, state: RobotState, intent: Intent, soles: tuple[FrameTerms, FrameTerms]) -> GaitInput:
        model, ground = self.model, self._reference.ground
        places = np.array([sole.position for sole in soles])
        ground.watch([sole.rotation for sole in soles], places, state.foot_wrenches[:, 2] / model.weight)
        forces = np.array([sole.rotation @ f[:3] for sole, f in zip(soles, state.foot_wrenches, strict=True)])
        velocities = np.array([sole.velocity[:3] for sole in soles])
        self._grip.step(forces, velocities, self._localiser.slides, model.weight)
        omega = math.sqrt(model.gravity / self._reference.com_height)
        settled = self.mode in (Mode.STANDING, Mode.WALKING)
        up = intent.stand and intent.torque and settled
        return GaitInput(
            com=model.com,
            com_velocity=model.com_velocity,
            capture_point=model.com[:2] + model.com_velocity[:2] / omega,
            omega=omega,
            weight=model.weight,
            sole_positions=places,
            sole_velocities=velocities,
            sole_yaws=np.array([yaw_of(sole.rotation) for sole in soles]),
            gradient=ground.gradient,
            forces=state.foot_wrenches[:, 2],
            side_forces=forces[:, :2],
            slips=self._grip.slips,
            lame=self._lame_leg.lame(self._limp_drives.limp),
            velocity=intent.velocity,
            may_walk=intent.may_walk and up,
            may_step=settled,
        )

    def _command(self, state: RobotState, torque: np.ndarray, acceleration: np.ndarray) -> JointCommand:
        position, velocity, effort = np.zeros((3, self._n))
        j = self._joints
        position[j], velocity[j] = self._targets.step(state.position[j], state.velocity[j], acceleration)
        effort[j] = torque
        planned = np.zeros(self._n)
        planned[j] = acceleration
        command = JointCommand(state.sequence, position, velocity, effort, self._stiffness, self._damping)
        self._planned = command, planned
        return command
