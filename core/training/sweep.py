"""Sweeps are lists of configs; the local engine trains them here, one after another."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..config import TrainConfig
from ..errors import ExplorerError

if TYPE_CHECKING:
    from ..runs import Run


def sweep_configs(
    base: TrainConfig,
    *,
    models: Sequence[str],
    activations: Sequence[str],
    seeds: Sequence[int],
    settings: dict[str, Sequence[Any]] | None = None,
) -> list[TrainConfig]:
    """Return one config per combination of model, activation, setting and seed; seeds vary fastest."""
    settings = settings or {}
    names = list(settings)
    return [
        base.replace(model=model, activation=activation, seed=seed, **dict(zip(names, values, strict=True)))
        for model, activation in itertools.product(models, activations)
        for values in itertools.product(*settings.values())
        for seed in seeds
    ]


def run_sweep(
    configs: Iterable[TrainConfig], *, report: Callable[[str], None] = print, stop_on_error: bool = False
) -> list["Run"]:
    """Train every config that has no finished run in its runs_dir yet, resuming the interrupted; return the runs.

    A run that fails is reported and the sweep goes on, unless `stop_on_error`. Unknown names and options are told before
    anything is trained.
    """
    from ..runs import RunStore
    from ..runs.record import portable_config
    from .loop import check_names, train

    runs: list[Run] = []
    configs = [portable_config(config) for config in configs]
    for config in {config.group(): config for config in configs}.values():
        check_names(config)
    for number, config in enumerate(configs, start=1):
        label = f"[{number}/{len(configs)}] {config.model} {config.activation_label} seed {config.seed}"
        store = RunStore(config.runs_dir)
        same = [run for run in store.runs() if run.info.get("config_hash") == config.hash()]
        done = next((run for run in same if run.status == "succeeded"), None)
        if done is not None:
            report(f"{label}: already there as {done.id}")
            runs.append(done)
            continue
        paused = next((run for run in same if run.status == "interrupted"), None)
        report(f"{label}: {'resuming ' + paused.id if paused else 'training'}")
        try:
            runs.append(train(config, resume=paused.path if paused else None))
        except ExplorerError as error:
            if stop_on_error:
                raise
            report(f"{label}: failed. {error}")
    return runs
