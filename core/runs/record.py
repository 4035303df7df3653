"""run.json: what a run is, from what it was made, and what came of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from ..config import PLACE_FIELDS, TrainConfig, config_hash, join_activation, split_activation
from ..errors import ExplorerError, RunError
from .environment import environment, made_with
from .files import plain, read_json
from .layout import RECORD, SCHEMA_VERSION, STATUSES, now

if TYPE_CHECKING:
    from torch import Tensor, nn

Config = TrainConfig | dict[str, Any]

_REQUIRED = {"schema_version": int, "run_id": str, "status": str, "created": str, "config": dict}
_OPTIONAL = {"results": dict, "chosen": dict, "dataset": dict, "network": dict, "test_uses": list, "times": dict}


def config_dict(config: Config) -> dict[str, Any]:
    """Return the config in plain types."""
    values: dict[str, Any] = plain(config.to_dict() if isinstance(config, TrainConfig) else dict(config), "config")
    return values


@overload
def portable_config(config: TrainConfig) -> TrainConfig: ...
@overload
def portable_config(config: Config) -> Config: ...
def portable_config(config: Config) -> Config:
    """Return the config with every formula that has a name in this process written out, so that another one can read it.

    What a dict of somebody's own holds is free: activations that cannot be read stay as they are. Raises FormulaError for a
    TrainConfig whose formula cannot be read.
    """
    from ..activations import portable

    if isinstance(config, TrainConfig):
        name, options = portable(config.activation, config.activation_options)
        return config.replace(activation=name, activation_options=options)
    activation, given = config.get("activation"), config.get("activation_options")
    if isinstance(activation, dict):
        texts = {site: _portable(text, {}) for site, text in activation.items()}
        return {**config, "activation": {s: join_activation(*pair) if pair else activation[s] for s, pair in texts.items()}}
    pair = _portable(activation, given if isinstance(given, dict) else {})
    return {**config, "activation": pair[0], "activation_options": pair[1]} if pair else config


def _portable(activation: Any, options: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Return a named formula written out; None for anything else."""
    from ..activations import portable

    try:
        given, own = split_activation(activation)
        name, written = portable(given, {**options, **own})
    except (ExplorerError, AttributeError, TypeError):
        return None
    return (name, written) if name != given else None


def hash_and_group(config: Config) -> tuple[str, str]:
    """Return the hash of the experiment, and that of the experiment without its seed: 12 hex digits each."""
    if isinstance(config, TrainConfig):
        return config.hash(), config.group()
    values = {k: v for k, v in config_dict(config).items() if k not in PLACE_FIELDS}
    return config_hash(values), config_hash({k: v for k, v in values.items() if k != "seed"})


def new_record(
    run_id: str,
    config: Config,
    model: "nn.Module | None",
    probe: "Tensor | None",
    dataset: dict[str, Any] | None,
    origin: dict[str, Any] | None,
) -> dict[str, Any]:
    """Return the run.json of a run that begins now."""
    values = config_dict(config)
    digest, group = hash_and_group(config)
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": run_id,
        "status": "running",
        "error": None,
        "created": now(),
        "config_type": "TrainConfig" if isinstance(config, TrainConfig) else "own",
        "config": values,
        "config_hash": digest,
        "group": group,
        "environment": environment(model),
        "dataset": dataset,
        "task": values.get("task", "classification" if isinstance(config, TrainConfig) else None),
        "network": describe_network(model) if model is not None else None,
        "probe_images": len(probe) if probe is not None else 0,
        "results": {},
        "chosen": None,
        "test_uses": [],
        "times": {"started": now(), "finished": None, "resumed": [], "wall_time_s": 0.0},
        "made_with": origin or made_with(),
        "read_only": False,
    }


def describe_network(model: "nn.Module") -> dict[str, Any]:
    """Return numbers of parameters, sites in forward order, and how the activations share their parameters."""
    from ..models import activation_parameters, parameter_count, sites
    from .checkpoints import ends

    found = sites(model)
    sharings = sorted({str(site.module.sharing) for site in found if getattr(site.module, "trainable", False)})
    return {
        "parameters": parameter_count(model),
        "activation_parameters": sum(p.numel() for _, p in activation_parameters(model)),
        "sites": [site.path for site in found],
        "sharing": ", ".join(sharings) or None,
        **ends(model),
    }


def read_record(folder: Path) -> dict[str, Any]:
    """Return a folder's run.json; raise RunError, with the reason as a phrase, if it is none that this release can read."""
    info = read_json(folder / RECORD)
    version = info.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise RunError(f"was written by a newer release (schema version {version}; this one reads up to {SCHEMA_VERSION})")
    missing = [name for name in _REQUIRED if name not in info]
    if missing:
        raise RunError(f"run.json lacks {', '.join(missing)}")
    for name, kind in {**_REQUIRED, **_OPTIONAL}.items():
        if not isinstance(info.get(name), kind) and (name in _REQUIRED or info.get(name) is not None):
            raise RunError(f"run.json: {name} must be of type {kind.__name__}, not {type(info[name]).__name__}")
    if info["status"] not in STATUSES:
        raise RunError(f"run.json: status '{info['status'][:40]}' is none of {', '.join(STATUSES)}")
    read_config(info)
    return info


def read_config(info: dict[str, Any]) -> Config:
    """Return the config of a run.json: a TrainConfig, or the dict of somebody's own loop."""
    if info.get("config_type") != "TrainConfig":
        return dict(info["config"])
    try:
        return TrainConfig.from_dict(info["config"])
    except (ValueError, TypeError, AttributeError) as error:
        raise RunError(f"run.json: config is no TrainConfig: {error}") from None


def activation_label(config: Config) -> str:
    """Return the activation with its options as on the command line; a mapping of patterns as `pattern=name` pairs."""
    if isinstance(config, TrainConfig):
        return config.activation_label
    activation, options = config.get("activation", ""), config.get("activation_options")
    if isinstance(activation, dict):
        return " ".join(f"{pattern}={name}" for pattern, name in activation.items())
    return join_activation(str(activation), options if isinstance(options, dict) else {})
