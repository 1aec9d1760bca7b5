# SPDX-License-Identifier: Apache-2.0
"""Find the IMU in a MuJoCo scene, and let it sense the base's motion."""

from __future__ import annotations

import mujoco
import numpy as np
from talus_core.driver import DriverError

from talus_simulation.mean_imu import MeanImu


class Imu:
    """Follows the base of a MuJoCo scene with an IMU that averages over a tick.

    Attributes:
        base_qpos, base_qvel: MuJoCo's generalised position (7,) and velocity (6,) of the base.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, site: str):
        """Find the IMU. Raises DriverError where it is not fixed to the floating base."""
        body = int(model.site_bodyid[model.site(site).id])
        root = model.body_jntadr[model.body_weldid[body]]
        if root < 0 or model.jnt_type[root] != mujoco.mjtJoint.mjJNT_FREE:
            raise DriverError(f"frame '{site}' must be fixed to the floating base of the robot")
        qpos_at = model.jnt_qposadr[root]
        dof_at = model.jnt_dofadr[root]
        self.base_qpos = data.qpos[qpos_at : qpos_at + 7]
        self.base_qvel = data.qvel[dof_at : dof_at + 6]
        self._mean = MeanImu(*_pose_in_base(model, site), model.opt.gravity.copy())
        self.restart()

    @property
    def angular_velocity(self) -> np.ndarray:
        """Angular velocity of the last tick, (3,), rad/s, in the IMU."""
        return self._mean.angular_velocity

    @property
    def linear_acceleration(self) -> np.ndarray:
        """Specific force of the last tick, (3,), m/s^2, in the IMU."""
        return self._mean.linear_acceleration

    @property
    def velocity(self) -> np.ndarray:
        """Velocity of the IMU in the world at the end of the last tick, (3,), m/s."""
        return self._mean.velocity

    def restart(self) -> None:
        """Begin anew, at rest."""
        self._mean.restart(_matrix(self.base_qpos[3:7]), self.base_qvel[:3], self.base_qvel[3:6])

    def add(self) -> None:
        """Take in a physics step that is done."""
        self._mean.add(self.base_qvel[3:6])

    def end(self, duration: float) -> None:
        """Average over a tick of `duration` s that is done."""
        rotation = _matrix(self.base_qpos[3:7])
        self._mean.end(rotation, self.base_qvel[:3], self.base_qvel[3:6], duration)


def _pose_in_base(model: mujoco.MjModel, site: str) -> tuple[np.ndarray, np.ndarray]:
    """Return position (3,) m and rotation (3, 3) of a site in the body that all below is fixed to.

    The site may lie on a body that is fixed to that one, through others.
    """
    place = model.site(site)
    position = place.pos
    rotation = _matrix(place.quat)
    body = int(model.site_bodyid[place.id])
    while body != model.body_weldid[body]:
        turn = _matrix(model.body_quat[body])
        position = model.body_pos[body] + turn @ position
        rotation = turn @ rotation
        body = int(model.body_parentid[body])
    return position, rotation


def _matrix(quat_wxyz: np.ndarray) -> np.ndarray:
    out = np.empty(9)
    mujoco.mju_quat2Mat(out, quat_wxyz)
    return out.reshape(3, 3)
