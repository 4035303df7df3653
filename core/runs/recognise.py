"""Which network some weights belong to, told from their names and shapes alone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..errors import RunError, normalise_name
from .differences import Differences, compare
from .site_names import OURS, Shapes, strangers

_BLOCK = re.compile(r"layer(\d+)\.(\d+)\.")
_STEMS = (
    "conv1.weight", "conv1.conv.weight", "features.0.weight", "features.0.0.weight", "features.conv0.weight",
    "conv_stem.weight", "stem.0.weight", "stem.conv.weight", "patch_embed.proj.weight",
)  # fmt: skip
_CLASSIFIERS = ("fc", "linear", "classifier", "head")
#: Names that other programs give to the same layer.
ALIASES = {
    "linear": ("fc", "classifier"), "fc": ("linear", "classifier"), "classifier": ("fc", "linear"),
    "shortcut": ("downsample",), "downsample": ("shortcut",),
}  # fmt: skip
#: The family of torchvision's architectures by a name of a weight that only its members have.
_MARKS = (
    ("layer4.0.conv1.weight", "resnet"),
    ("features.conv0.weight", "densenet"),
    ("inception3a.branch1.conv.weight", "googlenet"),
    ("features.1.conv.0.0.weight", "mobilenet_v2"),
    ("features.1.block.0.0.weight", "mobilenet_v3"),
    ("features.1.0.layer_scale", "convnext"),
    ("features.1.0.block.0.0.weight", "efficientnet"),
    ("features.0.weight", "vgg"),
)
#: Blocks per stage of torchvision's residual networks.
_RESNETS = {
    "resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3), "resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3),
    "resnet152": (3, 8, 36, 3), "wide_resnet50_2": (3, 4, 6, 3), "resnext50_32x4d": (3, 4, 6, 3),
}  # fmt: skip
#: timm's own layouts by a name of a weight, and the architectures of them that are tried.
TIMM_MARKS = (
    ("blocks.0.0.conv_dw.weight", (
        "efficientnet_b0", "efficientnet_b1", "mobilenetv3_small_100", "mobilenetv3_large_100", "mobilenetv2_100",
    )),
    ("blocks.0.attn.qkv.weight", (
        "vit_tiny_patch16_224", "vit_small_patch16_224", "vit_base_patch16_224",
    )),
    ("stages.0.blocks.0.conv_dw.weight", ("convnext_atto", "convnext_femto", "convnext_nano", "convnext_tiny")),
    ("s1.b1.conv1.conv.weight", ("regnety_002", "regnety_004", "regnetx_002", "regnetx_004")),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """The arguments of `core.models.build.build_model`, and how sure they are.

    `build` is None where no network fits; `nearest` is then the title of the one that comes nearest and `differences` say
    in what the weights differ from it. `assumed` are sentences about what the file does not tell.
    """

    build: dict[str, Any] | None
    title: str = ""
    assumed: tuple[str, ...] = ()
    nearest: str = ""
    differences: Differences | None = None
    advice: str = ""


def recognise(shapes: Shapes) -> Recognised:
    """Return which network has weights of these names and shapes; its activation is another question."""
    compared = []
    for build in _candidates(shapes):
        found = match_names(shapes, _expected(build))
        differences = compare(_expected(build), found)
        if not differences or _only_sites(differences, strangers(found, _expected(build))):
            return Recognised(build=build, title=network_title(build), assumed=_assumed(build))
        compared.append((build, differences))
    advice = _timm_advice(shapes)
    if not compared:
        return Recognised(build=None, advice=advice)
    nearest, differences = min(compared, key=lambda pair: len(pair[1].rows))
    return Recognised(build=None, nearest=network_title(nearest), differences=differences, advice=advice)


def chosen_build(shapes: Shapes, model: str) -> dict[str, Any]:
    """Return the arguments for the architecture `model`, with classes, channels and shortcut read from the shapes.

    `model` is one of ours, of torchvision's, or "timm/NAME". Raises UnknownNameError for anything else.
    """
    from ..errors import unknown_name
    from ..models import model_names
    from ..models.published import published_names

    ends = {"num_classes": num_classes(shapes) or 10, "in_channels": in_channels(shapes) or 3}
    if model.startswith("timm/"):
        return {"model": model.removeprefix("timm/"), "library": "timm", **ends}
    for name in model_names():
        if normalise_name(name) == normalise_name(model):
            return {"model": name, **ends, "shortcut": _shortcut(shapes)}
    for name in published_names():
        if normalise_name(name) == normalise_name(model):
            return {"model": name, "library": "torchvision", **ends, **_variant(shapes)}
    raise unknown_name("model", model, (*model_names(), *published_names(), "timm/NAME"))


def network_title(build: Mapping[str, Any]) -> str:
    """Return "resnet20 with zero-padding shortcuts, 10 classes, 3 input channels"."""
    library, shortcut = build.get("library"), build.get("shortcut", "pad")
    kind = f" of {library}" if library else f" with {'zero-padding' if shortcut == 'pad' else '1×1-convolution'} shortcuts"
    stem = ", 3×3 stem" if build.get("stem") == "cifar" else ""
    channels = build.get("in_channels", 3)
    ends = f"{build.get('num_classes', 10)} classes, {channels} input channel{'s' * (channels != 1)}"
    return f"{build['model']}{kind}{stem}, {ends}"


def match_names(shapes: Shapes, expected: Shapes) -> dict[str, tuple[int, ...]]:
    """Return the shapes under the names of `expected`, where a layer merely has another usual name."""
    names = name_map(shapes, expected)
    return {names[name]: tuple(shape) for name, shape in shapes.items()}


def name_map(found: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, str]:
    """Return name in the file -> name in the network: `linear` for `fc`, `downsample` for `shortcut`."""
    names: dict[str, str] = {}
    for name in found:
        here = next((new for new in _other_names(name) if new in expected and new not in found), name)
        names[name] = name if name in expected else here
    return names


def num_classes(shapes: Shapes) -> int | None:
    """Return the number of outputs of the last fully connected layer; None where none is recognised."""
    matrices = [name for name, shape in shapes.items() if len(shape) == 2 and name.endswith("weight")]
    named = [name for name in matrices if name.split(".")[0] in _CLASSIFIERS] or matrices
    return int(shapes[max(named, key=_natural)][0]) if named else None


def in_channels(shapes: Shapes) -> int | None:
    """Return the number of input channels of the first convolution; None where none is recognised."""
    first = next((shapes[name] for name in _STEMS if name in shapes and len(shapes[name]) == 4), None)
    return int(first[1]) if first is not None else None


def _candidates(shapes: Shapes) -> Iterator[dict[str, Any]]:
    """Yield the arguments of the networks that the names point to."""
    ends = {"num_classes": num_classes(shapes) or 10, "in_channels": in_channels(shapes) or 3}
    blocks = _blocks(shapes)
    if set(blocks) == {1, 2, 3} and "layer1.0.conv1.weight" in shapes:
        from ..models import model_names

        depth = 6 * round(sum(blocks.values()) / 3) + 2
        name = min(model_names(), key=lambda known: abs(int(known.removeprefix("resnet")) - depth))
        yield {"model": name, **ends, "shortcut": _shortcut(shapes)}
        return
    from ..models.published import FAMILIES, timm_installed

    family = next((family for mark, family in _MARKS if mark in shapes), None)
    names: Sequence[str] = FAMILIES.get(family or "", ())
    if family == "resnet":
        names = sorted(names, key=lambda name: abs(sum(_RESNETS[name]) - sum(blocks.values())))
        names = [name for name in names if dict(enumerate(_RESNETS[name], start=1)) == blocks] or names[:1]
    for name in names:
        yield {"model": name, "library": "torchvision", **ends, **_variant(shapes)}
    if family is None and timm_installed():
        for name in next((names for mark, names in TIMM_MARKS if mark in shapes), ()):
            yield {"model": name, "library": "timm", **ends}


def _variant(shapes: Shapes) -> dict[str, Any]:
    """Return what distinguishes members of one architecture of torchvision: a small first layer, auxiliary heads."""
    variant: dict[str, Any] = {}
    first = shapes.get("conv1.weight", ())
    if "layer4.0.conv1.weight" in shapes and len(first) == 4 and first[-1] == 3:
        variant["stem"] = "cifar"
    if any(name.startswith("aux1.") for name in shapes):
        variant["aux"] = True
    return variant


def _expected(build: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return dict(_expected_shapes(tuple(build.items())))


@lru_cache(maxsize=64)
def _expected_shapes(build: tuple[tuple[str, Any], ...]) -> dict[str, tuple[int, ...]]:
    from ..models.build import expected_shapes

    return expected_shapes(dict(build))


def _only_sites(differences: Differences, strange: Shapes) -> bool:
    """Whether the file has nothing more than (what may be) parameters of activations, and nothing less than counters of BN."""
    return all(
        (row.kind == "unexpected" and (row.name in strange or OURS.fullmatch(row.name) is not None))
        or (row.kind == "missing" and row.name.endswith("num_batches_tracked"))
        for row in differences.rows
    )


def _assumed(build: Mapping[str, Any]) -> tuple[str, ...]:
    if build.get("stem") == "cifar":
        return ("The 3×3 stem is taken to have stride 1 and no pooling behind it, as is usual for small images.",)
    if build["model"] == "googlenet" and build.get("library"):
        return ("torchvision's own googlenet weights expect inputs rescaled by the network; a file does not tell.",)
    return ()


def _timm_advice(shapes: Shapes) -> str:
    from ..models.published import timm_installed

    marked = any(mark in shapes for mark, _ in TIMM_MARKS)
    if marked and not timm_installed():
        return "The names are those of timm's networks, and timm is not installed here; type: pip install timm"
    return "If it is another of timm's networks, name it as timm/NAME." if marked else ""


def _blocks(shapes: Shapes) -> dict[int, int]:
    """Return the number of blocks of each residual stage."""
    blocks: dict[int, int] = {}
    for name in shapes:
        match = _BLOCK.match(name)
        if match:
            blocks[int(match[1])] = max(blocks.get(int(match[1]), 0), int(match[2]) + 1)
    return blocks


def _shortcut(shapes: Shapes) -> str:
    return "projection" if any(".shortcut." in name or ".downsample." in name for name in shapes) else "pad"


def _other_names(name: str) -> Iterator[str]:
    parts = name.split(".")
    for place, part in enumerate(parts):
        for other in ALIASES.get(part, ()):
            yield ".".join([*parts[:place], other, *parts[place + 1 :]])


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in name.split(".")]


_ADVICE = "Say which architecture it is (--model on the command line), or build it yourself and write a run with RunWriter."


def unrecognised(name: str, found: Recognised) -> str:
    """Return the sentence for a file whose network is not recognised."""
    start = f"The network in {name} is not recognised"
    if found.differences is not None:
        start += f"; the nearest is {found.nearest}, from which it differs: {'; '.join(found.differences.causes)}"
    return f"{start}. {found.advice or _ADVICE}"


def check_recognised(name: str, found: Recognised) -> dict[str, Any]:
    """Return the arguments of the network; raise RunError, with the likely causes, where none was recognised."""
    if found.build is None:
        from .differences import MismatchError

        if found.differences is not None:
            raise MismatchError(unrecognised(name, found), found.differences)
        raise RunError(unrecognised(name, found))
    return dict(found.build)
