# SPDX-License-Identifier: Apache-2.0
"""Checks training: gradients, the fit, and files that equal the numbers they are of."""

from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest
from talus_balance.policy.manifest import load_manifest
from talus_core.robot import load_robot
from talus_lab.training import perceptron
from talus_lab.training.__main__ import main
from talus_lab.training.manifest_file import write_manifest
from talus_lab.training.onnx_file import write_onnx
from talus_lab.training.perceptron import FitConfig, Perceptron, fit
from talus_lab.training.stand import StandConfig, stand_manifest, train
from talus_models.manifest import sha256
from talus_models.network import OnnxNetwork

ROBOT = load_robot(Path(__file__).parents[4] / "urdf" / "talus40")
QUICK = FitConfig(hidden=(32,), epochs=150, batch=64)


def some_network(sizes: tuple[int, ...], seed: int = 0) -> Perceptron:
    return Perceptron(perceptron._first_layers(sizes, np.random.default_rng(seed)))


def test_gradients_are_finite_differences():
    random = np.random.default_rng(1)
    network = some_network((3, 5, 4, 2))
    x, y = random.standard_normal((7, 3)), random.standard_normal((7, 2))

    def loss() -> float:
        return 0.5 * float(np.sum((network(x) - y) ** 2)) / len(x)

    for layer, gradients in zip(
        network.layers, perceptron._gradients(network.layers, x, y), strict=True
    ):
        for part, gradient in zip(layer, gradients, strict=True):
            for place in np.ndindex(part.shape):
                values = []
                for step in (1e-6, -1e-6):
                    part[place] += step
                    values.append(loss())
                    part[place] -= step
                assert (values[0] - values[1]) / 2e-6 == pytest.approx(gradient[place], abs=1e-7)


def test_it_learns_a_curve_in_the_units_of_the_data_and_repeats_to_the_bit():
    x = np.random.default_rng(2).uniform(100.0, 104.0, (2000, 1))
    y = np.hstack((1e-3 * np.sin(x), 50.0 + 10.0 * np.cos(x)))
    network, error = fit(x, y, QUICK, seed=3)
    assert error < 0.05
    assert np.sqrt(np.mean((network(x)[:, 0] - y[:, 0]) ** 2)) < 1e-4
    again, _ = fit(x, y, QUICK, seed=3)
    assert np.array_equal(again(x), network(x))


def test_the_files_say_what_the_numbers_say(tmp_path):
    manifest = stand_manifest(ROBOT, tmp_path / "x.yaml", "0" * 40, "command", 7)
    network = some_network((manifest.input.shape[1], 8, len(manifest.joints)))
    file = manifest.model.network
    write_onnx(network, file, manifest.model.name)
    manifest = replace(manifest, model=replace(manifest.model, network_sha256=sha256(file)))
    write_manifest(manifest)
    read = load_manifest(manifest.model.path)
    for said, meant in zip(astuple(read), astuple(manifest), strict=True):
        assert (
            np.allclose(said, meant, atol=1e-6) if isinstance(meant, np.ndarray) else said == meant
        )
    values = (
        np.random.default_rng(4).standard_normal((1, manifest.input.shape[1])).astype(np.float32)
    )
    assert np.allclose(OnnxNetwork(read.model)(values), network(values), atol=1e-5)
    before = file.read_bytes()
    write_onnx(network, file, manifest.model.name)
    assert file.read_bytes() == before


def test_a_round_of_training_learns_from_a_robot_that_stands(tmp_path):
    manifest = stand_manifest(ROBOT, tmp_path / "x.yaml", "0" * 40, "command", 0)
    config = StandConfig(rounds=1, robots=1, seconds=1.0, fit=replace(QUICK, epochs=40))
    ((network, text),) = train(ROBOT, manifest, config, seed=0)
    assert text.startswith("round 1: the policy drove 0 % of the time, 100 samples")
    standing = network(np.array([[0.0, 0.0, -1.0] + 30 * [0.0] + [0.5, 0.5]]))
    assert np.all(np.abs(standing) < manifest.action_limit)


def test_bad_input_is_one_line_and_two(capsys):
    for words, said in (
        (["--seed", "-1"], "--seed -1"),
        (["--out", "/proc/x"], "--out /proc/x"),
        (["--x"], "--help"),
    ):
        assert main(words) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ") and said in error and error.count("\n") == 1
