# SPDX-License-Identifier: Apache-2.0
"""Walks the road of training with a tiny network: it learns, goes on, is exported, is scored.

Runs where PyTorch is installed, as in CI: see conftest.py.
"""

import copy
from itertools import islice

import numpy as np
import pytest
import torch
from talus_models.network import OnnxNetwork
from talus_perception.data.frames import Pair, WorldRange, world_pairs
from talus_perception.evaluation.baseline import PlaceBaseline
from talus_perception.evaluation.evaluate import evaluate
from talus_perception.heads import ALL_HEADS, make_heads
from talus_perception.model import EyesError, load_eyes
from talus_perception.network.layers import FoldedConvolution, fold
from talus_perception.network.network import EyesNetwork, output_names
from talus_perception.network.trunk import TrunkConfig
from talus_perception.training.batches import make_batch
from talus_perception.training.card import ModelBundle, card_path, write_bundle
from talus_perception.training.checkpoint import (
    CHECKPOINT_NAME,
    LIMIT_BYTES,
    CheckpointError,
    TrainingState,
    write_checkpoint,
)
from talus_perception.training.commands import trunk
from talus_perception.training.export import export_network
from talus_perception.training.loop import Trainer, TrainingConfig
from talus_perception.words import CAMERA_FAULTS
from talus_perception.worlds.figures import load_figures
from talus_perception.worlds.world import HELD_OUT, TRAINING

pytestmark = pytest.mark.sim
STEPS = 120  # of the tiny network: its loss has fallen
GMAC_LIMIT = 0.35


def tiny(folder, **changes) -> TrainingConfig:
    settings = {"passes": 16 * STEPS, "minutes": 1e6, "pool": 90, "first": 60, "warm_up": 20}
    return TrainingConfig(folder=folder, network=trunk(is_tiny=True), **(settings | changes))


def some_pairs(split: str, worlds: int) -> list[Pair]:
    source = world_pairs(WorldRange(0, split), load_figures())
    return [pair for _, pairs in islice(source, worlds) for pair in pairs]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A tiny training, and its lines."""
    folder = tmp_path_factory.mktemp("eyes")
    lines: list[str] = []
    trainer = Trainer(tiny(folder))
    trainer.run(lines.append)
    return trainer, lines


def test_a_tiny_network_learns_and_is_scored_beside_a_blind_guess(trained, tmp_path):
    """It does not beat the guess yet: see the limits in docs/training.md."""
    trainer, _ = trained
    assert trainer.state.curve[-1][1] < trainer.state.curve[0][1]
    bundle = ModelBundle(tmp_path, "tiny", "test", "test")
    manifest = write_bundle(bundle, export_network(trainer.average), trainer.state)
    guess = PlaceBaseline(some_pairs(TRAINING, 2))
    result = evaluate(load_eyes(manifest), some_pairs(HELD_OUT, 2), guess, lambda text: None)
    for name, value in result.baseline.items():
        assert np.isfinite([value, result.summary[name]]).all(), name


def test_the_time_it_takes_is_forecast_before_the_first_step(trained):
    _, lines = trained
    assert lines[1].startswith("forecast: ") and f"{16 * STEPS} passes left" in lines[1]


def test_a_training_goes_on_where_it_stopped(trained):
    trainer, _ = trained
    again = Trainer(trainer.config)
    assert again.state == trainer.state
    assert again.state.passes == 16 * STEPS
    for name, value in trainer.average.state_dict().items():
        assert torch.equal(value, again.average.state_dict()[name]), name
    again.pool.take_in(1)
    assert again.pool.next_world > trainer.state.next_world  # no world twice


def test_equal_seeds_learn_alike(tmp_path):
    losses = []
    for name in ("a", "b"):
        trainer = Trainer(tiny(tmp_path / name, pool=8, first=8, pairs=2))
        trainer.pool.take_in(8)
        losses.append([trainer.step() for _ in range(2)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_a_checkpoint_of_another_network_is_refused(trained):
    trainer, _ = trained
    with pytest.raises(CheckpointError, match="no checkpoint of this network"):
        Trainer(TrainingConfig(folder=trainer.config.folder, network=TrunkConfig()))


def test_the_checkpoint_is_small_enough_to_be_committed(tmp_path):
    network = EyesNetwork(make_heads(TrunkConfig()), TrunkConfig())
    path = tmp_path / CHECKPOINT_NAME
    write_checkpoint(path, network, copy.deepcopy(network), TrainingState(0))
    assert path.stat().st_size < LIMIT_BYTES


@pytest.fixture(scope="module")
def exported():
    torch.manual_seed(0)
    return export_network(EyesNetwork(make_heads(TrunkConfig()), TrunkConfig()))


def test_one_pass_gives_all_heads_within_the_budget(exported):
    assert len(ALL_HEADS) >= 10
    assert len(exported.outputs) >= 48
    assert exported.gmac <= GMAC_LIMIT
    assert [tensor.name for tensor in exported.outputs] == output_names(
        EyesNetwork(make_heads(TrunkConfig()), TrunkConfig())
    )
    assert {f"health_{fault}" for fault in CAMERA_FAULTS} <= {t.name for t in exported.outputs}


def test_a_folded_convolution_does_what_its_branches_did():
    torch.manual_seed(0)
    branched = torch.nn.Sequential(FoldedConvolution(3, 8, 2), FoldedConvolution(8, 8))
    picture = torch.rand(2, 3, 32, 32)
    for _ in range(5):
        branched(picture)  # statistics that are not those of the beginning
    branched.eval()
    with torch.no_grad():
        assert torch.allclose(fold(copy.deepcopy(branched))(picture), branched(picture), atol=1e-5)


def test_the_bundle_is_read_by_its_manifest_and_refused_where_changed(exported, tmp_path):
    state = TrainingState(7, passes=3200, next_world=12, cpu_seconds=7200.0, curve=((3200, 9.5),))
    manifest = write_bundle(ModelBundle(tmp_path, "eyes", "abc", "train"), exported, state)
    eyes = load_eyes(manifest)
    OnnxNetwork(eyes.model)  # hash, names, shapes and types
    assert eyes.model.training.seed == 7
    card = card_path(manifest).read_text()
    for said in ("3200 pictures", "2.00 CPU hours", "seed 7", "CC0", "Apache-2.0", "## Limits"):
        assert said in card, said
    manifest.write_text(manifest.read_text().replace("last_features", "last_picture", 1))
    with pytest.raises(EyesError, match="they must be"):
        load_eyes(manifest)


def test_every_loss_is_finite_and_leads_somewhere():
    torch.manual_seed(0)
    network = EyesNetwork(make_heads(trunk(is_tiny=True)), trunk(is_tiny=True))
    rng = np.random.default_rng(0)
    batch = make_batch(some_pairs(TRAINING, 2), rng, faulty_share=0.3)
    loss, parts = network.loss(network(batch.pictures), batch)
    loss.backward()
    assert set(parts) == {head.name for head in ALL_HEADS}
    assert all(np.isfinite(value) for value in parts.values())
    for name, weights in network.named_parameters():
        assert weights.grad is not None and torch.isfinite(weights.grad).all(), name
