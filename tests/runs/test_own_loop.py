"""Anybody's own loop writes the same folder."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from core.activations import make_activation
from core.errors import RunError
from core.models import make_model
from core.runs import RunStore, RunWriter, load_checkpoint_file
from tests.runs.helpers import images


def test_fifteen_lines_log_an_own_loop(tmp_path: Path) -> None:
    act = make_activation("coslu", sharing="channel", num_channels=4)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), act, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    x, y = images(64), torch.arange(64) % 2
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    config = {"model": "two-layers", "activation": "coslu", "seed": 0, "epochs": 3}
    with RunWriter(tmp_path, config, model, x[:16]) as run:
        run.snapshot()
        for epoch in range(1, 4):
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.epoch(epoch=epoch, step=epoch, train_loss=loss.item())
            run.snapshot()
            run.checkpoint()

    store = RunStore(tmp_path)
    row = store.table().iloc[0]
    assert (row.status, row.model, row.activation, row.sharing) == ("succeeded", "two-layers", "coslu", "channel")
    assert (row.epochs_done, row.epochs_planned, row.chosen_epoch) == (3, 3, 3)
    stored = store[row.name]
    assert stored.metrics()["train_loss"].tolist()[-1] == loss.item()
    snapshots = stored.snapshots()
    assert (snapshots.epochs, snapshots.sites) == ([(0, 0), (1, 1), (2, 2), (3, 3)], ["1"])
    assert snapshots.at(3).parameters["1"]["a"].tolist() == act.a.tolist() != snapshots.at(0).parameters["1"]["a"].tolist()
    assert snapshots.at(3).statistics.images == 16  # type: ignore[union-attr]
    assert stored.checkpoints() == [1, 2, 3]
    with pytest.raises(RunError) as caught:
        stored.load_model()
    path = stored.path / "checkpoints" / "epoch_0003.safetensors"
    assert str(caught.value) == (
        f"{path} holds a network that is not one of ours, so it cannot be built from its config. Build it yourself, "
        "then load the weights: network.load_state_dict(load_checkpoint_file(path))."
    )
    model.load_state_dict(load_checkpoint_file(path))


def test_an_own_loop_around_one_of_our_networks_can_load_it_again(tmp_path: Path) -> None:
    model = make_model("resnet8", "delu", num_classes=5, in_channels=1)
    with RunWriter(tmp_path, {"model": "resnet8", "activation": "delu"}, model) as run:
        run.checkpoint(1)
    assert torch.equal(run.run.load_model()(images()), model.eval()(images()))
    assert json.loads((run.path / "run.json").read_text())["config_type"] == "own"
