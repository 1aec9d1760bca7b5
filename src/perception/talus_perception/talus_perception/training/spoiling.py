# SPDX-License-Identifier: Apache-2.0
"""Spoils rendered pictures as cameras do: exposure, colour, blur, vignette, noise, and faults."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch.nn import functional

from talus_perception.words import CAMERA_FAULTS

FAULTY_SHARE = 0.12  # of the pictures, shared by the faults
MEAN_LEVEL = 0.42  # that an automatic exposure aims at
NOISE_BANK = 2_000_000  # numbers: eight pictures
TRUST_EXPOSURE = 0.75  # how much of the way there it goes


@dataclass(frozen=True)
class Spoiled:
    """Holds pictures (batch, 3, rows, columns), 0 to 1, and which fault each has (batch, 5)."""

    pictures: torch.Tensor
    faults: torch.Tensor


def spoil(
    pictures: np.ndarray, rng: np.random.Generator, faulty_share: float = FAULTY_SHARE
) -> Spoiled:
    """Return pictures (batch, rows, columns, 3) uint8, in pairs, as cameras would give them."""
    planes = torch.from_numpy(pictures).permute(0, 3, 1, 2).to(torch.float32) / 255.0
    faults = np.zeros((len(planes), len(CAMERA_FAULTS)), np.float32)
    out = []
    for pair in range(len(planes) // 2):
        look = _Look(rng)
        both = [look.apply(planes[2 * pair + i], rng) for i in range(2)]
        for i in range(2):
            if rng.random() < faulty_share:
                fault = int(rng.integers(len(CAMERA_FAULTS)))
                if CAMERA_FAULTS[fault] == "frozen":  # both are the same picture
                    both[1 - i] = both[i]
                    faults[2 * pair : 2 * pair + 2] = 0.0
                    faults[2 * pair : 2 * pair + 2, fault] = 1.0
                    break
                both[i] = FAULTS[CAMERA_FAULTS[fault]](both[i], rng)
                faults[2 * pair + i, fault] = 1.0
        out += both
    return Spoiled(torch.stack(out), torch.from_numpy(faults))


class _Look:
    """Holds what a camera keeps from one frame to the next."""

    def __init__(self, rng: np.random.Generator):
        self._gamma = float(np.exp(rng.normal(0.0, 0.2)))
        self._trim = float(np.exp(rng.normal(0.0, 0.25)))
        self._tint = torch.from_numpy(np.exp(rng.normal(0.0, 0.08, (3, 1, 1))).astype(np.float32))
        self._grey = float(rng.random() < 0.05)
        self._blur = float(rng.choice((0.0, 0.0, 0.5, 0.8)))
        self._streak = int(rng.choice((0, 0, 0, 2, 3, 5)))
        self._is_level = bool(rng.random() < 0.7)
        self._vignette = float(rng.choice((0.0, rng.uniform(0.0, 0.5))))
        self._noise = float(rng.choice((0.003, 0.01, 0.03)))

    def apply(self, plane: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """Return one picture (3, rows, columns) through this camera."""
        level = float(plane.mean())
        gain = (MEAN_LEVEL / max(level, 0.02)) ** TRUST_EXPOSURE
        plane = (plane * min(gain, 6.0) * self._trim * self._tint).clamp(0.0, 1.0)
        if abs(self._gamma - 1.0) > 0.1:
            plane = plane**self._gamma
        if self._grey:
            plane = plane.mean(0, keepdim=True).expand(3, -1, -1)
        if self._streak:
            size = (1, self._streak) if self._is_level else (self._streak, 1)
            plane = _blurred(plane, size)
        if self._blur:
            plane = _soft(plane, self._blur)
        if self._vignette:
            plane = plane * (1.0 - self._vignette * _from_centre(plane))
        return (plane + self._noise * _noise(plane, rng) * (0.5 + plane)).clamp(0.0, 1.0)


@cache
def _noise_bank() -> torch.Tensor:
    """Return normal numbers that are drawn once: drawing them for each picture takes longest."""
    return torch.from_numpy(np.random.default_rng(0).standard_normal(NOISE_BANK, np.float32))


def _noise(plane: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    start = int(rng.integers(NOISE_BANK - plane.numel()))
    return _noise_bank()[start : start + plane.numel()].reshape(plane.shape)


def _blurred(plane: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    kernel = torch.full((3, 1, *size), 1.0 / (size[0] * size[1]))
    pads = (size[1] // 2, (size[1] - 1) // 2, size[0] // 2, (size[0] - 1) // 2)
    padded = functional.pad(plane[None], pads, mode="replicate")
    return functional.conv2d(padded, kernel, groups=3)[0]


def _soft(plane: torch.Tensor, sigma: float) -> torch.Tensor:
    """Return a picture blurred by three taps each way; a lens that is a little out of focus."""
    side = float(np.exp(-0.5 / sigma**2))
    taps = torch.tensor([side, 1.0, side]) / (1.0 + 2.0 * side)
    padded = functional.pad(plane[None], (1, 1, 1, 1), mode="replicate")
    across = functional.conv2d(padded, taps.expand(3, 1, 1, 3).contiguous(), groups=3)
    return functional.conv2d(across, taps[:, None].expand(3, 1, 3, 1).contiguous(), groups=3)[0]


def _from_centre(plane: torch.Tensor) -> torch.Tensor:
    rows = torch.linspace(-1, 1, plane.shape[1])[:, None]
    columns = torch.linspace(-1, 1, plane.shape[2])
    return (rows**2 + columns**2) / 2


def _black(plane: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    dim = plane * float(rng.uniform(0.0, 0.04))
    return (dim + 0.01 * _noise(plane, rng)).clamp(0.0, 1.0)


def _blurry(plane: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    side = int(rng.integers(11, 30))
    for _ in range(2):
        plane = _blurred(_blurred(plane, (side, 1)), (1, side))
    return plane


def _blocked(plane: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Cover most of the picture by something near and out of focus."""
    rows, columns = plane.shape[1:]
    tilt = float(rng.uniform(-0.5, 0.5))
    push = float(rng.uniform(-0.3, 0.1))
    along = torch.linspace(-1, 1, columns) + tilt * torch.linspace(-1, 1, rows)[:, None]
    if rng.random() < 0.5:
        along = -along
    if rng.random() < 0.2:
        push = -2.0
    cover = ((along - push) * 8.0).sigmoid()
    shade = torch.from_numpy(rng.uniform(0.0, 0.7, (3, 1, 1)).astype(np.float32))
    return plane * (1 - cover) + shade * cover


def _over_exposed(plane: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    return (plane * float(rng.uniform(3.5, 9.0)) + 0.15).clamp(0.0, 1.0)


FAULTS = {
    "black": _black,
    "blurred": _blurry,
    "blocked": _blocked,
    "over_exposed": _over_exposed,
}
