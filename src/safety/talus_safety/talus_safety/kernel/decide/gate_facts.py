# SPDX-License-Identifier: Apache-2.0
"""Says what the last gate knows at one tick: plain facts that its rules test."""

from __future__ import annotations

from dataclasses import dataclass

from talus_safety.kernel.decide.permit import TorquePermit


@dataclass(frozen=True, kw_only=True)
class CommandFacts:
    """Says how commands arrive.

    Attributes:
        is_late: No sound command came in time.
        refused_in_row: Commands refused since the last sound one.
        refusal: Why the newest command was refused; empty if it was not.
    """

    is_late: bool = False
    refused_in_row: int = 0
    refusal: str = ""


@dataclass(frozen=True, kw_only=True)
class BodyFaults:
    """Says in words what is wrong with the body; empty where nothing is.

    Attributes:
        imu: The IMU.
        encoder: An encoder.
        foot: A foot sensor.
        leg: A joint that carries.
        leg_locked: A joint that carries and does not turn, so that the robot cannot sit.
        arm: A joint that carries nothing.
    """

    imu: str = ""
    encoder: str = ""
    foot: str = ""
    leg: str = ""
    leg_locked: str = ""
    arm: str = ""


@dataclass(frozen=True, kw_only=True)
class SupplyFacts:
    """Says what supply and windings still carry.

    Attributes:
        bus_drop: Part of the bus voltage's mean by which it is lower now.
        torque_left: Part of its peak that the `weakest` drive can still give.
        weakest: Name of that drive's joint; empty where drives do not say.
    """

    bus_drop: float = 0.0
    torque_left: float = 1.0
    weakest: str = ""


@dataclass(frozen=True, kw_only=True)
class RunawayFacts:
    """Says how joints leave their envelope of speed, torque and power.

    Attributes:
        what: Which joint leaves which envelope; empty when none does.
        lasts_s: Time for which that has lasted, s.
    """

    what: str = ""
    lasts_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class GateFacts:
    """Says what the gate knows at one tick.

    Attributes:
        permit: The supervisor's newest word; None before the first.
        permit_age: Age of that word, counted in control ticks, s.
        commands: How commands arrive.
        bad_ticks: Ticks in a row with sensors that are not finite.
        is_falling: The fall can no longer be stopped.
        faults: What is wrong with the body.
        supply: What supply and windings still carry.
        runaway: How joints leave their envelope.
    """

    permit: TorquePermit | None = None
    permit_age: float = 0.0
    commands: CommandFacts = CommandFacts()
    bad_ticks: int = 0
    is_falling: bool = False
    faults: BodyFaults = BodyFaults()
    supply: SupplyFacts = SupplyFacts()
    runaway: RunawayFacts = RunawayFacts()

    @property
    def lets_torque_start(self) -> bool:
        """Tell whether the supervisor lets torque come on that is off."""
        return self.permit is not None and self.permit.lets_torque_start

    @property
    def lets_torque_stay(self) -> bool:
        """Tell whether the supervisor lets torque stay on."""
        return self.permit is not None and self.permit.lets_torque_stay
