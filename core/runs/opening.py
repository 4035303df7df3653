"""A network from a file of another program: recognised or chosen, its weights loaded, what was assumed said in sentences."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import ExplorerError
from .checkpoints import embedded_build, embedded_config, restore, stored_ties
from .contents import Contents
from .differences import MismatchError, compare
from .recognise import check_recognised, chosen_build, match_names, name_map, network_title, recognise
from .site_names import activation_choices, site_parameters
from .site_places import UnclearActivationError, place_strangers
from .weights import Weights, read_weights

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["OpenedNetwork", "UnclearActivationError", "open_network"]


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenedNetwork:
    """The network of a file, in evaluation mode, on the CPU.

    `build` are the arguments that made it (`core.models.build.build_model`), `config` what a checkpoint of this project says
    of its making (else empty), `said` sentences about how the weights were found, `assumed` about what the file does not tell,
    `at_start` the activation parameters that the file lacks; `epoch` is None where the file names none.
    """

    contents: Contents
    network: "nn.Module"
    build: dict[str, Any]
    title: str
    config: dict[str, Any]
    said: tuple[str, ...]
    assumed: tuple[str, ...]
    at_start: tuple[str, ...]
    epoch: int | None

    @property
    def num_classes(self) -> int:
        """Number of the network's outputs."""
        return int(self.build["num_classes"])

    @property
    def in_channels(self) -> int:
        """Number of channels of the images that the network takes."""
        return int(self.build["in_channels"])


def open_network(
    contents: Contents,
    *,
    model: str | None = None,
    activation: str | Mapping[str, str] | None = None,
    sharing: str | None = None,
    part: str | None = None,
) -> OpenedNetwork:
    """Return the network of a listed file.

    Args:
        model: the architecture, ours, of torchvision's or "timm/NAME"; None: recognised.
        activation: the activation of one of our architectures; None: told from its parameters, ReLU where there are none.
        sharing: who shares a set of activation parameters; None: told from the shapes.
        part: the key that the weights lie under; None: the most usual one.

    Raises:
        UnknownNameError: an unknown architecture or activation.
        MismatchError: the weights do not fit; the sentence names the likely causes.
        UnclearActivationError: several activations have the parameters that the file holds, or it is not clear where these
            stand.
        RunError: the file is refused, or holds no weights.
    """
    weights = read_weights(contents, part)
    own = embedded_build(contents.values) if contents.kind == "safetensors" and model is None and activation is None else None
    assumed: tuple[str, ...] = ()
    if own is not None:
        build = own
    else:
        weights, build, assumed = _build(contents, weights, model, activation, sharing)
    network, at_start, said = _filled(contents, weights, build)
    return OpenedNetwork(
        contents=contents,
        network=network.eval(),
        build=build,
        title=network_title(build),
        config=(embedded_config(contents.values) or {}) if own is not None else {},
        said=(*weights.said, *said, _sites_said(network)),
        assumed=(*assumed, *_start_said(at_start)),
        at_start=at_start,
        epoch=weights.epoch,
    )


def _build(
    contents: Contents, weights: Weights, model: str | None, activation: str | Mapping[str, str] | None, sharing: str | None
) -> tuple[Weights, dict[str, Any], tuple[str, ...]]:
    """Return the weights under our names, the arguments of the network, and what of them is assumed."""
    if model is None:
        found = recognise(weights.shapes)
        build, assumed = check_recognised(contents.name, found), found.assumed
    else:
        build, assumed = chosen_build(weights.shapes, model), ()
    if "library" in build:
        if activation is not None:
            raise ExplorerError(
                f"The activations of {build['model']} are those of {build['library']}; only our own architectures take another."
            )
        return weights, build, assumed
    weights, activation, placed = _placed(contents, weights, build, activation)
    functions, more = _activation(contents, weights, activation, sharing)
    return weights, {**build, **functions}, (*assumed, *placed, *more)


def _placed(
    contents: Contents, weights: Weights, build: dict[str, Any], activation: str | Mapping[str, str] | None
) -> tuple[Weights, str | Mapping[str, str] | None, tuple[str, ...]]:
    """Return the weights with activation parameters of other programs at our sites, the activation, and what is assumed."""
    from ..models.build import expected_shapes

    if activation is not None and not isinstance(activation, str):
        return weights, activation, ()
    expected = expected_shapes(build)
    placed = place_strangers(contents.name, match_names(weights.shapes, expected), expected, activation)
    if placed is None:
        return weights, activation, ()
    taken = set(placed.sources.values())
    tensors = {name: tensor for name, tensor in weights.tensors.items() if name not in taken}
    for ours, name in placed.sources.items():
        tensor = weights.tensors[name]
        tensors[ours] = tensor.reshape(()) if tensor.numel() == 1 else tensor
    return replace(weights, tensors=tensors), activation or placed.activation, (placed.assumed,)


