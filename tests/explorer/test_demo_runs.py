"""The bundled demo runs: complete, small, honest about how they were made."""

import json
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from core.errors import RunError
from core.runs import Run, RunStore
from explorer import noise_tables, tables, what_if_tables
from explorer.demo_sweep import DEMO_RUNS, ROOT, SIZE_LIMIT, demo_configs, half_precision
from explorer.demo_tables import COMPARED

RUNS = RunStore(ROOT / DEMO_RUNS).runs()
IDS = [run.id for run in RUNS]


def what(run: Run) -> tuple[str, str, int]:
    """Return model, activation and seed of a run."""
    config = run.train_config()
    return config.model, config.activation, config.seed


def test_every_config_of_the_sweep_has_exactly_one_run():
    assert Counter(run.info["config_hash"] for run in RUNS) == Counter(config.hash() for config in demo_configs())
    assert Counter(activation for model, activation, _ in map(what, RUNS) if model == "resnet8") == {
        "relu": 5, "coslu": 5, "eelu": 5, "delu": 2, "relun": 2, "apalu": 2, "pdrelu": 2,
    }  # fmt: skip
    assert [what(run) for run in RUNS if what(run)[0] == "resnet20"] == [("resnet20", "coslu", 0)]


def test_they_fit_into_eight_megabytes():
    assert sum(file.stat().st_size for file in (ROOT / DEMO_RUNS).rglob("*") if file.is_file()) <= SIZE_LIMIT == 8_000_000


@pytest.mark.parametrize("run", RUNS, ids=IDS)
def test_a_run_keeps_metrics_all_snapshots_and_predictions(run):
    assert run.status == "succeeded"
    assert re.fullmatch(r"\d{8}-\d{6}-resnet\d+-[a-z]+-s\d-[a-z0-9]{4}", run.id)
    assert run.metrics()["epoch"].tolist() == list(range(1, 11))
    assert run.snapshots().epochs == [(0, s) for s in (0, 1, 2, 4, 8, 16, 32)] + [(e, 55 * e) for e in range(1, 11)]
    for split in ("validation", "test"):
        stored = run.predictions(split)
        hits = float(np.mean(stored["outputs"].argmax(1) == stored["labels"]))
        assert hits == run.info["results"][split]["accuracy"]


@pytest.mark.parametrize("run", RUNS, ids=IDS)
def test_a_run_tells_how_it_was_made_and_names_no_folder_of_a_machine(run):
    assert run.info["made_with"]["command"] == "python -m explorer.demo"
    assert run.read_only
    assert not re.search(r"/(home|root|tmp|work|Users)/", json.dumps(run.info))


@pytest.mark.parametrize("run", RUNS, ids=IDS)
def test_seed_0_keeps_the_chosen_checkpoint_in_float32_and_no_other(run):
    files = sorted(p.relative_to(run.path).as_posix() for p in run.path.rglob("*") if p.is_file())
    assert not [name for name in files if name.startswith(("resume", "lock", "units"))]
    if what(run)[2] != 0:
        assert run.checkpoints() == []
        with pytest.raises(RunError, match="keeps no checkpoints"):
            run.load_model()
        return
    assert run.checkpoints() == [run.chosen_epoch]
    assert {str(tensor.dtype) for tensor in run.load_model().parameters()} == {"torch.float32"}
    with pytest.raises(RunError, match=f"keeps the checkpoint of epoch {run.chosen_epoch}; epoch 3 was not kept"):
        run.load_model(epoch=3)


@pytest.mark.parametrize("activation", ["relu", "coslu"])
def test_five_seeds_reach_four_fifths_of_the_test_images(activation):
    values = [run.info["results"]["test"]["accuracy"] for run in RUNS if what(run)[:2] == ("resnet8", activation)]
    assert len(values) == 5
    assert np.mean(values) >= 0.80


def test_half_precision_changes_no_decision():
    logits = np.random.default_rng(0).normal(8, 0.02, (5000, 10)).astype("float32")
    small = half_precision(logits)
    assert (logits.astype("float16").argmax(1) != logits.argmax(1)).sum() > 50, "plain rounding does"
    assert (small.argmax(1) == logits.argmax(1)).all()
    assert np.abs(small.astype("float32") - logits).max() < 0.02


def test_the_stored_comparison_of_kinds_of_noise_is_matched_and_names_what_it_compares():
    run = next(run for run in RUNS if what(run) == ("resnet8", "eelu", 0))
    table = noise_tables.stored_comparison(compared(), run.snapshots().sites[-1], "strength")
    assert table["network"].str.split(" · ").str[0].tolist() == ["EELU"] * 3 + ["ReLU"] * 2 + ["CosLU"] * 2
    assert table["matched"].all() and (table["deviation"].abs() <= 0.05).all()
    assert set(table["images"]) == {noise_tables.COMPARED_IMAGES} and set(table["passes"]) == {noise_tables.COMPARED_PASSES}


def compared() -> list[noise_tables.Named]:
    """Return the networks of the comparison that the page opens with."""
    found = [next(run for run in RUNS if what(run) == ("resnet8", name, 0)) for name in ("eelu", *COMPARED)]
    return [(run, run.chosen_epoch, tables.short_name(run, run.status, True)) for run in found]


@pytest.mark.full
def test_the_stored_comparison_is_what_is_computed(monkeypatch):
    site = RUNS[0].snapshots().sites[-1]
    stored = noise_tables.stored_comparison(compared(), site, "strength")
    monkeypatch.setattr(noise_tables, "stored_comparison", lambda *_: None)
    computed = noise_tables.comparison(compared(), site, "strength")
    pd.testing.assert_frame_equal(stored, computed, check_dtype=False, rtol=0.02, atol=0.01)


@pytest.mark.full
@pytest.mark.parametrize("kind", ["ablation", "path"])
def test_the_stored_tables_of_what_if_are_what_is_computed(kind, monkeypatch):
    run = next(run for run in RUNS if what(run) == ("resnet8", "coslu", 0))
    arguments = (run.chosen_epoch, what_if_tables.first_instead(run) if kind == "ablation" else None)
    stored = what_if_tables.stored(run, kind, *arguments)
    monkeypatch.setattr(what_if_tables, "stored", lambda *_: None)
    computed = {"ablation": what_if_tables.ablation, "path": what_if_tables.path}[kind](run, *arguments)
    pd.testing.assert_frame_equal(stored, computed, check_dtype=False, rtol=1e-4, atol=1e-4)
