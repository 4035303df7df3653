"""What a training run is made from: one frozen value, written whole into run.json."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .errors import ExplorerError, normalise_name

#: Fields that say where and on what a run was made, not what it is: runs that differ only here are one experiment.
PLACE_FIELDS = (
    "runs_dir", "data_dir", "device", "devices", "num_nodes", "progress", "compile", "checkpoint_every", "snapshot_units",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """One training run.

    The defaults are those of Pishchik's CIFAR networks (SGD, momentum 0.9, weight decay 1e-4, batch 128, lr 0.1), but
    for a cosine schedule, which suits short runs. Lengths are in epochs, rates per optimizer step; shares lie in 0…1.
    """

    model: str = "resnet8"
    """Architecture: resnet8, 14, 20, 26, 32, 44, 56 or 110."""
    activation: str = "relu"
    """Activation by its registry name, with options behind a colon: "eelu:eps=0.2"; or "formula:max(x, a*x),a=0.1"."""
    activation_options: dict[str, Any] = field(default_factory=dict)
    """Options of the activation, such as {"eps": 0.2}."""
    sharing: Literal["network", "layer", "channel"] | None = None
    """Who shares one set of activation parameters; None: the activation's own default."""
    shortcut: Literal["pad", "projection"] = "pad"
    """Shortcut of the ResNets where the shape changes: zero padding (as in the CIFAR networks) or a 1×1 convolution."""
    dataset: str = "fashion-sample"
    """Data set: fashion-sample (bundled), fashion-mnist, mnist, cifar10, or folder (one's own images)."""
    data_dir: str | None = None
    """Folder that holds the data sets; None: the download cache."""
    image_size: int = 32
    """Side of the images in pixels; used by the data set `folder` only."""
    epochs: int = 10
    seed: int = 0
    batch_size: int = 128
    """Images per optimizer step and accumulation part, over all devices."""
    accumulate: int = 1
    """Batches whose gradients are added up before one optimizer step."""
    optimizer: Literal["sgd", "adamw"] = "sgd"
    lr: float = 0.1
    """Learning rate after warm-up."""
    momentum: float = 0.9
    weight_decay: float = 1e-4
    activation_lr_scale: float = 1.0
    """Learning rate of the activation parameters, as a multiple of `lr`."""
    activation_weight_decay: float | None = None
    """Weight decay of the activation parameters; None: `weight_decay`, as published."""
    warmup_epochs: float = 0.0
    """Length of the linear warm-up from 0.1 × lr, in epochs."""
    schedule: Literal["steps", "cosine", "constant"] = "cosine"
    """After warm-up: ×0.1 at each milestone, a cosine to 0, or constant."""
    milestones: tuple[float, ...] = (0.5, 0.72)
    """Where `steps` lowers the rate, as shares of `epochs` (45 and 65 of 90 in Pishchik's set-up)."""
    augmentation: Literal["flip-or-crop", "standard", "none"] = "flip-or-crop"
    """flip-or-crop: a flip, or a crop after padding by 4, as Pishchik; standard: both for every image; none."""
    init: Literal["default", "paper"] = "default"
    """Start of the weights: kaiming normal for inner convolutions, or as the activation's paper says where it does."""
    selection: Literal["best_validation", "last"] = "best_validation"
    """Which checkpoint is the chosen one. Test data never choose."""
    checkpoint_every: int = 0
    """Also keep every k-th epoch's checkpoint; 0: only the best and the last."""
    snapshot_units: bool = False
    """Note in every snapshot which units are dead, a bit each, not only how many of each channel."""
    precision: Literal["32-true", "bf16-mixed"] | None = None
    """Lightning Fabric's precision; None: bf16-mixed on a GPU, 32-true on a CPU."""
    compile: bool = True
    """Fuse the activations' code with torch.compile where a compiler is found."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    devices: int = 1
    num_nodes: int = 1
    progress: bool = True
    """Show progress bars on stderr."""
    runs_dir: str = "runs"
    """Folder in which the run folder is made."""

    def __post_init__(self) -> None:
        name, options = split_activation(self.activation)
        object.__setattr__(self, "activation", name)
        object.__setattr__(self, "activation_options", {**options, **self.activation_options})
        object.__setattr__(self, "milestones", tuple(self.milestones))
        for key, low in _AT_LEAST.items():
            if getattr(self, key) < low:
                raise ExplorerError(f"{key} must be at least {low}; received {getattr(self, key)}.")
        if not self.lr > 0:
            raise ExplorerError(f"lr must be greater than 0; received {self.lr}.")
        for key, allowed in _CHOICES.items():
            if getattr(self, key) not in allowed:
                names = ", ".join(str(a) for a in allowed if a is not None)
                raise ExplorerError(f"{key} must be one of {names}; received {getattr(self, key)!r}.")

    def replace(self, **changes: Any) -> "TrainConfig":
        """Return a copy with `changes`."""
        if "activation" in changes and "activation_options" not in changes:
            changes["activation_options"] = {}
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return plain types, ready for JSON."""
        return {**dataclasses.asdict(self), "milestones": list(self.milestones)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainConfig":
        """Return the config of a run.json; fields this release does not know are left out."""
        known = {f.name for f in dataclasses.fields(cls)}
        kept: dict[str, Any] = {k: v for k, v in values.items() if k in known}
        return cls(**kept)

    @property
    def activation_label(self) -> str:
        """The activation with its options, as on the command line: `eelu:eps=0.2`."""
        return join_activation(self.activation, self.activation_options)

    def experiment(self) -> dict[str, Any]:
        """Return what is compared between runs: everything but the place."""
        return {k: v for k, v in self.to_dict().items() if k not in PLACE_FIELDS}

    def hash(self) -> str:
        """Return 12 hex digits that two runs share when they are the same experiment with the same seed."""
        return config_hash(self.experiment())

    def group(self) -> str:
        """Return 12 hex digits that runs share when they differ in nothing but the seed."""
        return config_hash({k: v for k, v in self.experiment().items() if k != "seed"})


_AT_LEAST: dict[str, float] = {
    "epochs": 1, "batch_size": 1, "accumulate": 1, "momentum": 0, "weight_decay": 0, "activation_lr_scale": 0,
    "warmup_epochs": 0, "checkpoint_every": 0, "devices": 1, "num_nodes": 1, "image_size": 1,
}  # fmt: skip
_CHOICES: dict[str, tuple[Any, ...]] = {
    "sharing": ("network", "layer", "channel", None),
    "shortcut": ("pad", "projection"),
    "optimizer": ("sgd", "adamw"),
    "schedule": ("steps", "cosine", "constant"),
    "augmentation": ("flip-or-crop", "standard", "none"),
    "init": ("default", "paper"),
    "selection": ("best_validation", "last"),
    "precision": ("32-true", "bf16-mixed", None),
    "device": ("auto", "cpu", "cuda"),
}


def config_hash(values: dict[str, Any]) -> str:
    """Return 12 hex digits of the SHA-256 of `values` as sorted JSON."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


#: The activation whose first option, a formula, needs no name.
FORMULA = "formula"


def split_activation(text: str) -> tuple[str, dict[str, Any]]:
    """Split `eelu:eps=0.2,start=smooth` into the name and its options; numbers and booleans are read as such.

    Commas in parentheses split nothing. In `formula:max(x, a*x),a=0.1` the part without a name is the option `formula`.
    """
    name, _, tail = text.partition(":")
    own_formula = normalise_name(name.strip()) == FORMULA
    options: dict[str, Any] = {}
    for part in filter(None, _outer_parts(tail)):
        key, equals, value = part.partition("=")
        if own_formula and FORMULA not in options and not re.match(r"\s*[A-Za-z]\w*\s*=(?!=)", part):
            key, equals, value = FORMULA, "=", part
        if not (key.strip() and equals and value.strip()):
            raise ExplorerError(f"'{part}' in '{text}' is no option; write name:option=value, e.g. eelu:eps=0.2.")
        is_formula = own_formula and key.strip() == FORMULA
        options[key.strip()] = value.strip() if is_formula else _plain(value.strip())
    return name.strip(), options


def join_activation(name: str, options: Mapping[str, Any]) -> str:
    """Return `eelu:eps=0.2`, from which `split_activation` reads the name and the options again."""
    parts = [f"{key}={value}" for key, value in sorted(options.items()) if (name, key) != (FORMULA, FORMULA)]
    if name == FORMULA and FORMULA in options:
        parts.insert(0, str(options[FORMULA]))
    return f"{name}:{','.join(parts)}" if parts else name


def _outer_parts(text: str) -> list[str]:
    """Return what stands between the commas that are outside of parentheses."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _plain(text: str) -> bool | int | float | str:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
