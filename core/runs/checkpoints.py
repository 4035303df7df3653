"""checkpoints/epoch_0010.safetensors: a state dict, with the config, the ties and how to build the network as metadata.

A Parameter that several modules share is stored under every one of its names; the names that belong together are listed in the
metadata. The loader checks that their values agree, and ties them again.
"""

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import TrainConfig
from ..errors import ExplorerError, RunError
from .files import plain, write_bytes
from .layout import CHECKPOINTS, checkpoint_epoch, checkpoint_name

if TYPE_CHECKING:
    from torch import Tensor, nn

Ties = list[list[str]]

#: What `make_model` needs besides the numbers of classes and channels; a config may hold them.
BUILD_KEYS = ("model", "activation", "sharing", "activation_options", "shortcut", "library", "stem", "aux")


def checkpoint_epochs(run_folder: Path) -> list[int]:
    """Return the epochs whose checkpoints a run keeps, in order."""
    names = (path.name for path in (run_folder / CHECKPOINTS).glob("*.safetensors"))
    return sorted(epoch for epoch in map(checkpoint_epoch, names) if epoch is not None)


def checkpoint_path(run_folder: Path, epoch: int) -> Path:
    """Return where the checkpoint of `epoch` is or would be."""
    return run_folder / CHECKPOINTS / checkpoint_name(epoch)


def write_checkpoint(path: Path, model: "nn.Module", config: dict[str, Any], epoch: int, build: dict[str, Any] | None) -> None:
    """Write the state dict of `model`, on the CPU, in the values' own precision; `build`: see `build_arguments`."""
    from safetensors.torch import save

    state = {name: t.detach().cpu().clone().contiguous() for name, t in model.state_dict().items()}
    metadata = {
        "format": "activation-explorer checkpoint 1",
        "epoch": str(epoch),
        "config": json.dumps(plain(config)),
        "build": json.dumps(build),
        "ties": json.dumps(ties(model)),
    }
    path.parent.mkdir(exist_ok=True)
    write_bytes(path, save(state, metadata))


def build_arguments(model: "nn.Module", config: dict[str, Any]) -> dict[str, Any] | None:
    """Return the arguments with which `build_model` builds this architecture; None if it is not one that is known."""
    from ..models.build import expected_shapes

    if not isinstance(config.get("model"), str) or "activation" not in config:
        return None
    arguments = {key: plain(config[key]) for key in BUILD_KEYS if config.get(key) is not None} | ends(model)
    try:
        expected = expected_shapes(arguments)
    except (ExplorerError, TypeError, AttributeError):  # a name that is not ours, or values of another kind
        return None
    return arguments if expected == {n: tuple(t.shape) for n, t in model.state_dict().items()} else None


def ends(model: "nn.Module") -> dict[str, int]:
    """Return `in_channels` of the first convolution and `num_classes` of the last linear layer, where there are such."""
    from torch import nn

    modules = list(model.modules())
    first = next((m.in_channels for m in modules if isinstance(m, nn.Conv2d)), None)
    last = next((m.out_features for m in reversed(modules) if isinstance(m, nn.Linear)), None)
    found = {"in_channels": first, "num_classes": last}
    return {key: value for key, value in found.items() if value is not None}


