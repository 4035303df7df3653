"""What if: one change of a network's activations, made on a fork; the given network stays as it is."""

import copy
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..config import split_activation
from ..errors import ExplorerError, unknown_name
from . import wording
from .groups import config_title

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..models import Site, Surgery


@dataclass(frozen=True, kw_only=True)
class Intervention:
    """One change at `site` (None: at all sites): exactly one of `activation`, `t` and `offsets` says which.

    activation: another function there, as on the command line ("relu", "eelu:eps=0.2", "formula:max(x, a*x),a=0.1"), with its
        default parameters.
    t: the parameters stand at start + t (learned − start): 0 is the start, 1 as learned, 1.5 half as far again.
    offsets: what is added to the learned parameters, by name: (("a", 0.5), ("w.relu", −1.0)).
    """

    site: str | None = None
    activation: str | None = None
    t: float | None = None
    offsets: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        given = [self.activation is not None, self.t is not None, bool(self.offsets)]
        if sum(given) != 1:
            raise ExplorerError(
                f"An intervention needs exactly one of activation, t and offsets; received {sum(given)} of them ({self!r})."
            )

    @property
    def what(self) -> str:
        """Return the change in words: "ReLU", "its start", "t = 0.5", "a +0.5, b −0.2"."""
        if self.activation is not None:
            return activation_words(self.activation)
        if self.t is not None:
            return "its start" if self.t == 0 else f"t = {wording.number(self.t, 3).rstrip('0').rstrip('.')}"
        return ", ".join(f"{name} {wording.number(value, 3, sign=True)}" for name, value in self.offsets)


def activation_words(text: str) -> str:
    """Return an activation as papers write it: "ReLU" of "relu", "EELU (eps = 0.2)" of "eelu:eps=0.2", a formula as it is."""
    name, options = split_activation(text)
    title = config_title({"activation": name, "activation_options": options})
    rest = ", ".join(f"{key} = {value}" for key, value in options.items() if key != "formula")
    return f"{title} ({rest})" if rest else title


def intervene(
    model: "nn.Module",
    intervention: Intervention,
    example_input: "Tensor | None" = None,
    everywhere: "Surgery | None" = None,
) -> "nn.Module":
    """Return a fork of `model`, in evaluation mode, with that one change; `model` and what it computes stay as they are.

    `example_input`, a batch (N, C, H, W), shows how a network that is not one of ours calls its activations. Weights stay
    shared. `everywhere`: the `replacement` of all sites by the same function, where it is at hand; a site that is one of our
    modules, called once, is then changed without looking at the whole network again.

    Raises:
        ExplorerError: an unknown site, activation or parameter; a site that cannot be replaced, with the reason; nothing to
            move, because nothing there has parameters.
    """
    if intervention.activation is not None:
        if everywhere is not None and intervention.site is not None and _plain(model, intervention.site, everywhere):
            return _swapped(model, intervention.site, everywhere)
        return replacement(model, intervention.activation, intervention.site, example_input).model.eval()
    return _moved(model, intervention)


def learning_sites(model: "nn.Module") -> "list[Site]":
    """Return the sites of `model` whose activation has parameters with a known start, in order of registration."""
    from ..models import sites

    return [s for s in sites(model) if starts_of(s.module)]


def starts_of(module: "nn.Module") -> dict[str, float]:
    """Return with which value each parameter of an activation began; {} without parameters. torch starts its PReLU at 0.25."""
    from torch import nn

    from ..activations import Activation

    if isinstance(module, Activation):
        return module.start_values()
    return {"weight": 0.25} if isinstance(module, nn.PReLU) else {}


def scalars_of(module: "nn.Module") -> "dict[str, Tensor]":
    """Return the numbers of an activation by name ("a", "w.relu"): views into its parameters, of shape () or (C,)."""
    found: dict[str, Tensor] = {}
    components: dict[str, tuple[str, ...]] = getattr(module, "components", {})
    for name in starts_of(module):
        values = getattr(module, name).detach()
        parts = components.get(name, ())
        found |= {f"{name}.{part}": values[..., i] for i, part in enumerate(parts)} if parts else {name: values}
    return found


