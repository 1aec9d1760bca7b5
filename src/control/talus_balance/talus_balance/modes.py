# SPDX-License-Identifier: Apache-2.0
"""Moves the controller from mode to mode, as a pure state machine of what holds at a tick.

    LIMP -- at rest on its feet, torque permitted ------> SEATED
    LIMP -- lies, and is asked to get up ---------------> GETTING_UP
    SEATED -- asked to be up ---------------------------> STANDING_UP
    STANDING_UP -- up ----------------------------------> STANDING
    STANDING -- the gait steps -------------------------> WALKING
    WALKING -- the gait stands -------------------------> STANDING
    STANDING_UP, STANDING -- asked to sit --------------> SITTING_DOWN
    SITTING_DOWN -- asked to be up ---------------------> STANDING_UP
    SITTING_DOWN -- down -------------------------------> SEATED
    on its feet -- a fall is certain -------------------> FALLING
    on its feet, still bent -- back on its hands -------> GETTING_UP
    GETTING_UP -- the feet carry it --------------------> STANDING_UP
    GETTING_UP -- no longer asked to, or all tries failed, or torque is lost --> LIMP
    FALLING -- at rest on the ground, or torque is lost -----------------------> LIMP
    SEATED -- torque is no longer permitted -----------------------------------> LIMP
    LIMP, SEATED, on its feet -- torque is lost, or it lies on the ground -----> LIMP

Torque is lost where it was cut or something else moves the body. One function tells each stage of
a tick where it leads; the controller asks them in the order in which they stand here.
"""

from __future__ import annotations

from talus_core.words.modes import Mode

OFF_FEET_MODES = (Mode.FALLING, Mode.GETTING_UP)
SEATED_OR_LIMP_MODES = (Mode.LIMP, Mode.SEATED)
POSTURE_CHANGE_MODES = (Mode.STANDING_UP, Mode.SITTING_DOWN)
SETTLED_MODES = (Mode.STANDING, Mode.WALKING)


def when_lying(mode: Mode, *, shall_get_up: bool) -> Mode:
    """Return the mode of a robot on the ground: it gets up where it is asked to and can."""
    return Mode.GETTING_UP if mode is Mode.LIMP and shall_get_up else mode


def on_the_way(mode: Mode, *, has_command: bool, feet_carry: bool) -> Mode:
    """Return the mode of a robot that falls or gets up.

    Args:
        mode: FALLING or GETTING_UP.
        has_command: Whether the fall or the way up goes on; if not, it is over or torque is lost.
        feet_carry: Whether the body can be balanced from now on.
    """
    if not has_command:
        return Mode.LIMP
    return Mode.STANDING_UP if mode is Mode.GETTING_UP and feet_carry else mode


def when_located(mode: Mode, *, gives_up: bool) -> Mode:
    """Return the mode of a robot that knows how it stands; it is limp where it must not move."""
    if gives_up:
        return Mode.LIMP
    return Mode.SEATED if mode is Mode.LIMP else mode


def as_asked(mode: Mode, *, shall_be_up: bool, has_arrived: bool, gait_stands: bool) -> Mode:
    """Return the mode of a robot on its feet, by what it is asked to do and how far it is.

    Args:
        mode: Mode on the feet, not LIMP.
        shall_be_up: Whether the robot must stand, and torque is permitted.
        has_arrived: Whether the change of posture is done.
        gait_stands: Whether no step is under way.
    """
    if mode in SETTLED_MODES:
        if not gait_stands:
            return Mode.WALKING
        return Mode.STANDING if shall_be_up else Mode.SITTING_DOWN
    if mode is Mode.STANDING_UP:
        if has_arrived:
            return Mode.STANDING
        return mode if shall_be_up else Mode.SITTING_DOWN
    return Mode.STANDING_UP if shall_be_up else mode


def by_its_feet(mode: Mode, *, is_falling: bool, is_on_hands: bool) -> Mode:
    """Return the mode of a robot on its feet that may lose them."""
    if is_falling:
        return Mode.FALLING
    return Mode.GETTING_UP if is_on_hands else mode


def after_motion(mode: Mode, *, has_arrived: bool) -> Mode:
    """Return the mode at the end of a balanced tick: a robot that has sat down is held there."""
    return Mode.SEATED if mode is Mode.SITTING_DOWN and has_arrived else mode


def shown(mode: Mode, *, bows: bool, is_let_down: bool) -> Mode:
    """Return the mode that others are told.

    Args:
        mode: Mode that the robot is in.
        bows: Whether it got up but is still bent over.
        is_let_down: Whether it has sat down and its drives still let it down onto its stops.
    """
    if bows:
        return Mode.GETTING_UP
    return Mode.SITTING_DOWN if mode is Mode.SEATED and is_let_down else mode
