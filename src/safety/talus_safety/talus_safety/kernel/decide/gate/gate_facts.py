# SPDX-License-Identifier: Apache-2.0
"""Defines the plain facts that the last gate's rules test in one control tick."""

from __future__ import annotations

from dataclasses import dataclass

from talus_safety.kernel.decide.gate.permit import TorquePermit


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
    """Describes in words what is wrong with the body; each text is empty where nothing is.

    Attributes:
        imu: What is wrong with the IMU.
        encoder: What is wrong with an encoder.
        foot: What is wrong with a foot sensor.
        leg: What is wrong with a joint that carries weight.
        leg_locked: Which weight-bearing joint does not turn, so that the robot cannot sit.
        arm: What is wrong with a joint that carries no weight.
    """

    imu: str = ""
    encoder: str = ""
    foot: str = ""
    leg: str = ""
    leg_locked: str = ""
    arm: str = ""


@dataclass(frozen=True, kw_only=True)
class SupplyFacts:
    """Says how much the supply and the windings can still deliver.

    Attributes:
        bus_drop: Share of its own mean by which the bus voltage is lower now.
        torque_left: Share of its peak torque that the `weakest` drive can still give, 0 to 1.
        weakest: Name of that drive's joint; empty where drives do not report it.
    """

    bus_drop: float = 0.0
    torque_left: float = 1.0
    weakest: str = ""


@dataclass(frozen=True, kw_only=True)
class RunawayFacts:
    """Says which joint leaves its envelope of speed, torque and power, and for how long.

    Attributes:
        what: Joint and envelope in words; empty when no joint leaves one.
        lasts_s: Time for which that has lasted, s.
    """

    what: str = ""
    lasts_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class GateFacts:
    """Says what the gate knows in one control tick.

    Attributes:
        permit: The supervisor's newest permit; None before the first.
        permit_age: Age of that permit, counted in control ticks, s.
        commands: How commands arrive.
        bad_ticks: Number of ticks in a row with sensor values that are not finite.
        is_falling: Whether the robot falls and nothing can stop the fall any more.
        faults: What is wrong with the body.
        supply: How much the supply and the windings can still deliver.
        runaway: Which joint leaves its envelope, and for how long.
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
        """Tell whether the supervisor permits torque that is off to come on."""
        return self.permit is not None and self.permit.lets_torque_start

    @property
    def lets_torque_stay(self) -> bool:
        """Tell whether the supervisor permits torque that is on to stay on."""
        return self.permit is not None and self.permit.lets_torque_stay
