# SPDX-License-Identifier: Apache-2.0
"""Fits a multilayer perceptron in numpy with Adam, on one core, from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

# Kingma and Ba, "Adam", ICLR 2015.
ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-8

Layer = tuple[np.ndarray, np.ndarray]  # weights (m, n) and bias (m,)


@dataclass(frozen=True)
class FitConfig:
    """Defines how a perceptron is fitted.

    Attributes:
        hidden: Units of each hidden layer.
        epochs, batch: Passes over the data, samples per step.
        rate: Adam's at the start; falls to 0 with half a cosine.
    """

    hidden: tuple[int, ...] = (64, 64)
    epochs: int = 150
    batch: int = 256
    rate: float = 3e-3


class Perceptron:
    """Computes y = W_k tanh(... tanh(W_1 x + b_1) ...) + b_k.

    Attributes:
        layers: Weights (m, n) and bias (m,) of each layer.
    """

    def __init__(self, layers: Sequence[Layer]):
        self.layers = list(layers)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return the outputs (k, n) for inputs (k, m)."""
        return _forward(self.layers, values)[-1]


def fit(
    inputs: np.ndarray, outputs: np.ndarray, config: FitConfig, seed: int
) -> tuple[Perceptron, float]:
    """Fit by least squares over all outputs, each over its own spread.

    Args:
        inputs: (k, m).
        outputs: (k, n).
        config: How it is fitted.
        seed: Seed of first weights and order.

    Returns:
        The network, and the root of the mean square that is left, as part of the outputs' spread.
    """
    random = np.random.default_rng(seed)
    x, x_mean, x_spread = _normal(inputs)
    y, y_mean, y_spread = _normal(outputs)
    layers = _first_layers((x.shape[1], *config.hidden, y.shape[1]), random)
    steps = config.epochs * max(len(x) // config.batch, 1)
    moments = [tuple(np.zeros((2, *part.shape)) for part in layer) for layer in layers]
    for step in range(steps):
        chosen = random.integers(len(x), size=config.batch)
        gradients = _gradients(layers, x[chosen], y[chosen])
        rate = 0.5 * config.rate * (1.0 + np.cos(np.pi * step / steps))
        for layer, gradient, moment in zip(layers, gradients, moments, strict=True):
            _adam(layer, gradient, moment, rate, step + 1)
    error = float(np.sqrt(np.mean((_forward(layers, x)[-1] - y) ** 2)))
    return Perceptron(_unnormal(layers, (x_mean, x_spread), (y_mean, y_spread))), error


def _normal(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean = values.mean(axis=0)
    spread = np.maximum(values.std(axis=0), 1e-6)
    return (values - mean) / spread, mean, spread


def _unnormal(
    layers: list[Layer], x: tuple[np.ndarray, np.ndarray], y: tuple[np.ndarray, np.ndarray]
) -> list[Layer]:
    """Return layers that do between the given numbers what these do between normal ones."""
    x_mean, x_spread = x
    y_mean, y_spread = y
    weights, bias = layers[0]
    layers = [(weights / x_spread, bias - weights @ (x_mean / x_spread)), *layers[1:]]
    weights, bias = layers[-1]
    return [*layers[:-1], (y_spread[:, np.newaxis] * weights, y_spread * bias + y_mean)]


def _first_layers(sizes: Sequence[int], random: np.random.Generator) -> list[Layer]:
    """Draw weights of variance 1 / inputs (LeCun)."""
    return [(random.standard_normal((m, n)) / np.sqrt(n), np.zeros(m)) for n, m in pairwise(sizes)]


def _forward(layers: list[Layer], values: np.ndarray) -> list[np.ndarray]:
    """Return the values after each layer, the inputs first."""
    passed = [values]
    for weights, bias in layers[:-1]:
        passed.append(np.tanh(passed[-1] @ weights.T + bias))
    weights, bias = layers[-1]
    return [*passed, passed[-1] @ weights.T + bias]


def _gradients(layers: list[Layer], inputs: np.ndarray, outputs: np.ndarray) -> list[Layer]:
    """Return the gradient of half the mean square by weights and bias of each layer."""
    passed = _forward(layers, inputs)
    error = (passed[-1] - outputs) / len(inputs)
    gradients: list[Layer] = []
    for place in range(len(layers) - 1, -1, -1):
        gradients.insert(0, (error.T @ passed[place], error.sum(axis=0)))
        error = (error @ layers[place][0]) * (1.0 - passed[place] ** 2)
    return gradients


def _adam(layer: tuple, gradient: tuple, moments: tuple, rate: float, step: int) -> None:
    first, second = ADAM_BETAS
    for part, slope, (mean, square) in zip(layer, gradient, moments, strict=True):
        mean += (1.0 - first) * (slope - mean)
        square += (1.0 - second) * (slope**2 - square)
        part -= (
            rate
            * (mean / (1.0 - first**step))
            / (np.sqrt(square / (1.0 - second**step)) + ADAM_EPSILON)
        )
