"""Runs that differ in nothing but the seed belong together: groups, their labels, and what differs between runs."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..config import FORMULA, PLACE_FIELDS, TrainConfig, config_hash, split_activation

if TYPE_CHECKING:
    from ..runs import Run

#: How papers write the names of the registry.
TITLES = {
    "relu": "ReLU", "leaky_relu": "LeakyReLU", "prelu": "PReLU", "rrelu": "RReLU", "elu": "ELU", "celu": "CELU",
    "selu": "SELU", "silu": "SiLU", "swish": "Swish", "gelu": "GELU", "mish": "Mish", "softplus": "Softplus",
    "pelu": "PELU", "identity": "Identity", "coslu": "CosLU", "delu": "DELU", "relun": "ReLUN", "shilu": "ShiLU",
    "scaled_softsign": "ScaledSoftSign", "lincomb": "LinComb", "norm_lincomb": "NormLinComb", "sinlu": "SinLU",
    "helu": "HELU", "eelu": "EELU", "erelu": "EReLU", "eprelu": "EPReLU", "mpelu": "MPELU", "apalu": "APALU",
    "pdrelu": "PD-ReLU", "formula": "Formula",
}  # fmt: skip
#: Characters of a formula in a label.
LONGEST_FORMULA = 48
#: Statuses from the most to the least useful, where two runs share configuration and seed.
_USEFUL = ("succeeded", "running", "interrupted", "failed")


@dataclass(frozen=True)
class Group:
    """Runs of one configuration.

    `runs` holds one run per seed, so that n counts independent runs; `repeats` are the ids of runs that repeat a seed of this
    configuration and are left out (the same seed gives the same numbers). `label` says only what differs from the other groups.
    """

    key: str
    label: str
    runs: tuple["Run", ...]
    repeats: tuple[str, ...] = ()


def activation_title(name: str) -> str:
    """Return the name as papers write it: "coslu" is "CosLU"; unknown names stay as they are."""
    return TITLES.get(name, name)


def config_title(config: dict[str, Any]) -> str:
    """Return the title of a configuration's activation; of a formula the formula itself, shortened if it is long.

    A mapping from site patterns to names is written as "layer3.*: ReLU, *: CosLU".
    """
    activation = config.get("activation", "unknown activation")
    if isinstance(activation, dict):
        return ", ".join(f"{pattern}: {_title_of(str(text), {})}" for pattern, text in activation.items())
    return _title_of(str(activation), config.get("activation_options") or {})


def site_title(config: dict[str, Any], activation: str) -> str:
    """Return the title of the activation at one site of a run; of a formula the formula itself, if the run has but one."""
    named = config.get("activation")
    if activation != FORMULA or not isinstance(named, dict):
        return _title_of(activation, config.get("activation_options") or {})
    titles = {_title_of(str(text), {}) for text in named.values() if str(text).partition(":")[0] == FORMULA}
    return titles.pop() if len(titles) == 1 else activation_title(FORMULA)


def _title_of(text: str, options: Mapping[str, Any]) -> str:
    """Return the title of an activation written as in a config; `options` are those that stand beside it there."""
    if text.partition(":")[0] != FORMULA:
        return activation_title(text)
    formula = {**options, **split_activation(text)[1]}.get(FORMULA)
    if not isinstance(formula, str):
        return activation_title(FORMULA)
    return formula if len(formula) <= LONGEST_FORMULA else f"{formula[: LONGEST_FORMULA - 1].rstrip()}…"


def config_fields(run: "Run") -> dict[str, Any]:
    """Return what was run, without the place it ran on: a flat dict that includes the seed."""
    config = run.config
    values = config.to_dict() if isinstance(config, TrainConfig) else dict(config)
    return {k: v for k, v in values.items() if k not in PLACE_FIELDS}


def group_key(run: "Run") -> str:
    """Return 12 hex digits that runs share when their configurations differ in nothing but the seed."""
    return config_hash({k: v for k, v in config_fields(run).items() if k != "seed"})


def make_groups(runs: Iterable["Run"]) -> list[Group]:
    """Return the groups of `runs`, in the order in which they first appear."""
    members: dict[str, list[Run]] = {}
    for run in runs:
        members.setdefault(group_key(run), []).append(run)
    labels = _labels({key: config_fields(group[0]) for key, group in members.items()})
    groups = []
    for key, group in members.items():
        kept = _one_per_seed(group)
        repeats = tuple(run.id for run in group if run.id not in {k.id for k in kept})
        groups.append(Group(key, labels[key], tuple(kept), repeats))
    return groups


def differences(runs: Sequence["Run"]) -> pd.DataFrame:
    """Return the configuration fields that differ between `runs`: one row per run id, one column per field.

    A field that some runs do not record counts as different only if the others disagree. Lists and dicts are shown as JSON.
    """
    configs = {run.id: config_fields(run) for run in runs}
    fields = _differing(list(configs.values()))
    rows = [[_plain(config.get(f)) for f in fields] for config in configs.values()]
    return pd.DataFrame(rows, columns=fields, index=pd.Index(list(configs), name="run_id"), dtype=object)


def _one_per_seed(runs: Sequence["Run"]) -> list["Run"]:
    best: dict[Any, Run] = {}
    for run in runs:
        seed = config_fields(run).get("seed")
        key = run.id if seed is None else seed
        if key not in best or _usefulness(run) > _usefulness(best[key]):
            best[key] = run
    kept = {run.id for run in best.values()}
    return [run for run in runs if run.id in kept]


def _usefulness(run: "Run") -> tuple[int, str]:
    rank = _USEFUL.index(run.status) if run.status in _USEFUL else len(_USEFUL)
    return -rank, run.id  # ids begin with the date: of equals, the newest


def _labels(configs: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return a label for each group key: model and activation where they differ, and the other fields that do.

    A field at its default goes unsaid where it does not tell apart groups of the same model and activation.
    """
    fields = [f for f in _differing(list(configs.values())) if f != "seed"]
    titles = {key: _title(config, fields) for key, config in configs.items()}
    labels = {}
    for key, config in configs.items():
        needed = _differing([other for k, other in configs.items() if titles[k] == titles[key]])
        labels[key] = " · ".join([titles[key], *_settings(config, fields, needed)])
    clashes = {label for label in labels.values() if list(labels.values()).count(label) > 1}
    return {key: f"{label} · {key[:4]}" if label in clashes else label for key, label in labels.items()}


