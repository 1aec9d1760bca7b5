# SPDX-License-Identifier: Apache-2.0
"""A model is loaded if its manifest tells the truth, and refused in one line if not."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml
from linear_networks import linear_network, sums_and_differences
from talus_models.kinds import ModelError, ModelKind
from talus_models.manifest import load_model, open_manifest, read_model
from talus_models.network import OnnxNetwork

WEIGHTS = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 0.5]])
BIAS = np.array([0.25, -4.0])


class HeadError(ModelError):
    """A head does not fit."""


HEAD = ModelKind("head", HeadError)


def tensor(name: str, size: int) -> dict:
    return {"name": name, "shape": [1, size], "type": "float32"}


def tree(network: bytes) -> dict:
    """Sound, for a linear network in the file `x.onnx`."""
    return {
        "name": "x",
        "about": "A straight line.",
        "licence": "Apache-2.0",
        "training": {"commit": "none", "command": "none", "seed": 0},
        "network": {
            "file": "x.onnx",
            "sha256": hashlib.sha256(network).hexdigest(),
            "input": tensor("observation", 3),
            "output": tensor("action", 2),
        },
    }


def written(folder: Path, network: bytes, said: dict) -> Path:
    """Both files; the manifest's path."""
    (folder / "x.onnx").write_bytes(network)
    path = folder / "x.yaml"
    path.write_text(yaml.safe_dump(said, sort_keys=False))
    return path


def test_a_model_that_fits_answers_what_its_network_answers(tmp_path):
    network = linear_network(WEIGHTS, BIAS)
    model = load_model(written(tmp_path, network, tree(network)))
    assert model.training.seed == 0 and model.inputs[0].shape == (1, 3)
    values = np.array([[1.0, -2.0, 0.5]], dtype=np.float32)
    assert np.allclose(OnnxNetwork(model)(values), values @ WEIGHTS.T + BIAS)


def several(network: bytes) -> dict:
    said = tree(network)
    said["network"] = {
        "file": "x.onnx",
        "sha256": hashlib.sha256(network).hexdigest(),
        "inputs": [tensor("left", 2), tensor("right", 2)],
        "outputs": [tensor("sum", 2), tensor("difference", 2)],
    }
    return said


def test_several_inputs_and_outputs_keep_the_order_of_the_manifest(tmp_path):
    network = sums_and_differences()
    model = load_model(written(tmp_path, network, several(network)))
    left, right = np.array([[1.0, 2.0]], np.float32), np.array([[5.0, 7.0]], np.float32)
    total, difference = OnnxNetwork(model).run_all(left, right)
    assert total.tolist() == [[6.0, 9.0]] and difference.tolist() == [[-4.0, -5.0]]


def test_of_several_tensors_the_wrong_one_is_named(tmp_path):
    network = sums_and_differences()
    said = several(network)
    said["network"]["outputs"][1]["shape"] = [1, 3]
    with pytest.raises(
        ModelError,
        match=r"network.outputs\[1\].shape is \[1, 3\], but the network has \[1, 2\]",
    ):
        OnnxNetwork(load_model(written(tmp_path, network, said)))
    said["network"]["outputs"] = [tensor("sum", 2)]
    with pytest.raises(ModelError, match="the network has 2 outputs; it must have one"):
        OnnxNetwork(load_model(written(tmp_path, network, said)))


def test_another_file_than_the_one_that_was_meant_is_refused_by_its_hash(tmp_path):
    network = linear_network(WEIGHTS, BIAS)
    model = load_model(written(tmp_path, network, tree(network)))
    model.network.write_bytes(linear_network(WEIGHTS, 2.0 * BIAS))
    with pytest.raises(ModelError, match=r"the SHA-256 of x.onnx is \w+..., but network.sha256"):
        OnnxNetwork(model)
    model.network.unlink()
    with pytest.raises(ModelError, match="it must lie beside the manifest"):
        OnnxNetwork(model)


def test_weights_in_another_file_are_refused_since_no_hash_covers_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where the runtime would look for them
    inner = onnx.load_from_string(linear_network(np.zeros((12, 27)), np.zeros(12)))
    onnx.save_model(
        inner, "x.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0
    )
    network = (tmp_path / "x.onnx").read_bytes()
    assert (tmp_path / "weights.bin").stat().st_size > 4 * 12 * 27
    said = tree(network)
    with pytest.raises(ModelError, match=r"x\.onnx is no network that runs: .*weights\.bin"):
        OnnxNetwork(load_model(written(tmp_path, network, said)))


def test_a_type_that_no_model_of_ours_has_is_refused(tmp_path):
    network = linear_network(WEIGHTS, BIAS, onnx.TensorProto.DOUBLE)
    said = tree(network)
    said["network"]["input"]["type"] = said["network"]["output"]["type"] = "tensor(double)"
    with pytest.raises(ModelError, match=r"type is tensor\(double\); it must be float32, float16"):
        OnnxNetwork(load_model(written(tmp_path, network, said)))


def test_a_kind_reads_its_own_entries_and_refuses_in_its_own_words(tmp_path):
    network = linear_network(WEIGHTS, BIAS)
    path = written(tmp_path, network, {**tree(network), "classes": ["floor", "wall"]})
    top = open_manifest(path, HEAD)
    assert read_model(top).kind is HEAD
    with pytest.raises(HeadError, match=r"^head \S+x\.yaml: unknown entry 'classes'"):
        top.refuse_unread()
    assert top.words("classes", ("floor", "wall", "door")) == ("floor", "wall")
    top.refuse_unread()
    with pytest.raises(HeadError, match=r"unknown entry of classes 'wall'"):
        top.words("classes", ("floor",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, r"No such file or directory; it must be the manifest \(YAML\) of a model"),
        ("a: [", "not valid YAML"),
        ("joints", "the file is 'joints'; it must be a mapping"),
        ("training: {}", "without 'training.commit'|without 'network'"),
    ],
)
def test_a_file_that_is_no_manifest_is_one_line(tmp_path, text, said):
    path = tmp_path / "x.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ModelError, match=said) as refusal:
        load_model(path)
    assert "\n" not in str(refusal.value) and str(refusal.value).startswith(f"model {path}: ")
