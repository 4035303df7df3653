"""Activation parameters under another program's names, put at the sites of our network: what fits, or why it is not clear."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import RunError
from .site_names import OURS, TORCH_SLOPE, Shapes, last, owner, strangers

#: The registry name of the function whose slope torch calls `TORCH_SLOPE`, and what the slope is called here.
PRELU, SLOPE = "prelu", "a"
_BLOCK = re.compile(r"(layer\d+\.\d+)\.(.+)")
_NUMBERED = re.compile(r"(.*?)[._]?(\d+)")
#: What modules that hold an activation are called: relu1, prelu, act_fn, nonlinearity …
_ACTIVATION = re.compile(r"(?:^|[._])(?:\w*relu|act|non_?lin|slope)", re.IGNORECASE)
_ADVICE = (
    "Name the parameters as this project does (act.a, layer1.0.act1.a …), or build the network yourself and write a run with "
    "RunWriter."
)


class UnclearActivationError(RunError):
    """A file whose activation parameters can be read in several ways; `choices` are the activations that would settle it."""

    def __init__(self, sentence: str, choices: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.choices = list(choices)


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Where the activation parameters of another program stand in our network.

    `sources` is our name -> the name in the file (one tensor may stand at several sites), `activation` the registry name that
    is assumed, None where the parameters' own names tell it; `assumed` says in a sentence what was taken for what, and why.
    """

    sources: dict[str, str]
    activation: str | None
    assumed: str


def place_strangers(file: str, shapes: Shapes, expected: Shapes, activation: str | None = None) -> Placed | None:
    """Return where the `strangers` among `shapes` stand in one of our networks, whose other weights are `expected`.

    None: there are none, they have our names already, or the file differs from the network in more than these. `activation`
    is what the user says of the file ("swish"), None: nothing; `file` names it in errors.

    Raises:
        UnclearActivationError: they can be read in several ways, or fit no site; the sentence names them.
    """
    found = strangers(shapes, expected)
    foreign = [name for name, shape in found.items() if not _is_ours(name, shape)]
    if not foreign or _plain(shapes, found) != _plain(expected):
        return None
    channels = _site_channels(expected)
    standing = _standing(file, found, list(channels), activation)
    names, assumed = _named(file, found, standing, activation)
    per_channel = _check_sizes(file, found, standing, channels)
    held = [(site, name) for site, path in standing.items() for name in found if owner(name) == path]
    return Placed(
        sources={f"{site}.{names[last(name)]}": name for site, name in held},
        activation=assumed,
        assumed=_sentence(list(found), standing, sorted(names.values()), assumed, per_channel),
    )


def _is_ours(name: str, shape: tuple[int, ...]) -> bool:
    """Return whether a parameter has the name and the shape that our own networks give it."""
    return OURS.fullmatch(name) is not None and last(name) != TORCH_SLOPE and shape != (1,)


def _plain(shapes: Shapes, without: Shapes | None = None) -> dict[str, tuple[int, ...]]:
    """Return the shapes but for those in `without` and BN's counters, which old files lack."""
    return {n: tuple(s) for n, s in shapes.items() if n not in (without or {}) and last(n) != "num_batches_tracked"}


def _standing(file: str, found: Shapes, sites: Sequence[str], activation: str | None) -> dict[str, str]:
    """Return site -> the module of the file that stands there."""
    modules: dict[str, list[str]] = {}
    for path in dict.fromkeys(map(owner, found)):
        modules.setdefault(_home(path), []).append(path)
    if list(modules) == [""] and len(modules[""]) == 1:
        return _everywhere(file, found, sites, activation)
    standing: dict[str, str] = {}
    for home in dict.fromkeys(map(owner, sites)):
        places = [site for site in sites if owner(site) == home]
        standing |= dict(zip(places, _in_order(file, modules.get(home, []), places), strict=True))
    return standing


def _everywhere(file: str, found: Shapes, sites: Sequence[str], activation: str | None) -> dict[str, str]:
    """Return the one module as that of every site; where nobody has named an activation it could be the first one's alone."""
    if activation is None:
        slope = {last(name) for name in found} == {TORCH_SLOPE}
        raise UnclearActivationError(
            f"{file} holds {_listed(list(found))} for {len(sites)} sites: it could belong to all of them or to the first "
            f"alone; if all sites use it, say which activation they have with --activation{f' {PRELU}' if slope else ''}.",
            [PRELU] if slope else [],
        )
    return dict.fromkeys(sites, owner(next(iter(found))))


def _in_order(file: str, modules: Sequence[str], places: Sequence[str]) -> list[str]:
    """Return the modules in the order of the sites: by their numbers, or one without a number for both sites of a block."""
    where = " and ".join(places)
    if not modules:
        raise UnclearActivationError(f"{file} holds no activation parameter for {where}, but some for other sites. {_ADVICE}")
    stems, numbers = zip(*map(_numbered, modules), strict=True)
    if len(modules) == 1 and (len(places) == 1 or numbers[0] is None):
        return [modules[0]] * len(places)
    ordered = {1 if number is None else number: path for number, path in zip(numbers, modules, strict=True)}
    if len(set(stems)) == 1 and len(ordered) == len(modules) == len(places):
        return [ordered[number] for number in sorted(ordered)]
    raise UnclearActivationError(
        f"{file} holds activation parameters in {_listed(modules)}; which of them stand at {where} cannot be told. {_ADVICE}"
    )


