# SPDX-License-Identifier: Apache-2.0
"""Tells the stories of the golden runs: what the robot is asked to do, what is done to it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from talus_core.robot import load_robot
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.words.modes import Mode
from talus_description.adopt import adopt
from talus_simulation.mujoco_body.driver import MujocoDriver

from talus_lab.bench.balance.trials.ground import Ground
from talus_lab.bench.balance.trials.stage import Actor
from talus_lab.bench.balance.trials.trial import Setting
from talus_lab.golden.tape import Tape
from talus_lab.rig.checkout import TALUS40_FOLDER
from talus_lab.rig.rig import Rig
from talus_lab.scenario.play import Player
from talus_lab.scenario.rig_stage import RigStage
from talus_lab.scenario.scenario import Scenario, ScenarioEvent

STAIRS_M = 0.10  # height of a stair, within what the robot climbs
STAIRS_MPS = 0.4


@dataclass(frozen=True)
class Take:
    """Holds what one run gave.

    Attributes:
        digest: Hash of every state and command.
        ticks: Control periods that it lasted.
        place: (3,) m of the base in the world at the end, by the simulator.
        upright: Cosine of the base's tilt at the end.
        ending: Stop level and mode at the end, in words.
    """

    digest: str
    ticks: int
    place: tuple[float, float, float]
    upright: float
    ending: str


def _taken(tape: Tape, driver: MujocoDriver, ending: str) -> Take:
    truth = driver.ground_truth()
    x, y, z = (round(float(value), 3) for value in truth.position)
    upright = round(float(matrix_from_quat_xyzw(truth.quat_xyzw)[2, 2]), 3)
    return Take(tape.digest, tape.ticks, (x, y, z), upright, ending)


def _scenario(
    posture: str, events: tuple[ScenarioEvent, ...], seconds: float, seed: int
) -> Callable[[Path], Take]:
    """Return a story of the whole loop: driver, last gate, supervisor and balance."""

    def tell(robot: Path) -> Take:
        stage = RigStage(load_robot(robot), seed)
        body = stage.rig.driver
        assert isinstance(body, MujocoDriver)  # the rig's own
        tape = Tape(body)
        player = Player(stage, posture, seed)
        player.reach()
        scenario = Scenario("golden", events, posture, seconds=seconds)
        outcome = player.play(scenario)
        mode = stage.rig.balance.controller.mode.name.lower()
        return _taken(tape, body, f"worst R{outcome.worst_level}, {mode}, {outcome.verdict}")

    return tell


def _stairs(robot: Path) -> Take:
    """Climb stairs that it sees: depth images, map of the ground, step planner, whole body."""
    setting = Setting(
        seed=3, ground=Ground("stairs", STAIRS_M, 3), sees=True, velocity=(0.0, 0.0, 0.0)
    )
    actor = Actor(load_robot(robot), setting)
    tape = Tape(actor.rig.driver)
    actor.warm_up()
    actor.command((STAIRS_MPS, 0.0, 0.0))
    actor.advance(4.0)
    return _taken(tape, actor.rig.driver, actor.rig.mode.name.lower())


def _foreign(robot: Path) -> Take:
    """Try to stand up in a body whose parts were found in an MJCF file, with gains scaled to it."""
    with tempfile.TemporaryDirectory() as folder:
        guest = Path(folder, "guest")
        adopt(robot / f"{robot.name}.xml", guest)
        world = robot.parent / "worlds" / "flat.xml"
        rig = Rig(load_robot(guest), world, seed=2, model_error=True, is_gated=False)
        tape = Tape(rig.driver)
        rig.run_until(Mode.STANDING, 5.0)
        rig.velocity = np.array([0.3, 0.0, 0.1])
        rig.run_to(rig.time + 2.0)
        return _taken(tape, rig.driver, rig.mode.name.lower())


STORIES: dict[str, Callable[[Path], Take]] = {
    "stand": _scenario("double_support", (ScenarioEvent("operator.walk", 0.0),), 1.0, 0),
    "walk": _scenario(
        "walking",
        (ScenarioEvent("operator.walk", 0.5, severity=0.8), ScenarioEvent("operator.walk", 2.0)),
        3.5,
        1,
    ),
    "shove": _scenario(
        "walking",
        (ScenarioEvent("push", 0.3, "left", 45.0), ScenarioEvent("push", 1.2, "behind", 45.0)),
        2.5,
        2,
    ),
    "stairs": _stairs,
    "fall": _scenario("double_support", (ScenarioEvent("push", 0.2, "front", 120.0),), 2.5, 4),
    "stop": _scenario("walking", (ScenarioEvent("operator.stop", 0.2),), 6.0, 5),
    "loaded": _scenario("loaded", (ScenarioEvent("operator.safe_stand", 0.2),), 1.0, 6),
    "balance_dies": _scenario("walking", (ScenarioEvent("process.kill", 0.1, "balance"),), 6.0, 7),
    "knee_dies": _scenario("double_support", (ScenarioEvent("drive.off", 0.1, "l_knee"),), 6.0, 8),
    "imu_stuck": _scenario("walking", (ScenarioEvent("imu.stuck", 0.1),), 3.0, 9),
    "foreign_robot": _foreign,
}


def tell(name: str) -> tuple[str, float, Take]:
    """Play a story; return its name, s of CPU time that it took, and what it gave."""
    started = time.process_time()
    take = STORIES[name](TALUS40_FOLDER)
    return name, time.process_time() - started, take
