# SPDX-License-Identifier: Apache-2.0
"""Balances the robot: one `RobotState` in, one `JointCommand` out, from limp to walking.

A state goes through a tick in stages; each asks `modes` where it leads:

    step -> judge the drives by the last command, make up for lost ticks
    tick -> locate the base -> off the feet? -> give up? -> seated? -> balance
    off the feet -> fall or rise by key poses -> take over once the feet carry
    balance -> model -> mode as asked -> feet -> fall? -> gait -> body reference -> QP -> command
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.rotations import matrix_from_yaw, yaw_of
from talus_core.state import JointCommand, RobotState
from talus_core.words.modes import Mode
from talus_dynamics.robot_dynamics import FrameTerms, WholeBodyModel
from talus_estimation.estimator import BaseEstimate
from talus_estimation.grip import Grip
from talus_estimation.payload import PayloadWatch
from talus_estimation.start_pose import Localiser

from talus_balance import modes
from talus_balance.balance_types import BalanceConfig, BalanceReport, HandDrives, Intent
from talus_balance.drives.joint_commands import JointCommands
from talus_balance.drives.seated_hold import SeatedHold
from talus_balance.drives.torque_watch import TorqueWatch
from talus_balance.falling.fall_predictor import FallFacts
from talus_balance.falling.off_feet import OffFeet
from talus_balance.feet_reading import FeetReading, read_feet
from talus_balance.stepping.gait import Gait
from talus_balance.stepping.gait_types import LEFT, RIGHT, GaitInput, GaitOutput, GaitWish
from talus_balance.stepping.height_grid import HeightGrid
from talus_balance.stepping.lame_leg import LameLeg
from talus_balance.whole_body.body_reference import BodyReference, BodyWish
from talus_balance.whole_body.limbs.limb_reference import LimbWish
from talus_balance.whole_body.whole_body_control import WholeBodyController

# Lost states between two that arrived: the driver's gate tolerates 20 ms without an answer.
MAX_LOST_TICKS = 9

Answer = tuple[JointCommand, BalanceReport]


class _Tick(NamedTuple):
    """Holds what is known at a tick once the base is located; q and dq are those of `joints`."""

    state: RobotState
    intent: Intent
    base: BaseEstimate
    joint_positions: np.ndarray
    joint_velocities: np.ndarray


class BalanceController:
    """Balances the robot; call `step_balance` once per control tick, from the first state on.

    Attributes:
        config: Everything that can be tuned.
        model: Dynamics of the body at this tick.
        mode: Mode of this tick.
    """

    def __init__(self, description: RobotDescription, config: BalanceConfig, dt: float):
        self.config = config
        self.model = WholeBodyModel(description)
        self.mode = Mode.LIMP
        foot = description.feet[LEFT]
        cut = config.body.limits.contact.sole_shrink
        half = (0.5 * foot.length - cut, 0.5 * foot.width - cut)
        hands = HandDrives(config.hand_stiffness, config.hand_damping)
        self._joints = description.structural_indices
        self._sequence: int | None = None  # number of the newest state
        self._localiser = Localiser(self.model, config.estimator, dt)
        self._torque = TorqueWatch()
        self._off_feet = OffFeet(description, config.off_feet, dt)
        self._seated = SeatedHold(config.drives, description, dt)
        self._grip = Grip(dt)
        self._payload = PayloadWatch(dt)
        self._gait = Gait(config.gait, dt, half, foot)
        self._lame_leg = LameLeg(description, config.gait, half, dt)
        self._reference = BodyReference(self.model, config.reference, dt, config.gait.double_time)
        self._body = WholeBodyController(self.model, config.body)
        self._drives = JointCommands(description, config.drives, hands, dt)

    @property
    def lies(self) -> bool:
        """Tell whether the robot is without torque and on the ground, not seated."""
        return self.mode is Mode.LIMP and not self._off_feet.on_feet

    @property
    def can_get_up(self) -> bool:
        """Tell whether the robot's files say how to get up."""
        return self._off_feet.can_get_up

    @property
    def gaze_in_base(self) -> np.ndarray:
        """Return the way from the base to the eyes in the neutral pose, (3,), m."""
        return self.model.gaze_in_base

    def see_ground(self, heights: HeightGrid | None) -> None:
        """Take footholds from ground that was seen, in odom; with None the feet feel their way."""
        self._gait.see_ground(heights)

    def sends(self, command: JointCommand) -> None:
        """Note which command goes to the drives in place of the answer of `step_balance`.

        A drive is judged by the command that it was sent.
        """
        self._drives.replace_sent(command)

    def step_balance(self, state: RobotState, intent: Intent) -> Answer:
        """Answer a state with a command.

        Bad sensor values raise nothing here: the driver's gate and the supervisor handle them.
        Ticks whose state was lost on the way are made up for, so that filter and gait keep the
        body's time.
        """
        lost = 0 if self._sequence is None else state.sequence - self._sequence - 1
        self._sequence = state.sequence
        if self._drives.judge(state):
            self._do_without_limp_drives()
        for _ in range(min(lost, MAX_LOST_TICKS)):
            self._tick(state, intent)
        return self._tick(state, intent)

    # --- stages of a tick --------------------------------------------------------------------

    def _tick(self, state: RobotState, intent: Intent) -> Answer:
        base = self._locate(state)
        if base is None:
            self._enter(Mode.LIMP)
            return self._limp(state, None)
        q = state.position[self._joints]
        dq = state.velocity[self._joints]
        tick = _Tick(state, intent, base, q, dq)
        self._get_up_if_asked(tick)
        if self.mode in modes.OFF_FEET_MODES:
            return self._move_off_feet(tick)
        was_limp = self.mode is Mode.LIMP
        self._enter(modes.when_located(self.mode, gives_up=self._gives_up(tick)))
        if self.mode is Mode.LIMP:
            return self._limp(state, base)
        if was_limp:
            self._begin_seated(tick)
        is_seated = self.mode is Mode.SEATED and not intent.shall_be_up
        if is_seated and not self._seated.needs_balance:
            return self._sit(tick)
        return self._balance(tick)

    def _enter(self, mode: Mode) -> bool:
        """Set the mode, which happens only here; tell whether it has changed."""
        is_new = mode is not self.mode
        self.mode = mode
        if mode is Mode.LIMP:
            self._torque.reset()
        return is_new

    def _locate(self, state: RobotState) -> BaseEstimate | None:
        """Estimate where the base is; a limp robot starts anew, and shows whether it lies."""
        off_feet = self._off_feet
        is_limp = self.mode is Mode.LIMP
        may_start = is_limp and not state.torque_enabled
        base = self._localiser.locate(state, may_start, off_feet.on_feet)
        if is_limp and base is not None:
            off_feet.on_feet = base.rotation[2, 2] > self.config.off_feet_cosine
        return base

    def _get_up_if_asked(self, tick: _Tick) -> None:
        off_feet = self._off_feet
        can = not off_feet.on_feet and off_feet.can_get_up
        shall_get_up = can and tick.intent.shall_get_up
        if self._enter(modes.when_lying(self.mode, shall_get_up=shall_get_up)):
            off_feet.begin_to_rise(tick.state, tick.base.rotation[2])

    def _gives_up(self, tick: _Tick) -> bool:
        """Tell whether the robot must be limp.

        A seated robot is limp where torque is not permitted; any robot is where something else
        moves the body, torque was cut, or it lies on the ground.
        """
        if self.mode in modes.SEATED_OR_LIMP_MODES and not tick.intent.torque:
            return True
        is_limp = self.mode is Mode.LIMP
        was_cut = self._torque.was_cut(tick.state.torque_enabled, counts=not is_limp)
        is_tilted = tick.base.rotation[2, 2] < self.config.off_feet_cosine
        is_off_feet = is_tilted and not self._off_feet.bows
        return tick.intent.released or was_cut or bool(is_off_feet)

    def _limp(self, state: RobotState, base: BaseEstimate | None) -> Answer:
        """Brake the joints with their damping alone."""
        return self._seated.limp_command(state), BalanceReport(self.mode, base)

    def _sit(self, tick: _Tick) -> Answer:
        command = self._seated.command(tick.state)
        return command, BalanceReport(self._shown_mode(bows=False), tick.base)

    def _shown_mode(self, bows: bool) -> Mode:
        """Return the mode that others are told.

        A robot with a limp drive counts as seated only after it has been let down: its legs drop
        unequally, and torque cut before that would tip it over its toes.
        """
        is_let_down = self._seated.is_let_down and bool(self._drives.limp_drives.limp.any())
        return modes.shown(self.mode, bows=bows, is_let_down=is_let_down)

    # --- falling and getting up --------------------------------------------------------------

    def _move_off_feet(self, tick: _Tick) -> Answer:
        """Fall softly, or rise by key poses; balance once the feet carry the capture point."""
        command = self._command_off_feet(tick)
        feet_carry = command is not None and self._feet_carry(tick)
        is_going_on = modes.on_the_way(
            self.mode, has_command=command is not None, feet_carry=feet_carry
        )
        if self._enter(is_going_on) and self.mode is Mode.STANDING_UP:
            self._begin_on_feet(tick)
            self._off_feet.bows = True
            return self._balance(tick)
        if command is None:
            return self._limp(tick.state, tick.base)
        return command, BalanceReport(self.mode, tick.base)

    def _command_off_feet(self, tick: _Tick) -> JointCommand | None:
        """Return the next command of the fall or of the way up; None where that is over."""
        if self._torque.was_cut(tick.state.torque_enabled) or tick.intent.released:
            return None
        if self.mode is Mode.FALLING:
            return self._off_feet.fall(tick.state)
        if tick.intent.shall_get_up:
            return self._off_feet.rise(tick.state, tick.base.rotation[2])
        return None

    def _feet_carry(self, tick: _Tick) -> bool:
        """Tell whether a robot that gets up can be balanced from now on."""
        if self.mode is not Mode.GETTING_UP:
            return False
        off_feet = self._off_feet
        carries = off_feet.carries(tick.state, self._localiser.trusted_force)
        if carries and not off_feet.on_feet:
            self._localiser.land(tick.state)
        off_feet.on_feet = carries
        if not carries:
            return False
        soles = self._update_model(tick)
        facts = self._fall_facts(
            tick, self._gait_input(tick, read_feet(soles, tick.state.foot_wrenches))
        )
        flat_cosine = min(float(sole.rotation[2, 2]) for sole in soles)
        return off_feet.may_balance(facts, flat_cosine)

    def _loses_its_feet(self, tick: _Tick, gait_input: GaitInput) -> bool:
        """Begin a certain fall; let a robot that is back on its hands go on getting up."""
        off_feet = self._off_feet
        facts = self._fall_facts(tick, gait_input)
        is_falling = off_feet.is_falling(facts)
        is_on_hands = not is_falling and off_feet.is_on_hands_again(facts)
        following = modes.by_its_feet(self.mode, is_falling=is_falling, is_on_hands=is_on_hands)
        if not self._enter(following):
            return False
        if is_falling:
            away = gait_input.capture_point - gait_input.sole_positions[:, :2].mean(axis=0)
            turn = matrix_from_yaw(yaw_of(tick.base.rotation))[:2, :2]
            off_feet.begin_fall(tick.state, turn.T @ away)
        else:
            off_feet.fall_back(tick.state, tick.base.rotation[2])
        return True

    def _fall_facts(self, tick: _Tick, gait_input: GaitInput) -> FallFacts:
        return FallFacts(
            com=gait_input.com,
            com_velocity=gait_input.com_velocity,
            capture_point=gait_input.capture_point,
            sole_positions=gait_input.sole_positions,
            sole_yaws=gait_input.sole_yaws,
            up=tick.base.rotation[2],
            angular_velocity=tick.base.angular_velocity,
            wanted_height=self._reference.wanted_height,
            missed=self._gait.missed(gait_input),
        )

    # --- balancing ---------------------------------------------------------------------------

    def _balance(self, tick: _Tick) -> Answer:
        """Keep the body up for a tick."""
        soles = self._update_model(tick)
        self._do_as_asked(tick)
        feet = read_feet(soles, tick.state.foot_wrenches)
        self._observe_feet(tick, soles, feet)
        gait_input = self._gait_input(tick, feet)
        if self._loses_its_feet(tick, gait_input):
            return self._move_off_feet(tick)
        gait = self._lame_leg.step_lame_leg(gait_input, self._gait)
        gait = gait or self._gait.step_gait(gait_input)
        command = self._command(tick, soles, gait_input, gait)
        has_arrived = self.mode is Mode.SITTING_DOWN and self._reference.has_arrived
        if self._enter(modes.after_motion(self.mode, has_arrived=has_arrived)):
            self._seated.begin_loaded(tick.state)
        return command, self._report(tick, gait_input, gait)

    def _update_model(self, tick: _Tick) -> tuple[FrameTerms, FrameTerms]:
        """Compute all terms of this tick; return those of the soles."""
        base = tick.base
        model = self.model
        velocity = base.rotation.T @ base.velocity
        model.update(
            base.position,
            base.rotation,
            velocity,
            base.angular_velocity,
            tick.joint_positions,
            tick.joint_velocities,
        )
        model.plan_motion(self._drives.planned_velocity)
        return model.frame(model.feet[LEFT]), model.frame(model.feet[RIGHT])

    def _do_as_asked(self, tick: _Tick) -> None:
        """Stand up, sit down, stand or walk, as asked."""
        before = self.mode
        following = modes.as_asked(
            before,
            shall_be_up=tick.intent.shall_be_up,
            has_arrived=before in modes.POSTURE_CHANGE_MODES and self._reference.has_arrived,
            gait_stands=self._gait.is_standing,
        )
        if not self._enter(following):
            return
        if before is Mode.SEATED:
            self._begin_on_feet(tick)
        elif following is Mode.STANDING_UP:
            self._reference.stand_up(tick.base, tick.joint_positions)
        elif following is Mode.SITTING_DOWN:
            self._reference.sit_down(tick.base, tick.joint_positions)

    def _begin_seated(self, tick: _Tick) -> None:
        """Hold the seat, or balance a crouch that brakes held."""
        self._seated.begin_at_rest(tick.state)
        if self._seated.needs_balance:
            self._update_model(tick)
            self._begin_on_feet(tick)
            self._reference.sit_down(tick.base, tick.joint_positions)

    def _begin_on_feet(self, tick: _Tick) -> None:
        """Stand up from this posture, and forget everything from before."""
        soles = [self.model.frame(foot) for foot in self.model.feet]
        ground = 0.5 * float(soles[LEFT].position[2] + soles[RIGHT].position[2])
        self._gait.reset(yaw_of(soles[LEFT].rotation + soles[RIGHT].rotation))
        self._grip.reset()
        self._drives.reset()
        self._lame_leg.reset()
        self._do_without_limp_drives()
        self._off_feet.stands()
        self._reference.ground.reset(ground)
        self._reference.stand_up(tick.base, tick.joint_positions)

    def _do_without_limp_drives(self) -> None:
        """Plan no torque of drives that give none."""
        limp_drives = self._drives.limp_drives
        j = self._joints
        self._body.do_without(limp_drives.limp[j], limp_drives.held[j])
        self._reference.stiff = self._lame_leg.lame(limp_drives.held)

    def _observe_feet(
        self, tick: _Tick, soles: tuple[FrameTerms, FrameTerms], feet: FeetReading
    ) -> None:
        """Learn slope and friction of the ground from how the soles lie, press and move."""
        weight = self.model.weight
        loads = tick.state.foot_wrenches[:, 2] / weight
        self._reference.ground.watch([sole.rotation for sole in soles], feet.positions, loads)
        self._grip.observe_soles(
            forces=feet.forces,
            velocities=feet.velocities,
            slides=self._localiser.slides,
            weight=weight,
        )

    def _gait_input(self, tick: _Tick, feet: FeetReading) -> GaitInput:
        model = self.model
        intent = tick.intent
        omega = math.sqrt(model.gravity / self._reference.com_height)
        is_settled = self.mode in modes.SETTLED_MODES
        may_walk = intent.may_walk and intent.shall_be_up and is_settled
        return GaitInput(
            com=model.com,
            com_velocity=model.com_velocity,
            capture_point=model.com[:2] + model.com_velocity[:2] / omega,
            omega=omega,
            weight=model.weight,
            sole_positions=feet.positions,
            sole_velocities=feet.velocities,
            sole_yaws=feet.yaws,
            gradient=self._reference.ground.gradient,
            forces=tick.state.foot_wrenches[:, 2],
            side_forces=feet.forces[:, :2],
            slips=self._grip.slips,
            lame=self._lame_leg.lame(self._drives.limp_drives.limp),
            wish=GaitWish(intent.velocity, may_walk, is_settled, intent.footsteps),
        )

    def _command(
        self,
        tick: _Tick,
        soles: tuple[FrameTerms, FrameTerms],
        gait_input: GaitInput,
        gait: GaitOutput,
    ) -> JointCommand:
        """Turn what the feet do into the body's reference, and that into torques of all joints."""
        intent = tick.intent
        is_settled = self.mode in modes.SETTLED_MODES
        if is_settled:  # otherwise the seat may carry a part of the weight
            self._payload.step_payload(self.model, soles, tick.state.foot_wrenches)
        self._reference.may_move = intent.may_fold
        wish = BodyWish(intent.gaze, LimbWish(intent.limb_targets, intent.restricted))
        friction = self._grip.friction / math.sqrt(2.0)  # per axis of the sole
        target = self._reference.step_reference(
            wish=wish,
            gait=gait,
            gait_input=gait_input,
            base=tick.base,
            soles=soles,
            settled=is_settled,
            friction=friction,
        )
        result = self._body.solve_tick(target, soles, tick.joint_positions, tick.joint_velocities)
        torque = self._body.joint_torque(result)
        return self._drives.command(tick.state, torque, self._body.joint_acceleration(result))

    def _report(self, tick: _Tick, gait_input: GaitInput, gait: GaitOutput) -> BalanceReport:
        return BalanceReport(
            mode=self._shown_mode(bows=self._off_feet.bows),
            base=tick.base,
            com=self.model.com,
            capture_point=gait_input.capture_point,
            sole_positions=gait_input.sole_positions,
            sole_yaws=gait_input.sole_yaws,
            gait=gait,
            solver_failures=self._body.qp.failures,
            expects_fall=self._off_feet.expects_fall,
            carried=self._payload.mass,
        )
