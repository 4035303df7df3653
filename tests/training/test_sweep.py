"""Sweeps: every combination once, finished runs are not repeated, interrupted ones go on."""

import pytest

from core.config import TrainConfig
from core.data import ImageDataset
from core.errors import UnknownNameError
from core.training import loop, run_sweep, sweep_configs


def test_every_combination_comes_once_with_seeds_together():
    configs = sweep_configs(
        TrainConfig(),
        models=["resnet8", "resnet20"],
        activations=["relu", "eelu:eps=0.2"],
        seeds=[0, 1],
        settings={"lr": [0.1, 0.2]},
    )
    assert len({config.hash() for config in configs}) == len(configs) == 16
    assert [config.seed for config in configs[:4]] == [0, 1, 0, 1]
    assert len({config.group() for config in configs}) == 8
    assert {str(config.activation_options) for config in configs} == {"{}", "{'eps': 0.2}"}


@pytest.fixture
def on_stripes(monkeypatch, stripes: ImageDataset):
    monkeypatch.setattr(loop, "load_dataset", lambda *args, **options: stripes)


def test_finished_runs_are_not_repeated_and_failures_do_not_stop_the_others(on_stripes, config):
    lines: list[str] = []
    configs = [config.replace(epochs=1, seed=seed) for seed in (0, 1)]
    first = run_sweep(configs, report=lines.append)
    again = run_sweep([*configs, config.replace(epochs=1, lr=1e25)], report=lines.append)
    assert [run.id for run in again] == [run.id for run in first]
    assert "already there" in lines[2]
    assert "failed. The loss is not finite" in lines[-1]


@pytest.mark.parametrize("wrong", [{"activation": "cosul"}, {"model": "resnet9"}, {"dataset": "cifar11"}])
def test_a_wrong_name_anywhere_in_the_list_is_told_before_anything_is_trained(on_stripes, config, wrong, tmp_path):
    with pytest.raises(UnknownNameError, match="Did you mean"):
        run_sweep([config, config.replace(**wrong)], report=lambda line: None)
    assert not list(tmp_path.rglob("run.json"))
