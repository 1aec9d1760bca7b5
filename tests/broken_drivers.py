# SPDX-License-Identifier: Apache-2.0
"""Drivers that each break one word of the contract, and the facts by which the kit must find it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from talus_core.driver import DriverError
from talus_simulation.mock_body.driver import MockDriver

FACTS: dict[str, set[str]] = {}  # name of the driver -> facts that do not hold of it


def broken(*facts: str):
    """Say which facts do not hold of a driver."""

    def note(driver: type) -> type:
        FACTS[driver.__name__] = {f"test_{fact}" for fact in facts}
        return driver

    return note


@broken("stop_never_raises_whatever_came_before")
class StopsOnlyWhatIsOpen(MockDriver):
    def stop(self):
        if not self._is_open:
            raise DriverError("stop before connect")
        super().stop()


@broken("after_stop_no_drive_gives_torque", "torque_comes_back_with_the_next_command_alone")
class GoesOn(MockDriver):
    def stop(self):
        """Forget to switch off."""


@broken("close_may_come_twice_and_a_closed_bus_opens_again")
class CountsOn(MockDriver):
    def connect(self):
        tick = self._tick
        super().connect()
        self._tick = tick


@broken("a_state_that_was_handed_out_does_not_change")
class HandsOutItsOwnArrays(MockDriver):
    def read(self, now):
        state = super().read(now)
        position = self._position
        velocity = self._velocity
        self._shared = getattr(self, "_shared", position.copy())
        self._shared[:] = position + 1e-3 * velocity + 1e-9 * state.sequence
        return replace(state, position=self._shared)


@broken("states_are_counted_and_stamped_when_they_are_sampled")
class StampsInItsOwnClock(MockDriver):
    def read(self, now):
        return replace(super().read(now), steady_time_ns=round(1e9 * now))


@broken("feet_bear_no_more_than_the_robot_weighs_and_are_pushed_upwards")
class PushesTheGround(MockDriver):
    def read(self, now):
        state = super().read(now)
        return replace(state, foot_wrenches=-state.foot_wrenches)


@broken("at_rest_the_imu_shows_gravity_alone_from_the_first_state_on")
class FeelsNoGravity(MockDriver):
    def read(self, now):
        return replace(super().read(now), linear_acceleration=np.zeros(3))


@broken(
    "a_joint_goes_where_it_is_told_and_the_right_way_round",
    "a_single_drive_that_is_cut_gives_no_torque_until_it_may_again",
    "wrong_sizes_and_nan_are_refused_by_name_and_the_last_command_stays",
)
class TurnsTheOtherWay(MockDriver):
    def write(self, command):
        mirrored = 2.0 * self._start - command.position
        return super().write(command.with_(position=mirrored)).with_(position=command.position)


@broken(
    "no_more_torque_is_sent_or_given_than_a_drive_may_give",
    "whatever_is_commanded_is_refused_or_sent_within_the_limits",
)
class SaysWhatItWasTold(MockDriver):
    def write(self, command):
        super().write(command)
        return command


@broken("what_was_sent_is_returned_as_it_was_wanted_where_the_drives_can")
class ScalesWrongly(MockDriver):
    def write(self, command):
        sent = super().write(command)
        return sent.with_(position=sent.position + 0.01)


@broken(
    "wrong_sizes_and_nan_are_refused_by_name_and_the_last_command_stays",
    "whatever_is_commanded_is_refused_or_sent_within_the_limits",
)
class SwallowsNan(MockDriver):
    def write(self, command):
        numbers = {
            name: np.nan_to_num(np.resize(getattr(command, name), len(self.joint_names)))
            for name in ("position", "velocity", "effort", "kp", "kd")
        }
        return super().write(command.with_(**numbers))


@broken("a_single_drive_that_is_cut_gives_no_torque_until_it_may_again")
class CutsNothing(MockDriver):
    def cut(self, joints):
        """Forget it."""


@broken("the_battery_reports_what_a_pack_can_have")
class HoldsMoreThanItCan(MockDriver):
    def battery(self):
        pack = super().battery()
        return replace(pack, energy=2.0 * pack.capacity)


@broken("the_same_seed_and_commands_give_the_same_states_bit_for_bit")
class RollsDice(MockDriver):
    def read(self, now):
        state = super().read(now)
        return replace(state, effort=state.effort + 1e-9 * np.random.default_rng().normal())


@broken(
    "before_connect_reading_and_writing_are_refused",
    "close_may_come_twice_and_a_closed_bus_opens_again",
)
class OpensByItself(MockDriver):
    def read(self, now):
        self.connect()
        return super().read(now)
