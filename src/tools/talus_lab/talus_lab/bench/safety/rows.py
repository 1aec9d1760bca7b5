# SPDX-License-Identifier: Apache-2.0
"""Lists the 51 faults: what is done to the robot and what must follow, or why not here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from talus_simulation.faults.catalogue import FAULT_KINDS

from talus_lab.scenario.scenario import Expectation, Scenario, ScenarioEvent

BENCH_POSTURES = ("double_support", "single_support", "walking", "transition", "loaded")
STANDING_POSTURES = ("double_support", "transition", "loaded")
MOVING_POSTURES = ("single_support", "walking")
IN_PROCESS = "in process"
NOT_IN_PROCESS = "n/a in process"
ONSET_S = 0.1  # after the posture was reached


@dataclass(frozen=True)
class Row:
    """Describes one fault of the matrix.

    Attributes:
        name: F01 to F51.
        title: The fault in words.
        variants: What happens; the seed picks one.
        expect: What must follow, one for all variants or one for each.
        postures: Postures in which it means something.
        where: It is staged here, or cannot be in one process.
        why: The reason why it cannot.
        seconds: Longest run.
        lockstep: Simulated time waits for the nodes; false: as on hardware.
    """

    name: str
    title: str
    variants: tuple[tuple[ScenarioEvent, ...], ...] = ()
    expect: tuple[Expectation, ...] = (Expectation(),)
    postures: tuple[str, ...] = BENCH_POSTURES
    where: str = IN_PROCESS
    why: str = ""
    seconds: float = 8.0
    lockstep: bool = True

    def scenario(self, posture: str, seed: int) -> Scenario:
        """Return one run of it."""
        number = seed % len(self.variants)
        expect = self.expect[min(number, len(self.expect) - 1)]
        events = self.variants[number]
        return Scenario(self.name, events, posture, expect, seed, self.seconds, self.lockstep)


def one(
    name: str,
    target: str = "",
    severity: float = 0.0,
    duration: float = 0.0,
    at: float = ONSET_S,
) -> tuple[ScenarioEvent, ...]:
    """Return a variant of a single event."""
    return (ScenarioEvent(name, at, target, severity, duration),)


def reacts(
    level: str,
    within_ms: float,
    *,
    after: int = 0,
    may_fall: bool = False,
    seated_within_s: float = 0.0,
) -> tuple[Expectation, ...]:
    """Expect at least this level, in time."""
    return (Expectation(level, within_ms, after, may_fall, seated_within_s),)


def elsewhere(name: str, title: str, why: str) -> Row:
    """Return a fault of a machine, a middleware or a disk: one process cannot stage it."""
    return Row(name, title, where=NOT_IN_PROCESS, why=why)


LEG_JOINTS = ("l_hip_pitch", "r_knee", "l_ankle_pitch", "r_hip_roll")
ARM_THEN_LEG_JOINTS = ("r_shoulder_pitch", *LEG_JOINTS)


class JointVariants(TypedDict):
    """Defines the part of a row that a fault of a drive fills."""

    variants: tuple[tuple[ScenarioEvent, ...], ...]
    expect: tuple[Expectation, ...]


def of_joint(fault: str, within_ms: float) -> JointVariants:
    """Return a fault of a drive of an arm, then of those of a leg, seed by seed."""
    arm = Expectation("R2", within_ms)
    leg = Expectation("R3", within_ms, may_fall=True)
    return {
        "variants": tuple(one(fault, joint) for joint in ARM_THEN_LEG_JOINTS),
        "expect": (arm, leg, leg, leg, leg),
    }


def lossy(
    names: tuple[str, ...], severities: tuple[float, ...]
) -> tuple[tuple[ScenarioEvent, ...], ...]:
    """Return each fault at each severity."""
    return tuple(one(name, "", severity) for severity in severities for name in names)


def from_sides(impulse: float, *sides: str) -> tuple[tuple[ScenarioEvent, ...], ...]:
    """Return a push of so many N s from each side."""
    return tuple(one("push", side, impulse) for side in sides)


RIDE_OUT_S = 5.0  # eight steps: a fall that a fault brings about shows within
SIT_AND_RESET_S = 12.0  # to sit down, then be reset and armed, and not move

FAULT_ROWS: tuple[Row, ...] = (
    Row(
        "F01",
        "balance killed, standing",
        (one("process.kill", "balance"),),
        reacts("R3", 20),
        STANDING_POSTURES,
        lockstep=False,
    ),
    Row(
        "F02",
        "balance killed, on one foot or walking",
        (one("process.kill", "balance"),),
        reacts("R3", 20, may_fall=True),
        MOVING_POSTURES,
        lockstep=False,
    ),
    Row(
        "F03",
        "balance stopped for 200 ms",
        (one("process.stop", "balance", duration=0.2),),
        reacts("R3", 50),
        lockstep=False,
    ),
    Row(
        "F04",
        "perception killed",
        (one("process.kill", "camera"), one("process.kill", "map")),
        reacts("R1", 500),
        lockstep=False,
    ),
    Row(
        "F05",
        "supervisor killed",
        (one("process.kill", "safety"),),
        reacts("R3", 100),
        lockstep=False,
    ),
    elsewhere(
        "F06",
        "driver killed",
        "a simulated body ends with its driver's process: its servos cannot hold it",
    ),
    elsewhere("F07", "exception in a callback", "an executor's fault; in process it is F01"),
    Row(
        "F08",
        "balance hangs, its heartbeat lives",
        (one("process.hang", "balance"),),
        reacts("R2", 200),
        lockstep=False,
    ),
    elsewhere("F09", "processors overloaded", "load on a computer; simulated time does not see it"),
    elsewhere("F10", "disk full", "no disk is in this loop"),
    elsewhere("F11", "restart over stale shared memory", "no middleware is in this loop"),
    Row(
        "F12",
        "messages dropped",
        lossy(("state.drop", "command.drop"), (0.3, 0.1, 0.5)),
        seconds=RIDE_OUT_S,
    ),
    Row(
        "F13",
        "messages late",
        lossy(("state.delayed", "command.delayed"), (0.05, 0.1, 0.2)),
        reacts("R2", 50),
    ),
    Row(
        "F14",
        "duplicate, disorder, replay",
        (one("command.duplicate"), one("command.reorder"), one("command.replay", severity=0.1)),
        (Expectation(), Expectation(), Expectation("refused", 110)),
    ),  # the first old frame comes after 100 ms
    Row(
        "F15",
        "not-a-number in a command",
        (one("command.nan"), one("command.nan", duration=0.004)),
        reacts("refused", 2),
    ),
    Row(
        "F16",
        "joint order swapped while it runs",
        (one("command.wrong"), one("state.wrong")),
        reacts("R2", 50),
    ),
    Row(
        "F17",
        "flood of commands",
        (one("command.flood"), one("command.flood", severity=100.0)),
        seconds=RIDE_OUT_S,
    ),
    Row(
        "F18",
        "partition: driver alone",
        (one("network.partition"),),
        reacts("R2", 100),
        lockstep=False,
    ),
    elsewhere("F19", "node joins late", "discovery is the middleware's"),
    elsewhere("F20", "wall clock jumps", "nothing here reads a wall clock"),
    elsewhere(
        "F21",
        "ROS time frozen or backwards",
        "the clock is the middleware's (over ROS: test_scenario.py)",
    ),
    Row("F22", "tf silent", (one("frames.stop"),), reacts("R1", 300), seconds=RIDE_OUT_S),
    Row("F23", "IMU off", (one("imu.off"),), reacts("R2", 10)),
    Row("F24", "IMU stuck", (one("imu.stuck"),), reacts("R2", 50)),
    Row(
        "F25",
        "IMU biased, garbage, intermittent",
        (
            one("gyroscope.wrong"),
            one("imu.garbage"),
            one("imu.intermittent"),
            one("accelerometer.wrong", severity=4.0),
        ),
        reacts("R2", 100),
    ),
    Row(
        "F26",
        "encoder stuck or jumps",
        (
            one("encoder.stuck", "r_knee"),
            one("encoder.wrong", "l_hip_pitch", 6.28),
            one("encoder.stuck", "l_ankle_pitch"),
            one("encoder.wrong", "r_ankle_roll", 6.28),
        ),
        reacts("R3", 20),
    ),
    Row(
        "F27",
        "foot sensor always or never loaded",
        (one("foot.contact", "left"), one("foot.no_contact", "right")),
        reacts("R2", 100),
    ),
    Row(
        "F28",
        "a camera frozen",
        (one("process.hang", "camera"),),
        reacts("R1", 500),
        lockstep=False,
    ),
    Row(
        "F29",
        "all cameras lost",
        (one("process.kill", "camera"),),
        reacts("R2", 500),
        lockstep=False,
    ),
    elsewhere("F30", "map poisoned", "no map is in this loop"),
    Row("F31", "torque loss", **of_joint("drive.off", 20)),
    Row("F32", "joint locked", **of_joint("drive.stuck", 50)),
    Row(
        "F33",
        "drive overheats",
        (one("drive.overheat", "l_knee"), one("drive.overheat", "r_hip_pitch")),
        reacts("R1", 10000),
        seconds=20.0,
    ),
    Row(
        "F34",
        "bus of one limb dead",
        (one("limb.off", "left_leg"), one("limb.off", "right_arm")),
        reacts("R2", 50),
    ),
    Row(
        "F35",
        "drive reboots",
        tuple(one("drive.reboot", joint) for joint in LEG_JOINTS),
        reacts("R3", 50),
    ),
    Row(
        "F36",
        "runaway",
        (one("command.garbage"), one("drive.runaway", "l_elbow"), one("drive.runaway", "r_knee")),
        (*reacts("R2", 50), *reacts("R2", 50), *reacts("R3", 50)),
    ),
    Row("F37", "bus brownout of 20 %", (one("bus.wrong"),), reacts("R3", 200)),
    Row("F38", "battery empty", (one("battery.drained"),), reacts("R3", 1000)),
    elsewhere("F39", "main computer resets", "as F06"),
    elsewhere("F40", "power cut while writing", "no disk is in this loop"),
    Row(
        "F41",
        "emergency stop, standing",
        (one("operator.stop"),),
        reacts("R3", 24, seated_within_s=3.0),
        STANDING_POSTURES,
    ),
    Row(
        "F42",
        "emergency stop, walking",
        (one("operator.stop"),),
        reacts("R3", 50, seated_within_s=4.0),
        MOVING_POSTURES,
    ),
    Row(
        "F43",
        "emergency stop while it falls",
        tuple(
            (*one("push", side, 120.0), *one("operator.stop", at=ONSET_S + 0.5))
            for side in ("left", "front", "behind")
        ),
        reacts("R4", 20, after=1, may_fall=True),
    ),
    Row(
        "F44",
        "operator's link lost",
        (one("operator.leave", duration=1.2), one("operator.leave")),
        (*reacts("R2", 500), *reacts("R3", 2000)),
    ),
    Row(
        "F45",
        "stop released, old commands go on",
        (
            (
                *one("operator.stop"),
                ScenarioEvent("operator.reset", 8.0),
                ScenarioEvent("operator.arm", 8.1),
            ),
        ),
        (Expectation(after=2, moves=False),),
        seconds=SIT_AND_RESET_S,
    ),
    Row(
        "F46",
        "person comes near",
        (one("person.approach"), one("person.approach", severity=1.0)),
        reacts("R2", 2600),
    ),  # a touch would come after 3 s
    Row("F47", "push of 20 N s", from_sides(20.0, "left", "front", "behind", "right")),
    Row(
        "F48",
        "push nobody survives",
        from_sides(120.0, "left", "front", "behind", "right"),
        reacts("R4", 1000, may_fall=True),
    ),
    elsewhere(
        "F49",
        "change asked for while upright",
        "parameters are the middleware's: every running node refuses (test_graph.py); "
        "there is no updater",
    ),
    Row(
        "F50",
        "two faults",
        (
            (*one("process.kill", "balance"), *one("imu.off", at=ONSET_S + 0.25)),
            (*one("operator.stop"), *one("process.kill", "balance", at=ONSET_S + 0.5)),
            (*one("process.kill", "safety"), *one("command.nan", at=ONSET_S + 0.05)),
            (*one("bus.wrong"), *one("battery.drained", at=ONSET_S + 0.3)),
            (*one("foot.no_contact", "left"), *one("operator.stop", at=ONSET_S + 0.2)),
        ),
        (
            *reacts("R3", 20),
            *reacts("R3", 24),
            *reacts("R3", 100),
            *reacts("R3", 1000),
            *reacts("R3", 224),
        ),
        lockstep=False,
    ),
    elsewhere(
        "F51",
        "a stranger speaks on the command path",
        "one process has no topics; over ROS: ./talus bench safety --impostors",
    ),
)


def _long_walk(seed: int) -> tuple[ScenarioEvent, ...]:
    """Return a minute of an ordinary day: faster, slower, standing, back; ordered by the seed."""
    speeds = (0.5, 0.0, 0.3, -0.2, 0.4, 0.0, 0.2, -0.3, 0.5, 0.0)
    return tuple(
        ScenarioEvent("operator.walk", 6.0 * i, severity=speeds[(i + 3 * seed) % len(speeds)])
        for i in range(len(speeds))
    )


NOMINAL_ROW = Row(
    "nominal",
    "nothing is wrong",
    tuple(_long_walk(seed) for seed in range(10)),
    (Expectation("calm"),),
    seconds=60.0,
)
CATALOGUE_TARGETS = {"encoder": "l_knee", "drive": "l_knee", "limb": "left_leg", "foot": "left"}
CATALOGUE_ROWS = tuple(
    Row(
        kind.name,
        kind.does,
        (one(kind.name, CATALOGUE_TARGETS.get(kind.component, "")),),
        seconds=4.0,
    )
    for kind in FAULT_KINDS
)


def by_name() -> dict[str, Row]:
    """Return all rows by name, those of the catalogue and the nominal one included."""
    return {row.name: row for row in (*FAULT_ROWS, *CATALOGUE_ROWS, NOMINAL_ROW)}
