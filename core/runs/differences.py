"""Why weights do not fit a network: names and shapes compared, the differences grouped by their likely cause."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import RunError

if TYPE_CHECKING:
    import pandas as pd

Shapes = Mapping[str, tuple[int, ...]]

_CLASSIFIER = re.compile(r"^(?:fc|linear|classifier|head)(?:\.|$)")
_SHORTCUT = re.compile(r"\.(?:shortcut|downsample)\.")
_BLOCK = re.compile(r"^(layer\d+|features|blocks|stages)\.(\d+)\.")
_STEM = re.compile(
    r"^(?:conv1|bn1|conv1\.conv|features\.0|features\.0\.0|features\.conv0|conv_stem|stem\.0|stem\.conv|patch_embed\.proj)\."
)
_ACTIVATION = re.compile(r"(?:^|\.)(?:act\d?|relu\d?|prelu\d?|activation\d?)\.\w+$")
#: Below this share of common names two networks are called different architectures.
_ALIKE = 0.2


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One weight that differs: "missing" in the file, "unexpected" there, or of another "shape"; shapes as (file, network)."""

    name: str
    kind: str
    file: tuple[int, ...] | None
    network: tuple[int, ...] | None
    cause: str


@dataclass(frozen=True, kw_only=True)
class Differences:
    """All differences between a file and a network. `causes` are phrases, the likeliest first."""

    rows: tuple[Difference, ...]
    causes: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def only_activations_missing(self) -> bool:
        """Whether nothing but parameters of activations is missing: the network can be used, with these at their start."""
        return all(row.kind == "missing" and row.cause == "activation" for row in self.rows)

    def table(self) -> "pd.DataFrame":
        """Return name, difference, in the file, in the network, cause: one row per weight, grouped by cause."""
        import pandas as pd

        rows = [(r.name, _KINDS[r.kind], shape_text(r.file), shape_text(r.network), r.cause) for r in self.rows]
        table = pd.DataFrame(rows, columns=["name", "difference", "in the file", "in the network", "cause"])
        return table.sort_values(["cause", "difference"], kind="stable", ignore_index=True)


class MismatchError(RunError):
    """Weights that do not fit the network that was recognised or chosen; `differences` says in what."""

    def __init__(self, sentence: str, differences: Differences) -> None:
        super().__init__(sentence)
        self.differences = differences


_KINDS = {"missing": "not in the file", "unexpected": "not in the network", "shape": "another shape"}


def compare(network: Shapes, file: Shapes, activations: Collection[str] = ()) -> Differences:
    """Return the differences between the weights of a network and those in a file, both name -> shape.

    `activations` are the names of the network's activation parameters.
    """
    rows = tuple(_rows(network, file, set(activations)))
    if not rows:
        return Differences(rows=(), causes=())
    common = len(set(network) & set(file))
    if common < _ALIKE * max(len(network), len(file)):
        text = f"another architecture: only {common} of its {len(file)} names are names of the network's {len(network)} weights"
        return Differences(rows=rows, causes=(text,))
    return Differences(rows=rows, causes=tuple(_causes(rows, network, file)))


def shape_text(shape: tuple[int, ...] | None) -> str:
    """Return "16 × 3 × 3 × 3"; "one number" for a shape without axes, "–" for None."""
    if shape is None:
        return "–"
    return " × ".join(map(str, shape)) or "one number"


def _rows(network: Shapes, file: Shapes, activations: set[str]) -> Iterator[Difference]:
    blocks = {"network": _block_names(network), "file": _block_names(file)}
    for name, shape in network.items():
        if name not in file:
            cause = _cause(name, activations, _is_block_gone(name, blocks["file"]))
            yield Difference(name=name, kind="missing", file=None, network=shape, cause=cause)
        elif tuple(file[name]) != tuple(shape):
            cause = _cause(name, activations, False)
            yield Difference(name=name, kind="shape", file=tuple(file[name]), network=shape, cause=cause)
    for name, shape in file.items():
        if name not in network:
            cause = _cause(name, activations, _is_block_gone(name, blocks["network"]))
            yield Difference(name=name, kind="unexpected", file=tuple(shape), network=None, cause=cause)


def _cause(name: str, activations: set[str], block_gone: bool) -> str:
    if block_gone:
        return "depth"
    if name in activations or _ACTIVATION.search(name):
        return "activation"
    if _SHORTCUT.search(name):
        return "shortcut"
    if _CLASSIFIER.match(name):
        return "classifier"
    if _STEM.match(name):
        return "stem"
    return "other"


def _block_names(names: Shapes) -> set[tuple[str, int]]:
    return {(match[1], int(match[2])) for name in names if (match := _BLOCK.match(name))}


