# SPDX-License-Identifier: Apache-2.0
"""Hashes this machine's arithmetic: two machines that agree in it repeat a run bit for bit."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

import numpy as np
from talus_core.driver import DriverSetup
from talus_core.robot import load_robot
from talus_simulation.mujoco_body.driver import MujocoDriver

NUMERIC_LIBRARIES = ("numpy", "mujoco", "pin", "daqp")
SLUMP_TICKS = 200  # 0.4 s


def numerics(robot: Path) -> str:
    """Return a hash of library versions, numpy's kernels, and a limp body that slumps for 0.4 s."""
    digest = hashlib.blake2b(digest_size=8)
    digest.update(" ".join(f"{name}={version(name)}" for name in NUMERIC_LIBRARIES).encode())
    random = np.random.default_rng(0)
    matrix = random.standard_normal((60, 60))
    vector = random.standard_normal(997)
    results = (
        matrix @ matrix.T,
        np.linalg.solve(matrix, matrix.T),
        np.linalg.norm(vector),
        np.sin(vector),
        np.exp(vector),
        np.arctan2(vector, 0.3),
        vector.sum(),
    )
    for result in results:
        digest.update(np.asarray(result).tobytes())
    driver = MujocoDriver(DriverSetup(load_robot(robot), 0.002, "flat", 0, {}))
    driver.connect()
    for _ in range(SLUMP_TICKS):
        driver.advance()
    digest.update(driver.qpos.tobytes())
    return digest.hexdigest()