def stand_at(module: "nn.Module", t: float) -> None:
    """Put the parameters of an activation at start + t (learned − start), in place: they must be its own."""
    import torch

    with torch.no_grad():
        for name, start in starts_of(module).items():
            learned = getattr(module, name)
            learned.copy_(torch.lerp(torch.full_like(learned, start), learned, float(t)))


def replacement(model: "nn.Module", activation: str, site: str | None, example_input: "Tensor | None" = None) -> "Surgery":
    """Return the surgery, weights shared, that puts `activation` at `site` (None: at all that can be replaced).

    Raises ExplorerError for an unknown site or activation, and with the reasons where nothing can be replaced.
    """
    from ..models import on_device, replace_activations, sites

    name, options = split_activation(activation)
    which = None if site is None else _literal(site)
    if example_input is not None:
        example_input = on_device(model, example_input)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that nothing was replaced is an error here, and not a warning
        surgery = replace_activations(
            model, name, example_input=example_input, which=which, options=options, share_weights=True
        )
    if not surgery.replaced and site is not None and site not in surgery.left:
        raise unknown_name("site", site, [s.path for s in sites(model, example_input)])
    if not surgery.replaced:
        reasons = "; ".join(f"{path}: {why}" for path, why in surgery.left.items() if site in (None, path))
        raise ExplorerError(
            f"No activation could be replaced by {activation_words(activation)} ({reasons or 'there is none'})."
        )
    return surgery


def _plain(model: "nn.Module", site: str, everywhere: "Surgery") -> bool:
    """Return whether `site` is an activation of ours that stands at this path alone and is called once."""
    from ..activations import Activation

    modules = dict(model.named_modules(remove_duplicate=False))
    module = modules.get(site)
    once = not any(re.fullmatch(rf"{re.escape(site)}_\d+", path) for path in (*everywhere.replaced, *everywhere.left))
    alone = sum(other is module for other in modules.values()) == 1
    return isinstance(module, Activation) and alone and once and site in everywhere.replaced


def _swapped(model: "nn.Module", site: str, everywhere: "Surgery") -> "nn.Module":
    from ..models import fork

    twin = fork(model).eval()
    head, _, name = site.rpartition(".")
    setattr(twin.get_submodule(head), name, copy.deepcopy(everywhere.model.get_submodule(site)).eval())
    return twin


def _literal(site: str) -> str:
    """Return the pattern of `fnmatch` that only this path fits."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in site)


def _moved(model: "nn.Module", intervention: Intervention) -> "nn.Module":
    from ..models import fork, own_tensors

    twin = fork(model).eval()
    learning = learning_sites(twin)
    chosen = [s for s in learning if intervention.site in (None, s.path)]
    if not chosen:
        raise _nothing_to_move(model, intervention.site, [s.path for s in learning])
    for site in chosen:
        own_tensors(site.module)
        _move(site, intervention)
    return twin


def _move(site: "Site", intervention: Intervention) -> None:
    """Move the parameters of one site, which are its own, in place."""
    import torch

    if intervention.t is not None:
        stand_at(site.module, intervention.t)
    with torch.no_grad():
        numbers = scalars_of(site.module)
        for name, offset in intervention.offsets:
            if name not in numbers:
                raise unknown_name(f"parameter of {site.path}", name, numbers)
            numbers[name].add_(offset)


def _nothing_to_move(model: "nn.Module", site: str | None, learning: list[str]) -> ExplorerError:
    from ..models import sites

    known = {s.path: s.activation for s in sites(model)}
    if site is not None and site not in known:
        return unknown_name("site", site, known)
    if site is not None and learning:
        return ExplorerError(
            f"The activation at {site} ({known[site]}) has no parameters; those at {', '.join(learning)} have."
        )
    used = ", ".join(dict.fromkeys(activation_words(a) for a in known.values())) or "no activation modules"
    return ExplorerError(f"Nothing can be moved: no activation of this network has parameters; it uses {used}.")
