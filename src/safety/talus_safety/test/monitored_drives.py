# SPDX-License-Identifier: Apache-2.0
"""A robot whose drives do what they are told, and the monitor that judges them."""

import numpy as np
from safety_samples import PERIOD, ROBOT, N, command, state
from talus_safety.kernel.judge.drive_monitor import DriveMonitor
from talus_safety.kernel.limits import MonitorConfig
from talus_safety.kernel.measure.body import Body

BODY = Body(ROBOT)
LIMITS = ROBOT.limits
KNEE, ELBOW = ROBOT.joint_names.index("l_knee"), ROBOT.joint_names.index("r_elbow")
HOLD = command()
EXACT = HOLD.with_(
    kp=np.zeros(N), kd=np.zeros(N)
)  # torque alone, so that a bound can be met to the bit


class Drives:
    """A monitor and a robot whose drives do what they are told, with noise."""

    def __init__(self, noise: float = 1e-4, robot=ROBOT):
        self.monitor = DriveMonitor(robot, BODY, PERIOD, MonitorConfig())
        self.random, self.noise, self.tick = np.random.default_rng(1), noise, 0

    def step(self, sent=HOLD, **changes):
        self.tick += 1
        position = changes.get("position", HOLD.position + self.noise * self.random.normal(size=N))
        velocity = changes.get("velocity", np.zeros(N))
        effort = HOLD.kp * (HOLD.position - position) - HOLD.kd * velocity
        told = state(
            self.tick, **{"position": position, "velocity": velocity, "effort": effort, **changes}
        )
        self.monitor.step(told, sent)
        return self.monitor

    def run(self, ticks: int, **inputs):
        for _ in range(ticks):
            self.step(**inputs)
        return self.monitor


def found(monitor: DriveMonitor) -> tuple[str, ...]:
    findings = monitor.findings
    return findings.encoder, findings.leg or findings.locked, findings.arm, findings.runaway


def with_(base: np.ndarray, joint: int, value: float) -> np.ndarray:
    changed = np.array(base, dtype=float)
    changed[joint] = value
    return changed


def settled(noise: float = 1e-4) -> Drives:
    drives = Drives(noise)
    assert found(drives.run(100)) == ("", "", "", "")
    return drives
