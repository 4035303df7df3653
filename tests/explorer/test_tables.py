"""The tables behind the pages, from run folders."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.analysis.latents import LatentClouds
from core.errors import ExplorerError
from core.runs import RunStore
from explorer import tables
from explorer.demo_tables import NOISE_PASSES


def test_quantities_over_training_are_those_of_the_snapshots(demo: Path) -> None:
    run = next(r for r in RunStore(demo).runs() if "relu-s0" in r.id)
    table = tables.over_training(run, "dead_units")
    statistics = run.snapshots().at(2).statistics
    row = table[(table["epoch"] == 2) & (table["site"] == "layer2.0.act1")].iloc[0]
    i = list(statistics.sites).index("layer2.0.act1")
    dead, channels = statistics.dead_units[i], statistics.channels[i]
    assert row["value"] == pytest.approx(dead.sum() / (channels * statistics.units[i]))
    assert row["stage"] == "layer2"
    assert sorted(table["epoch"].unique()) == [0, 1, 2, 3]
    assert list(table[table["epoch"] == 0]["position"]) == list(range(7))


def test_an_unknown_quantity_is_refused_with_the_known_ones(demo: Path) -> None:
    with pytest.raises(ExplorerError, match="There is no quantity 'luck'; there are saturated, dead_units"):
        tables.over_training(RunStore(demo).runs()[0], "luck")


def test_stored_tables_are_what_is_computed(demo: Path) -> None:
    run = next(r for r in RunStore(demo).runs() if "eelu" in r.id)
    epoch = run.chosen_epoch or 0
    stored = tables.read_stored(run, tables.stored_name("curves", epoch))
    from core.analysis.curves import snapshot_curves

    pd.testing.assert_frame_equal(stored, snapshot_curves(run, [epoch]), check_dtype=False)
    ids, site = tables.first_images(run), run.snapshots().sites[-1]
    clouds = tables.clouds(run, epoch, site, ids, NOISE_PASSES)
    assert isinstance(clouds, LatentClouds)
    assert sorted(set(clouds.table["image"])) == sorted(ids)
    assert clouds.table["pass"].max() == NOISE_PASSES - 1


def test_a_damaged_stored_table_is_named(demo: Path, tmp_path: Path) -> None:
    run = RunStore(demo).runs()[0]
    run = type(run)(tmp_path / "r", run.info)
    (tmp_path / "r" / "tables").mkdir(parents=True)
    (tmp_path / "r" / "tables" / "curves-3.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(ExplorerError, match=r"curves-3\.parquet cannot be read .* delete it"):
        tables.read_stored(run, "curves-3")


def test_the_first_images_are_of_different_classes(demo: Path) -> None:
    run = RunStore(demo).runs()[0]
    ids = tables.first_images(run)
    stored = run.predictions("validation")
    labels = dict(zip(stored["ids"].tolist(), stored["labels"].tolist(), strict=True))
    assert len(ids) == 6
    assert len({labels[i] for i in ids}) == 6


def test_outcomes_count_what_the_outputs_say(demo: Path) -> None:
    run = RunStore(demo).runs()[0]
    stored, table = run.predictions("validation"), tables.outcomes(RunStore(demo).runs()[0])
    wrong = stored["outputs"].argmax(1) != stored["labels"]
    assert table["wrong"].sum() == wrong.sum() > 0
    assert np.array_equal(np.sort(stored["ids"]), table.index)


@pytest.mark.parametrize(
    ("sharing", "run_id"), [("network", "own-network"), ("channel", "own-channel"), ("layer", "own-deeper")]
)
def test_sharing_is_that_of_the_network(mine: Path, sharing: str, run_id: str) -> None:
    assert tables.sharing(RunStore(mine)[run_id]) == sharing


def test_without_snapshots_nothing_is_known_of_sites(mine: Path) -> None:
    run = RunStore(mine)["own-bare"]
    assert tables.channel_counts(run) == {}
    assert tables.over_training(run, "saturated").empty


def test_differences_are_those_of_the_means(demo: Path) -> None:
    runs = RunStore(demo).runs()
    table = tables.difference_table(runs, "ReLU", "test_accuracy", "chosen").set_index("label")
    accuracy = {r.id: r.info["results"]["test"]["accuracy"] for r in runs}
    means = {a: np.mean([v for k, v in accuracy.items() if f"-{a}-" in k]) for a in ("relu", "coslu", "eelu")}
    assert table.loc["CosLU", "difference"] == pytest.approx(means["coslu"] - means["relu"])
    assert table.loc["EELU", "kind"] == "cannot tell"
    assert table.loc["EELU", "sentence"].startswith("Cannot tell: EELU has one seed.")
    assert "ReLU" not in table.index


def test_names_of_stored_tables_are_safe_in_any_file_system() -> None:
    assert tables.stored_name("clouds", 3, "layer1.0.act2", "../x y") == "clouds-3-layer1.0.act2-.._x_y"