def ties(model: "nn.Module") -> Ties:
    """Return the groups of state-dict names that are one tensor."""
    groups: dict[int, list[str]] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        groups.setdefault(id(tensor), []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def read_checkpoint(path: Path) -> tuple[dict[str, "Tensor"], dict[str, str]]:
    """Return the tensors of a .safetensors file, on the CPU, and its metadata."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise RunError(f"{path} cannot be read as safetensors: {error}.") from None


def checkpoint_config(path: Path) -> TrainConfig:
    """Return the TrainConfig in a checkpoint file's metadata; raise RunError if the file comes from elsewhere."""
    values = embedded_config(read_checkpoint(path)[1])
    if values is not None:
        with contextlib.suppress(ValueError, TypeError, AttributeError):
            return TrainConfig.from_dict(values)
    raise RunError(f"{path} does not say with which config it was trained; it comes from another program.")


def build_network(path: Path) -> "nn.Module":
    """Return the network of a checkpoint file, on the CPU, in evaluation mode, shared parameters shared again.

    Raises:
        RunError: the file is damaged, its network is not one of ours, or parameters that are shared differ in it.
    """
    from ..models.build import build_model

    state, metadata = read_checkpoint(path)
    build = embedded_build(metadata)
    if build is None:
        raise RunError(
            f"{path} holds a network that is not one of ours, so it cannot be built from its config. Build it yourself, "
            "then load the weights: network.load_state_dict(load_checkpoint_file(path))."
        )
    try:
        model = build_model(build, generator=_generator())
    except (TypeError, AttributeError, RuntimeError) as error:  # RuntimeError: more memory than there is
        raise RunError(f"{path} was made with arguments that make_model does not know: {error}.") from None
    restore(model, state, stored_ties(metadata, state), path)
    return model.eval()


def embedded_build(metadata: dict[str, str]) -> dict[str, Any] | None:
    """Return how to build the network, as the metadata of one of our checkpoint files say; None for any other file."""
    build = _json(metadata, "build")
    return build if isinstance(build, dict) and "model" in build else None


def embedded_config(metadata: dict[str, str]) -> dict[str, Any] | None:
    """Return the config in the metadata of one of our checkpoint files, in plain types; None where there is none."""
    values = _json(metadata, "config")
    return values if isinstance(values, dict) else None


def restore(model: "nn.Module", state: dict[str, "Tensor"], file_ties: Ties, path: Path) -> None:
    """Load `state` into `model`, checking the shared parameters of both the file and the network, and tying the file's."""
    check_ties(state, [*file_ties, *ties(model)], path)
    expected = model.state_dict()
    _check_names(expected, state, path)
    wrong = [name for name, tensor in state.items() if tensor.shape != expected[name].shape]
    if wrong:
        raise RunError(f"{path} does not fit the network: {_some(wrong)} have another shape.")
    for names in filter(None, file_ties):
        _tie(model, names)
    model.load_state_dict(state)


def check_ties(state: dict[str, "Tensor"], groups: Ties, path: Path) -> None:
    """Raise RunError, naming the parameters, if tensors that are one shared parameter differ."""
    for names in groups:
        present = [name for name in names if name in state]
        different = [name for name in present if not _equal(state[name], state[present[0]])]
        if different:
            raise RunError(
                f"{path} is damaged: {present[0]} and {_some(different)} are one shared parameter, but their values differ."
            )


def prune_checkpoints(run_folder: Path, keep: Iterable[int]) -> None:
    """Remove every checkpoint but those of the epochs `keep`."""
    for epoch in set(checkpoint_epochs(run_folder)) - set(keep):
        checkpoint_path(run_folder, epoch).unlink(missing_ok=True)


def epochs_to_keep(epochs: Iterable[int], *, best: int | None, every: int = 0) -> set[int]:
    """Return which of `epochs` to keep: the best, the last, and with `every` > 0 each k-th."""
    epochs = sorted(epochs)
    keep = {epoch for epoch in epochs if every > 0 and epoch % every == 0}
    return keep | set(epochs[-1:]) | {epoch for epoch in epochs if epoch == best}


def _equal(a: "Tensor", b: "Tensor") -> bool:
    """Return whether two tensors have the same type, shape and values, NaN where the other has NaN."""
    import torch

    return a.dtype == b.dtype and a.shape == b.shape and torch.allclose(a, b, rtol=0, atol=0, equal_nan=True)


def stored_ties(metadata: dict[str, str], state: dict[str, "Tensor"]) -> Ties:
    """Return the names that are one shared parameter, as the metadata of one of our checkpoint files say."""
    groups = _json(metadata, "ties")
    groups = groups if isinstance(groups, list) else []
    return [[n for n in group if isinstance(n, str) and n in state] for group in groups if isinstance(group, list)]


def _tie(model: "nn.Module", names: list[str]) -> None:
    owner, _, name = names[0].rpartition(".")
    shared = getattr(model.get_submodule(owner), name)
    for other in names[1:]:
        owner, _, name = other.rpartition(".")
        setattr(model.get_submodule(owner), name, shared)


def _check_names(expected: Iterable[str], found: Iterable[str], path: Path) -> None:
    missing, extra = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    parts = [f"missing: {_some(missing)}"] * bool(missing) + [f"not in the network: {_some(extra)}"] * bool(extra)
    if parts:
        raise RunError(f"{path} does not fit the network ({'; '.join(parts)}).")


def _some(names: list[str], at_most: int = 4) -> str:
    rest = len(names) - at_most
    return ", ".join(names[:at_most]) + (f" and {rest} more" if rest > 0 else "")


def _json(metadata: dict[str, str], key: str) -> Any:
    try:
        return json.loads(metadata.get(key, "null"))
    except (ValueError, RecursionError):
        return None


def _generator() -> Any:
    """The weights drawn from it are replaced at once; what counts is that the global generator stays where it is."""
    import torch

    return torch.Generator().manual_seed(0)