def _named(file: str, found: Shapes, standing: Mapping[str, str], activation: str | None) -> tuple[dict[str, str], str | None]:
    """Return name of a parameter in the file -> its name here, and the activation that this takes for granted."""
    held = {path: sorted(last(name) for name in found if owner(name) == path) for path in standing.values()}
    first, names = next(iter(held.items()))
    other = next((path for path in held if held[path] != names), None)
    if other is not None:
        raise UnclearActivationError(
            f"{file} holds different activation parameters at its sites: {first} has {', '.join(names)}, {other} has "
            f"{', '.join(held[other])}. {_ADVICE}"
        )
    if activation is None and names == [TORCH_SLOPE]:
        _check_called_activation(file, list(held))
        return {TORCH_SLOPE: SLOPE}, PRELU
    known = _parameter_names(activation) if activation is not None else ()
    return ({names[0]: known[0]} if len(known) == len(names) == 1 else dict(zip(names, names, strict=True))), None


def _check_called_activation(file: str, modules: Sequence[str]) -> None:
    """Raise if a module whose `weight` would be a slope is not called as activations are."""
    strange = [f"{path}.{TORCH_SLOPE}" for path in modules if not _ACTIVATION.search(_local(path))]
    if strange:
        raise UnclearActivationError(
            f"{file} holds {_listed(strange)}, which could be the slopes of a PReLU or the factors of another layer; if they "
            f"are slopes, say so with --activation {PRELU}.",
            [PRELU],
        )


def _parameter_names(activation: str) -> tuple[str, ...]:
    from ..activations import make_activation
    from ..config import split_activation

    name, options = split_activation(activation)
    return make_activation(name, **options).parameter_names


def _check_sizes(file: str, found: Shapes, standing: Mapping[str, str], channels: Mapping[str, int]) -> bool:
    """Return whether the tensors hold a number per channel, not one each; raise where one fits no site, or they differ."""
    kinds: dict[bool, str] = {}
    for site, path in standing.items():
        for name in (n for n in found if owner(n) == path):
            size = found[name][0] if found[name] else 1
            if size not in (1, channels[site]):
                raise UnclearActivationError(
                    f"{file} holds {size} numbers in {name}, which stands at {site} with {channels[site]} channels: it should "
                    f"hold 1 or {channels[site]}. {_ADVICE}"
                )
            kinds.setdefault(size > 1, name)
    if len(kinds) > 1:
        raise UnclearActivationError(
            f"{file} holds one number at some sites ({kinds[False]}) and one per channel at others ({kinds[True]}); here all "
            f"sites have the same sharing. {_ADVICE}"
        )
    return True in kinds


def _sentence(
    tensors: list[str], standing: Mapping[str, str], parameters: list[str], assumed: str | None, per_channel: bool
) -> str:
    """Return what was taken for what, and why; it is an assumption."""
    several = len(tensors) > 1
    are, they_stand, hold = ("are", "they stand", "hold") if several else ("is", "it stands", "holds")
    what = "the slopes of a PReLU" if assumed == PRELU else f"the parameters {', '.join(parameters)} of the activations"
    size = "one number per channel" if per_channel else "one number each" if several else "one number"
    reason = f"{they_stand} where the network has its sites and {hold} {size}"
    known = f", and torch.nn.PReLU calls its slope {TORCH_SLOPE}" if assumed == PRELU else ""
    modules = len(set(standing.values()))
    shared = f" The one tensor stands at all {len(standing)} sites." if modules == 1 else ""
    shared = " The one of a block stands at both of its sites." if 1 < modules < len(standing) else shared
    return f"{_listed(tensors)} {are} assumed to be {what}: {reason}{known}; the file does not say so.{shared}"


def _site_channels(expected: Shapes) -> dict[str, int]:
    """Return site -> channels of one of our networks, in forward order: those of the BN in front of it."""
    found = {}
    for name, shape in expected.items():
        match = re.fullmatch(r"(layer\d+\.\d+\.|)bn(\d)\.weight", name)
        if match:
            found[f"{match[1]}act{match[2]}" if match[1] else "act"] = shape[0]
    return found


def _numbered(path: str) -> tuple[str, int | None]:
    """Return ("layer1.0.relu", 2) for "layer1.0.relu2" and "layer1.0.relu.2"; None where there is no number."""
    match = _NUMBERED.fullmatch(path)
    return (match[1], int(match[2])) if match else (path, None)


def _home(path: str) -> str:
    """Return the block that a module lies in, "" for one outside of the blocks."""
    block = _BLOCK.fullmatch(path)
    return block[1] if block else ""


def _local(path: str) -> str:
    """Return the name of a module within its block."""
    return path.removeprefix(f"{_home(path)}.") if _home(path) else path


def _listed(names: Sequence[str], at_most: int = 3) -> str:
    rest = len(names) - at_most
    return ", ".join(names[:at_most]) + (f" and {rest} more" if rest > 0 else "")
