# SPDX-License-Identifier: Apache-2.0
"""Runs the network on pictures of several cameras; each has its own picture before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from talus_models.network import OnnxNetwork

from talus_perception.model import EyesModel, check_for_robot, load_eyes
from talus_perception.seeing.decode import Outputs

# s between two pictures beyond which the older one says nothing of motion: training knew 0.25.
LONGEST_GAP_S = 0.6


class Sight:
    """Holds one session, and what it kept of the newest picture of each camera.

    Attributes:
        eyes: What the model says of itself.
        looks: Pictures that went through.
    """

    def __init__(self, eyes: EyesModel):
        """Open the network. Raises EyesError where it is not what its manifest says."""
        check_for_robot(eyes)
        self.eyes = eyes
        self.looks = 0
        self._network = OnnxNetwork(eyes.model)
        self._names = [tensor.name for tensor in eyes.model.outputs]
        self._blank = np.zeros(eyes.model.inputs[1].shape, np.float32)
        self._kept: dict[str, tuple[float, np.ndarray]] = {}

    def look(self, camera: str, picture: np.ndarray, time: float) -> Outputs:
        """Return all tensors for a picture (rows, columns, 3) uint8 taken at `time`, s."""
        before, features = self._kept.get(camera, (-np.inf, self._blank))
        if not 0.0 < time - before <= LONGEST_GAP_S:
            features = self._blank
        values = self._network.run_all(picture[None], features)
        outputs = Outputs(dict(zip(self._names, values, strict=True)))
        self._kept[camera] = (time, outputs.tensors["features"])
        self.looks += 1
        return outputs


def open_sight(manifest: str | Path) -> Sight:
    """Return the network of a manifest. Raises EyesError with one line that says what is wrong."""
    return Sight(load_eyes(manifest))