def _is_block_gone(name: str, blocks: set[tuple[str, int]]) -> bool:
    match = _BLOCK.match(name)
    return match is not None and (match[1], int(match[2])) not in blocks


def _causes(rows: tuple[Difference, ...], network: Shapes, file: Shapes) -> Iterator[str]:
    by_cause = {row.cause: [r for r in rows if r.cause == row.cause] for row in rows}
    if "depth" in by_cause:
        yield _depth(network, file)
    yield from _classifier(by_cause.get("classifier", []))
    yield from _stem(by_cause.get("stem", []))
    if "shortcut" in by_cause:
        yield _shortcut(by_cause["shortcut"])
    if "activation" in by_cause:
        yield from _activation(by_cause["activation"])
    yield from _other(by_cause.get("other", []))


def _depth(network: Shapes, file: Shapes) -> str:
    there, here = (Counter(stage for stage, _ in _block_names(names)) for names in (file, network))
    stages = sorted(set(there) | set(here))
    parts = [f"{there[s] or 'no'} block{'s' * (there[s] != 1)} in {s} instead of {here[s] or 'none'}"
             for s in stages if there[s] != here[s]]  # fmt: skip
    counts = {there[s] for s in ("layer1", "layer2", "layer3")}
    name = f", as resnet{6 * counts.pop() + 2} has" if len(counts) == 1 and set(there) == {"layer1", "layer2", "layer3"} else ""
    return f"another depth ({', '.join(parts)}{name})"


def _classifier(rows: list[Difference]) -> Iterator[str]:
    weight = next((r for r in rows if r.kind == "shape" and r.file and r.network and len(r.file) == 2), None)
    if weight is not None and weight.file and weight.network:
        if weight.file[0] != weight.network[0]:
            yield f"another number of classes ({weight.file[0]} in the file, {weight.network[0]} in the network)"
        if weight.file[1:] != weight.network[1:]:
            yield (
                f"another width or another input size (the classifier takes {weight.file[1]} numbers in the file, "
                f"{weight.network[1]} in the network)"
            )
    elif rows:
        yield f"another classifier ({_names(rows)})"


def _stem(rows: list[Difference]) -> Iterator[str]:
    weight = next((r for r in rows if r.kind == "shape" and r.file and r.network and len(r.file) == 4 == len(r.network)), None)
    if weight is not None and weight.file and weight.network:
        (out, ins, *side), (out2, ins2, *side2) = weight.file, weight.network
        if ins != ins2:
            yield f"another number of input channels ({ins} in the file, {ins2} in the network)"
        if (out, side) != (out2, side2):
            yield (
                f"another input stem ({side[0]}×{side[1]} to {out} channels in the file, "
                f"{side2[0]}×{side2[1]} to {out2} in the network)"
            )
    elif rows:
        yield f"another input stem ({_names(rows)})"


def _shortcut(rows: list[Difference]) -> str:
    if all(row.kind == "unexpected" for row in rows):
        return f"another shortcut (the file has 1×1 convolutions, the network none: {_names(rows)})"
    if all(row.kind == "missing" for row in rows):
        return f"another shortcut (the network has 1×1 convolutions, the file none: {_names(rows)})"
    return f"another shortcut ({_names(rows)})"


def _activation(rows: list[Difference]) -> Iterator[str]:
    missing = [r for r in rows if r.kind == "missing"]
    extra = [r for r in rows if r.kind == "unexpected"]
    shapes = [r for r in rows if r.kind == "shape"]
    if missing:
        yield f"parameters of activations are missing, these will be at their start ({_names(missing)})"
    if extra:
        slopes = all(r.name.endswith(".weight") and len(r.file or ()) <= 1 for r in extra)
        like = "; these look like the slopes of a PReLU" if slopes else ""
        yield f"another activation (parameters that the network's do not have: {_names(extra)}{like})"
    if shapes:
        yield f"another sharing of the activation parameters ({_names(shapes)})"


def _other(rows: list[Difference]) -> Iterator[str]:
    shapes = [r for r in rows if r.kind == "shape"]
    missing, extra = ([r for r in rows if r.kind == kind] for kind in ("missing", "unexpected"))
    if shapes:
        first = shapes[0]
        yield (
            f"another width of the layers ({len(shapes)} weights have other shapes, such as {first.name}: "
            f"{shape_text(first.file)} in the file, {shape_text(first.network)} in the network)"
        )
    if missing:
        yield f"{len(missing)} weights of the network are not in the file ({_names(missing)})"
    if extra:
        yield f"{len(extra)} weights of the file are not in the network ({_names(extra)})"


def _names(rows: list[Difference], at_most: int = 3) -> str:
    rest = len(rows) - at_most
    return ", ".join(row.name for row in rows[:at_most]) + (f" and {rest} more" if rest > 0 else "")
