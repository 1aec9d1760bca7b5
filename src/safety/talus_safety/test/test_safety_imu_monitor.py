# SPDX-License-Identifier: Apache-2.0
"""The IMU's monitor finds each fault after its ticks, not before, and leaves a sound IMU alone."""

import numpy as np
import pytest
from safety_samples import N
from talus_safety.kernel.judge import imu_monitor
from talus_safety.kernel.judge.imu_monitor import ImuMonitor


def imu(monitor: ImuMonitor, samples, moving: bool = True) -> list[str]:
    return [monitor.step(list(sample), np.full(N, 0.01 * moving)) for sample in samples]


def test_imu_that_repeats_itself_is_stuck_if_it_has_noise_and_the_robot_moves():
    noise = 0.1 * np.random.default_rng(0).normal(size=(imu_monitor.IMU_DITHER_SAMPLES, 6))
    monitor = ImuMonitor()
    said = imu(monitor, [*noise, *[noise[-1]] * imu_monitor.IMU_STUCK_TICKS])
    assert said[-2:] == ["", "it is stuck"] and set(said[:-1]) == {""}
    assert imu(monitor, noise)[-1] == "it is stuck", "it stays known"
    monitor.forget()
    assert set(imu(monitor, [*noise, *[noise[-1]] * 100], moving=False)) == {""}
    assert set(imu(ImuMonitor(), [*noise[1:], *[noise[-1]] * 100])) == {""}


@pytest.mark.parametrize("axis, allowed", [(0, 2.0), (2, 2.0), (3, 80.0), (5, 80.0)])
def test_imu_that_jumps_from_tick_to_tick(axis, allowed):
    def zigzag(size: float) -> list[str]:
        samples = np.random.default_rng(0).normal(size=(5, 6)) * 1e-6
        samples[1::2, axis] += size
        return imu(ImuMonitor(), samples)

    assert set(zigzag(0.99 * allowed)) == {""}
    assert zigzag(1.01 * allowed) == ["", "", "it jumps", "it jumps", "it jumps"]
    samples = np.zeros((9, 6))
    samples[3:, axis] = 2.0 * allowed
    samples[:, 1] += np.arange(9) * 1e-3
    assert set(imu(ImuMonitor(), samples)) == {""}, "one jump is an impact"
    steps = np.repeat(np.zeros((4, 6)), 2, axis=0)
    steps[2:4, axis] = steps[6:8, axis] = 2.0 * allowed
    assert set(imu(ImuMonitor(), steps)) == {""}, "a slow IMU repeats itself between two"


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_imu_that_turns_fast_or_feels_much_does_not_jump(side):
    steady = side * np.array([9.0, 9.0, 9.0, 200.0, 200.0, 200.0])
    samples = steady + 1e-3 * np.random.default_rng(0).normal(size=(20, 6))
    assert set(imu(ImuMonitor(), samples)) == {""}
    at_bound = np.zeros((9, 6))
    at_bound[1::2] = side * np.repeat(imu_monitor.IMU_JUMP_RADPS_AND_MPS2, 3)
    assert set(imu(ImuMonitor(), at_bound)) == {""}


def test_imu_that_the_supervisor_does_not_believe():
    monitor = ImuMonitor()
    monitor.distrust()
    assert imu(monitor, np.eye(6))[-1] == "it contradicts the legs"


def test_imu_that_says_nothing_but_zero_is_off():
    monitor = ImuMonitor()
    said = imu(monitor, [np.ones(6), *[np.zeros(6)] * (imu_monitor.IMU_OFF_TICKS + 1)])
    assert said[-2:] == ["", "it is off"]
