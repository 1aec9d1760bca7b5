# SPDX-License-Identifier: Apache-2.0
"""Gives the joints dry friction that holds: a short, stiff bristle that slides when bent too far.

Gazebo's own is a row of its solver for each joint, at half its speed. The model is the
elasto-plastic one of P. Dupont et al., *Single state elastoplastic friction models*, IEEE
Transactions on Automatic Control 47, 2002, with a bristle that does not bend before it slides.
"""

from __future__ import annotations

import numpy as np

# Of a bristle on the least inertia that the joint can have: stiffness times step^2, and damping
# times step, over the inertia. An explicit step is stable while the first plus twice the second is
# below 4; a joint that is let go swings once and rests.
BRISTLE_STIFFNESS = 0.25
BRISTLE_DAMPING = 0.5
# Of a viscous brake, likewise: above it an explicit brake would turn the joint back.
BRAKE_DAMPING = 0.5


class DryFriction:
    """Resists the motion of all joints, by their angles and speeds after each physics step."""

    def __init__(self, inertia: np.ndarray, step: float):
        """Take the joints' rotor inertia (n,), kg m^2, all above 0, and the physics step, s."""
        self._stiffness = BRISTLE_STIFFNESS * inertia / step**2
        self._damping = BRISTLE_DAMPING * inertia / step
        self._brake_limit = BRAKE_DAMPING * inertia / step
        self._anchor: np.ndarray | None = None

    def restart(self) -> None:
        """Let all bristles stand straight at the next angles."""
        self._anchor = None

    def torque(
        self, position: np.ndarray, velocity: np.ndarray, dry: np.ndarray, viscous: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what acts on the joints, (n,), N m: of dry friction, and of viscous brakes.

        Args:
            position, velocity: (n,) rad, rad/s.
            dry: (n,) most that dry friction can bear, N m.
            viscous: (n,) damping of the brakes, N m s/rad.
        """
        if self._anchor is None:
            self._anchor = position.copy()
        most_bent = dry / self._stiffness
        bent = np.clip(position - self._anchor, -most_bent, most_bent)
        self._anchor = position - bent
        held = np.clip(-self._stiffness * bent - self._damping * velocity, -dry, dry)
        return held, -np.minimum(viscous, self._brake_limit) * velocity
