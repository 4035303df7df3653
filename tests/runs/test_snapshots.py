from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import RunError
from core.probes import probe_statistics
from core.runs.snapshots import Snapshots, write_snapshot
from tests.runs.helpers import images, network


def test_parameters_come_back_under_the_name_of_every_site(tmp_path: Path) -> None:
    model = network("coslu")
    with torch.no_grad():
        model.get_submodule("layer2.0.act1").a.fill_(1.75)
    write_snapshot(tmp_path, model, images(), epoch=3, step=237)
    snapshot = Snapshots(tmp_path).at(3)
    assert (snapshot.epoch, snapshot.step, len(snapshot.sites)) == (3, 237, 7)
    for site in snapshot.sites:
        module = model.get_submodule(site)
        assert {n: v.tolist() for n, v in snapshot.parameters[site].items()} == {
            n: getattr(module, n).tolist() for n in ("a", "b")
        }
    table = Snapshots(tmp_path).parameters()
    row = table[(table.site == "layer2.0.act1") & (table.parameter == "a")].iloc[0]
    assert (row.epoch, row.step, row.channel, row.value) == (3, 237, -1, 1.75)


def test_shared_parameters_are_stored_for_every_site(tmp_path: Path) -> None:
    model = network("coslu", sharing="network")
    with torch.no_grad():
        model.get_submodule("act").a.fill_(2.5)
    write_snapshot(tmp_path, model, None, 1, 1)
    table = Snapshots(tmp_path).parameters()
    assert table[table.parameter == "a"].value.tolist() == [2.5] * 7


def test_channel_parameters_have_their_channel(tmp_path: Path) -> None:
    model = network("coslu", sharing="channel")
    with torch.no_grad():
        model.get_submodule("act").a[5] = 4.0
    write_snapshot(tmp_path, model, None, 0, 0)
    table = Snapshots(tmp_path).parameters()
    stem = table[(table.site == "act") & (table.parameter == "a")]
    assert stem.channel.tolist() == list(range(16))
    assert stem.value.tolist() == model.get_submodule("act").a.tolist()
    assert len(table) == 2 * (3 * 16 + 2 * 32 + 2 * 64)


def test_statistics_come_back_as_they_were_measured(tmp_path: Path) -> None:
    model = network("relu")
    write_snapshot(tmp_path, model, images(), 0, 0)
    stored, measured = Snapshots(tmp_path).at(0).statistics, probe_statistics(model, images())
    assert stored is not None and stored.sites == measured.sites
    for name, array in measured.to_arrays().items():
        again = stored.to_arrays()[name]
        assert again.dtype == array.dtype and np.array_equal(again, array, equal_nan=True), name


def test_densities_integrate_to_one_over_their_bins(tmp_path: Path) -> None:
    write_snapshot(tmp_path, network(), images(), 0, 0)
    table = Snapshots(tmp_path).densities()
    assert len(table) == 7 * 64
    for _, part in table.groupby("site"):
        width = np.diff(part.x.to_numpy())
        assert np.allclose(width, width[0], rtol=1e-4)
        assert np.isclose(part.density.sum() * width[0], 1.0, rtol=1e-3)


def test_epoch_0_is_before_training_and_steps_of_the_first_epoch_are_found_by_step(tmp_path: Path) -> None:
    model = network()
    for epoch, step in [(0, 0), (0, 1), (0, 2), (0, 4), (1, 79), (2, 158)]:
        with torch.no_grad():
            model.get_submodule("act").a.fill_(float(step))
        write_snapshot(tmp_path, model, None, epoch, step)
    snapshots = Snapshots(tmp_path)
    assert snapshots.epochs == [(0, 0), (0, 1), (0, 2), (0, 4), (1, 79), (2, 158)]
    assert [snapshots.at(epoch).step for epoch in (0, 1, 2)] == [0, 79, 158]
    assert snapshots.at(step=4).parameters["act"]["a"] == 4.0
    with pytest.raises(RunError) as caught:
        snapshots.at(5)
    assert str(caught.value) == f"Run {tmp_path.name} has no snapshot of epoch 5; it has those of epochs 0, 1, 2."


@pytest.mark.parametrize("activation", ["relu", "coslu", "delu"])
def test_a_snapshot_of_resnet8_takes_at_most_five_kilobytes(tmp_path: Path, activation: str) -> None:
    path = write_snapshot(tmp_path, network(activation, sharing="layer"), images(200, 28), 1, 79)
    assert path.stat().st_size <= 5_000


def test_damage_is_a_readable_error(tmp_path: Path) -> None:
    path = write_snapshot(tmp_path, network(), None, 1, 79)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(RunError, match=r"epoch_0001_step_000079\.safetensors is damaged: "):
        Snapshots(tmp_path).at(1)


def test_a_run_without_snapshots_gives_empty_tables(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    assert (snapshots.epochs, snapshots.sites) == ([], [])
    assert list(snapshots.parameters()) == ["epoch", "step", "site", "parameter", "channel", "value"]
    assert list(snapshots.densities()) == ["epoch", "step", "site", "x", "density"]


def test_torchs_own_activations_are_stored_too(tmp_path: Path) -> None:
    from torch import nn

    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.PReLU(3), nn.Flatten(), nn.Linear(108, 2), nn.ReLU())
    write_snapshot(tmp_path, model, images(), 0, 0)
    snapshot = Snapshots(tmp_path).at(0)
    assert snapshot.parameters == {"1": {"weight": pytest.approx(np.full(3, 0.25))}, "4": {}}
    assert Snapshots(tmp_path).parameters().channel.tolist() == [0, 1, 2]


@pytest.mark.parametrize("sharing", ["network", "layer", "channel"])
def test_weights_of_a_sum_are_named_by_what_they_weigh(tmp_path: Path, sharing: str) -> None:
    model = network("lincomb", sharing=sharing)
    with torch.no_grad():
        model.get_submodule("act").w[..., 2] = 4.0
    write_snapshot(tmp_path, model, None, 0, 0)
    table = Snapshots(tmp_path).parameters()
    stem = table[(table.site == "act") & (table.parameter == "w.tanh")]
    assert stem.channel.tolist() == (list(range(16)) if sharing == "channel" else [-1])
    assert set(stem.value) == {4.0}
    assert set(table.parameter) == {"w.relu", "w.sigmoid", "w.tanh", "w.softsign"}


def test_which_units_are_dead_is_kept_when_the_config_asks_for_it(tmp_path: Path) -> None:
    model = network("relu")
    write_snapshot(tmp_path, model, images(), 1, 79, units=True)
    stored = Snapshots(tmp_path).at(1).statistics
    measured = probe_statistics(model, images(), units=True)
    assert stored is not None
    for site in measured.sites:
        assert np.array_equal(stored.dead_mask(site), measured.dead_mask(site))
    write_snapshot(tmp_path, model, images(), 2, 158)
    plain = Snapshots(tmp_path).at(2).statistics
    assert plain is not None and plain.dead_mask(0) is None
