"""The weights in what a checkpoint file holds: found among nested dicts, freed from the prefixes that wrappers leave."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import RunError
from .contents import Contents
from .foreign import load_checkpoint_file

if TYPE_CHECKING:
    from torch import Tensor

#: Keys under which programs keep the weights, the most wanted first.
PARTS = (
    "state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params",
    "ema", "ema_state_dict", "model_ema", "state_dict_ema",
)  # fmt: skip
#: What DataParallel, Lightning and torch.compile put in front of every name.
_PREFIX = re.compile(r"^(?:(?:module|model|net|network|_orig_mod)\.)+")
_COMPILED = "_orig_mod."
_EPOCHS = ("epoch", "epochs", "last_epoch")


@dataclass(frozen=True, kw_only=True, eq=False)
class Weights:
    """Name -> tensor of one network, and how they were found.

    `part` is the key they lay under ("" for the file itself), `parts` all keys that hold weights; `said` are sentences about
    what was stripped or left out; `epoch` what the file says of itself, None if it says nothing.
    """

    tensors: "dict[str, Tensor]"
    part: str
    parts: tuple[str, ...]
    said: tuple[str, ...]
    epoch: int | None = None

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape."""
        return {name: tuple(tensor.shape) for name, tensor in self.tensors.items()}


def read_weights(contents: Contents, part: str | None = None) -> Weights:
    """Return the weights in a listed file; `part`: the key they lie under, None for the most usual one that is there.

    Raises:
        RunError: the file is refused, holds no weights, or has no such part.
    """
    if contents.refused:
        raise RunError(contents.refused)
    loaded = load_checkpoint_file(contents.path)
    found = _candidates(loaded)
    if not found:
        raise RunError(f"{contents.name} holds no weights: no tensors under names, as model.state_dict() gives them.")
    if part is not None and part not in found:
        raise RunError(f"{contents.name} has no weights under '{part}'; it has them under: {', '.join(map(repr, found))}.")
    chosen = next(iter(found)) if part is None else part
    said = [f"The weights lie under '{chosen}'."] if chosen else []
    others = [name for name in found if name != chosen]
    if others:
        said.append(f"The file holds weights under {', '.join(map(repr, others))} as well; those were not used.")
    tensors, stripped = strip_prefixes(found[chosen])
    if stripped:
        said.append(f"Stripped in front of the names: {', '.join(stripped)}")
    epoch = _epoch(loaded) if contents.kind != "safetensors" else _whole(contents.values.get("epoch"))
    return Weights(tensors=tensors, part=chosen, parts=tuple(found), said=tuple(said), epoch=epoch)


def strip_prefixes(tensors: "dict[str, Tensor]") -> "tuple[dict[str, Tensor], list[str]]":
    """Return the tensors under the names that the network itself gives them, and the prefixes that were taken away.

    Where two names would become one, all stay as they are.
    """
    renamed, stripped = {}, []
    for name, tensor in tensors.items():
        match = _PREFIX.match(name)
        short = name[match.end() :] if match else name
        if match and match[0] not in stripped:
            stripped.append(match[0])
        if _COMPILED in short:
            short = short.replace(_COMPILED, "")
            stripped += [_COMPILED] * (_COMPILED not in stripped)
        if short in renamed:
            return dict(tensors), []
        renamed[short] = tensor
    renamed.pop("n_averaged", None)  # the counter of torch's AveragedModel
    return renamed, stripped


def _candidates(loaded: Any) -> "dict[str, dict[str, Tensor]]":
    """Return the dicts of tensors by their key: "" for the file itself, the usual keys first; of two levels at most."""
    if not isinstance(loaded, dict):
        return {}
    own = _tensors(loaded)
    if own and len(own) >= len(loaded) / 2:
        return {"": own}
    found = {str(key): _tensors(value) for key, value in loaded.items() if isinstance(value, dict) and key != "optimizer"}
    for key, value in loaded.items():
        if isinstance(value, dict) and not found.get(str(key)):
            inner = {f"{key}.{k}": _tensors(v) for k, v in value.items() if isinstance(v, dict) and k in PARTS}
            found |= inner
    kept = {key: tensors for key, tensors in found.items() if tensors}
    rank = {name: place for place, name in enumerate(PARTS)}
    return dict(sorted(kept.items(), key=lambda pair: rank.get(pair[0].rpartition(".")[2], len(rank))))


def _tensors(values: dict[Any, Any]) -> "dict[str, Tensor]":
    from torch import Tensor

    return {key: value for key, value in values.items() if isinstance(key, str) and isinstance(value, Tensor)}


def _epoch(loaded: Any) -> int | None:
    return next((e for key in _EPOCHS if (e := _whole(loaded.get(key))) is not None), None)


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 7:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1_000_000 else None