def _activation(
    contents: Contents, weights: Weights, activation: str | Mapping[str, str] | None, sharing: str | None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return activation, options and sharing for one of our architectures, and what of them is assumed."""
    from ..config import split_activation

    parameters = site_parameters(weights.shapes)
    shared = sharing or _sharing(weights, parameters)
    if activation is not None:
        if not isinstance(activation, str):
            return {"activation": dict(activation), "sharing": shared}, ()
        name, options = split_activation(activation)
        given = {"activation": name, **({"activation_options": options} if options else {})}
        return {**given, **({"sharing": shared} if shared else {})}, ()
    if not parameters:
        text = "The file does not name its activation and holds no parameters of one; ReLU is assumed."
        return {"activation": "relu"}, (text,)
    choices = activation_choices(parameters)
    names = ", ".join(sorted({name for site in parameters.values() for name in site}))
    if len(choices) != 1:
        known = f"those of {', '.join(choices)}" if choices else "those of no single function"
        raise UnclearActivationError(
            f"{contents.name} holds activation parameters ({names}), {known}; say which with --activation.", choices
        )
    text = f"The activation is told from its parameters ({names}): only {choices[0]} has these."
    return {"activation": choices[0], "sharing": shared}, (text,)


def _sharing(weights: Weights, parameters: Mapping[str, Mapping[str, tuple[int, ...]]]) -> str | None:
    """Return who shares a set: told from the shapes, and for single numbers from whether all sites hold the same ones."""
    if not parameters:
        return None
    per_channel = any(len(shape) > (name == "w") for site in parameters.values() for name, shape in site.items())
    if per_channel:
        return "channel"
    sets = [[weights.tensors[f"{site}.{name}"].tolist() for name in sorted(names)] for site, names in parameters.items()]
    return "network" if len(sets) > 1 and all(values == sets[0] for values in sets) else "layer"


def _filled(
    contents: Contents, weights: Weights, build: dict[str, Any]
) -> "tuple[nn.Module, tuple[str, ...], tuple[str, ...]]":
    """Return the network with the weights, the activation parameters that the file lacks, and what else was done."""
    import torch

    from ..models.build import build_model
    from ..models.kinds import is_activation

    network = build_model(build, generator=torch.Generator().manual_seed(0))
    expected = network.state_dict()
    names = name_map(weights.tensors, expected)
    state = {names[name]: _in_shape(tensor, expected.get(names[name])) for name, tensor in weights.tensors.items()}
    counters = [n for n in expected if n not in state and _mean_beside(n) in state]  # files older than torch 0.4.1 have none
    state |= {name: expected[name] for name in counters}
    owners = {path for path, module in network.named_modules() if is_activation(module)}
    learnt = {name for name in expected if name.rpartition(".")[0] in owners}
    differences = compare(_shapes(expected), _shapes(state), learnt)
    if differences and not differences.only_activations_missing:
        title = network_title(build)
        raise MismatchError(f"{contents.name} does not fit {title}: {'; '.join(differences.causes)}.", differences)
    at_start = tuple(row.name for row in differences.rows)
    state |= {name: expected[name] for name in at_start}
    restore(network, state, stored_ties(contents.values, state), contents.path)
    return network, at_start, tuple(_notes(state, at_start, counters))


def _mean_beside(name: str) -> str:
    """Return the name of the running mean beside BN's counter of batches; "" for any other name."""
    owner, _, last = name.rpartition(".")
    return f"{owner}.running_mean" if last == "num_batches_tracked" else ""


def _in_shape(tensor: "Tensor", expected: "Tensor | None") -> "Tensor":
    """Return one number as the network holds it: () and (1,) are the same."""
    if expected is not None and tensor.shape != expected.shape and tensor.numel() == expected.numel() == 1:
        return tensor.reshape(expected.shape)
    return tensor


def _shapes(state: "Mapping[str, Tensor]") -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def _notes(state: "Mapping[str, Tensor]", at_start: tuple[str, ...], counters: list[str]) -> list[str]:
    floating = [t for name, t in state.items() if t.is_floating_point() and name not in at_start]
    kinds = sorted({str(t.dtype).removeprefix("torch.") for t in floating} - {"float32"})
    notes = [f"The file holds {', '.join(kinds)} numbers; the network computes in float32."] if kinds else []
    broken = sum(int((~t.isfinite()).sum()) for t in floating)
    if broken:
        notes.append(f"{broken:,} of {sum(t.numel() for t in floating):,} numbers are not finite.")
    if counters:
        notes.append("The file holds no counters of batches; evaluation does not need them.")
    return notes


def _sites_said(network: "nn.Module") -> str:
    """Return "It has 7 sites: 7 of CosLU, shared by layer."."""
    from ..activations import describe
    from ..models import sites

    found = sites(network)
    known = [s for s in found if hasattr(s.module, "sharing")]
    counts = Counter(describe(s.activation).title for s in known) + Counter(s.activation for s in found if s not in known)
    sharings = sorted({str(s.module.sharing) for s in known if s.module.trainable})
    shared = f", shared by {' or '.join(sharings)}" if sharings else ", which do not learn"
    parts = " and ".join(f"{count} of {title}" for title, count in counts.most_common())
    return f"It has {len(found)} sites: {parts}{shared}."


def _start_said(at_start: tuple[str, ...]) -> tuple[str, ...]:
    if not at_start:
        return ()
    names = ", ".join(at_start[:3]) + (f" and {len(at_start) - 3} more" if len(at_start) > 3 else "")
    return (f"Activation parameters are missing in the file ({names}); these are at their start.",)