def _title(config: dict[str, Any], fields: Sequence[str]) -> str:
    parts = [str(config["model"])] if "model" in fields and config.get("model") else []
    title = config_title(config)
    options = {k: v for k, v in (config.get("activation_options") or {}).items() if k != FORMULA}
    if "activation_options" in fields and options:
        title += f" ({', '.join(f'{k} {v}' for k, v in sorted(options.items()))})"
    return " · ".join([*parts, title])


def _settings(config: dict[str, Any], fields: Sequence[str], needed: Sequence[str]) -> list[str]:
    """Return the other `fields` in words: those `needed`, and those away from their default."""
    usual = {f.name: json.dumps(f.default, default=str) for f in dataclasses.fields(TrainConfig)}
    rest = [f for f in fields if f not in ("model", "activation", "activation_options") and config.get(f) is not None]
    rest = [f for f in rest if f in needed or json.dumps(config[f]) != usual.get(f)]
    return [str(_plain(config[f])) if f == "dataset" else f"{f.replace('_', ' ')} {_plain(config[f])}" for f in rest]


def _differing(configs: Sequence[dict[str, Any]]) -> list[str]:
    fields = list(dict.fromkeys(f for config in configs for f in config))
    return [f for f in fields if len({json.dumps(c[f], sort_keys=True) for c in configs if f in c}) > 1]


def _plain(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, list | tuple | dict) else value
