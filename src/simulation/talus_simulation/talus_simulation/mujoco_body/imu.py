# SPDX-License-Identifier: Apache-2.0
"""Sense angular velocity and specific force of the base as an IMU does: as means over a tick."""

from __future__ import annotations

import mujoco
import numpy as np
from talus_core.driver import DriverError
from talus_core.rotations import skew


class Imu:
    """Averages angular velocity and specific force over a tick (delta-angle, delta-v).

    Good IMUs do the same. The mean specific force is the change of the IMU's velocity over the tick
    less gravity, seen from the mean attitude. It is right also when the robot is set down or struck
    within the tick, where a point sample would miss or overstate it.

    Attributes:
        base_qpos, base_qvel: MuJoCo's generalised position (7,) and velocity (6,) of the base.
        angular_velocity, linear_acceleration: (3,) rad/s, m/s^2 of the last tick, in the IMU.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, site: str):
        self._gravity = model.opt.gravity.copy()
        body = int(model.site_bodyid[model.site(site).id])
        root = model.body_jntadr[model.body_weldid[body]]
        if root < 0 or model.jnt_type[root] != mujoco.mjtJoint.mjJNT_FREE:
            raise DriverError(f"frame '{site}' must be fixed to the floating base of the robot")
        qpos_at = model.jnt_qposadr[root]
        dof_at = model.jnt_dofadr[root]
        self.base_qpos = data.qpos[qpos_at : qpos_at + 7]
        self.base_qvel = data.qvel[dof_at : dof_at + 6]
        position, self._rotation_to_base = _pose_in_base(model, site)
        self._lever = -skew(position)  # w x p = -[p]x w
        self.restart()

    def restart(self) -> None:
        """Begin anew, at rest."""
        self._turned = np.zeros(3)
        self._steps = 0
        self._rotation = _matrix(self.base_qpos[3:7])
        self._velocity = self._velocity_of(self._rotation)
        self.angular_velocity = np.zeros(3)
        self.linear_acceleration = (self._rotation @ self._rotation_to_base).T @ -self._gravity

    def add(self) -> None:
        """Take in a physics step that is done."""
        self._turned += self.base_qvel[3:6]
        self._steps += 1

    def end(self, duration: float) -> None:
        """Average over a tick of `duration` s that is done."""
        rotation = _matrix(self.base_qpos[3:7])
        velocity = self._velocity_of(rotation)
        specific_force = (velocity - self._velocity) / duration - self._gravity
        mean_rotation = 0.5 * (
            self._rotation + rotation
        )  # of a small turn: not quite a rotation, but the mean
        self.linear_acceleration = self._rotation_to_base.T @ (mean_rotation.T @ specific_force)
        self.angular_velocity = self._rotation_to_base.T @ (self._turned / self._steps)
        self._rotation = rotation
        self._velocity = velocity
        self._turned[:] = 0.0
        self._steps = 0

    def _velocity_of(self, rotation: np.ndarray) -> np.ndarray:
        """Return the IMU's velocity in the world now, the base turned by `rotation`, (3,), m/s."""
        return self.base_qvel[:3] + rotation @ (self._lever @ self.base_qvel[3:6])


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
