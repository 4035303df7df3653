"""Which attribution methods hold for a network, found from the network itself, with the reason where one does not."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd

from .attribution_choices import METHODS, REFUSED, check_method
from .groups import activation_title

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..models.places import Place

NO_FEATURE_MAP = "Grad-CAM needs a convolutional feature map; this network has none."

#: Layers of torch that are neither linear nor functions of one number, and for which captum's DeepLift has no rule.
_WITHOUT_RULE = (
    "LayerNorm", "GroupNorm", "RMSNorm", "LocalResponseNorm", "CrossMapLRN2d", "MultiheadAttention", "RNN", "LSTM", "GRU",
    "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d", "FractionalMaxPool2d", "FractionalMaxPool3d", "LPPool1d",
    "LPPool2d", "LPPool3d", "GLU", "LogSoftmax", "Softmax2d", "Softmin", "Bilinear", "CosineSimilarity", "PairwiseDistance",
)  # fmt: skip
_INSTANCE_NORMS = ("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d")


def method_validity(model: "nn.Module", method: str, images: "Tensor") -> str | None:
    """Return why `method` says nothing valid about `model`, in a sentence; None if it does.

    Args:
        method: one of `METHODS` or `REFUSED`.
        images: normalised floats (N, C, H, W); the first one is sent through a copy to see what the network calls.
    """
    if method in REFUSED:
        return _refused(model, method)
    check_method(method)
    if method == "grad_cam":
        return None if feature_map(model, images) else NO_FEATURE_MAP
    return _deep_lift_reason(model, images) if method == "deep_lift" else None


def method_table(model: "nn.Module", images: "Tensor") -> pd.DataFrame:
    """Return one row per method, those that are never offered last: method, title, reason ("": valid), note ("": none)."""
    names = {**METHODS, **REFUSED}
    rows = [(m, title, method_validity(model, m, images) or "", method_note(model, m) or "") for m, title in names.items()]
    return pd.DataFrame(rows, columns=["method", "title", "reason", "note"])


def method_note(model: "nn.Module", method: str) -> str | None:
    """Return what to keep in mind about a valid method for this network; None where there is nothing.

    Integrated Gradients sum the slope along a path: where a function jumps, the slope tells nothing of the jump.
    """
    if method not in ("integrated_gradients", "saliency", "input_x_gradient"):
        return None
    jumping = _jumping_sites(model)
    if not jumping:
        return None
    sites = f"'{jumping[0]}'" + (f" and {len(jumping) - 1} more" if len(jumping) > 1 else "")
    return f"The function at {sites} jumps, and no gradient tells of a jump: {METHODS[method]} misses what the jumps add."


def feature_map(model: "nn.Module", images: "Tensor") -> str | None:
    """Return the path of the last layer with maps (N, C, h, w) of more than one element: an activation, else a convolution.

    A layer that is called more than once in a pass does not count; None where there is no such layer.
    """
    from ..models import fork

    return seen_feature_map(fork(model).eval(), images)


def seen_feature_map(network: "nn.Module", images: "Tensor") -> str | None:
    """Return what `feature_map` does, from a pass through `network` itself: a fork, in evaluation mode."""
    import torch
    from torch import nn

    from ..models import on_device
    from ..models.kinds import is_activation

    calls: Counter[str] = Counter()
    found: dict[str, bool] = {}

    def note(path: str, acting: bool, output: Any) -> None:
        calls[path] += 1
        if isinstance(output, torch.Tensor) and output.ndim == 4 and output.shape[2] * output.shape[3] > 1:
            found[path] = acting

    handles = [
        module.register_forward_hook(lambda m, args, output, path=path: note(path, is_activation(m), output))
        for path, module in network.named_modules()
        if is_activation(module) or isinstance(module, nn.Conv2d)
    ]
    with torch.no_grad():
        network(on_device(network, images[:1]))
    for handle in handles:
        handle.remove()
    once = {path: acting for path, acting in found.items() if calls[path] == 1}
    acting = [path for path, acts in once.items() if acts]
    return next(reversed(acting or list(once)), None)


def _refused(model: "nn.Module", method: str) -> str:
    from torch import nn

    from ..models import sites

    found = sites(model)
    names = ", ".join(dict.fromkeys(activation_title(s.activation) for s in found)) or "none"
    if method == "guided_backprop":
        if any(isinstance(s.module, nn.ReLU) for s in found):
            return "Guided Backpropagation rebuilds the image and hardly depends on the weights (Adebayo et al. 2018)."
        return f"Guided Backpropagation changes the gradient of ReLU modules alone: here ({names}) it is the same as Saliency."
    return f"Layer-wise Relevance Propagation has no rule for these activations ({names}) and the sums of a residual network."


def _deep_lift_reason(model: "nn.Module", images: "Tensor") -> str | None:
    from ..models import on_device
    from ..models.usage import usage

    if reason := _layer_without_rule(model) or _shared_module(model):
        return reason
    places = [p for p in usage(model, on_device(model, images[:1])).places if p.calls.get(False)]
    called = Counter(p.target for p in places)
    for place in places:
        if reason := _place_reason(place, called):
            return reason
    return None


def _place_reason(place: "Place", called: Counter[str | None]) -> str | None:
    """Return why DeepLift fails at one place; only evaluation mode counts."""
    calls = place.calls[False]
    if any(call.multiplied for call in calls):
        return f"DeepLift has no rule for products, and the gate at '{place.path}' multiplies two tensors."
    if place.target is None:
        owner = f"'{place.owner}'" if place.owner else "the network"
        return f"DeepLift must see every nonlinear function as a module, and {owner} calls {place.function} as a function."
    times = max(len(calls), called[place.target], place.visits)
    if times > 1:
        return f"DeepLift needs a module of its own at every site, and '{place.target}' is called {times} times in a pass."
    if any(call.reread or call.reread_elsewhere for call in calls):
        return f"'{place.target}' works in place and its input is read again, which DeepLift cannot follow."
    return None


def _layer_without_rule(model: "nn.Module") -> str | None:
    for path, module in model.named_modules():
        kind = type(module).__name__
        if kind in _WITHOUT_RULE or (kind in _INSTANCE_NORMS and not getattr(module, "track_running_stats", False)):
            return f"DeepLift has no rule for {kind} at '{path}'."
        if kind.startswith("MaxPool") and _overlaps(module):
            return f"DeepLift's rule for max pooling needs windows that do not overlap; those at '{path}' do."
    return None


def _overlaps(pool: Any) -> bool:
    def numbers(value: Any) -> tuple[int, ...]:
        return tuple(value) if isinstance(value, tuple | list) else (value,) * 3

    return any(k > s for k, s in zip(numbers(pool.kernel_size), numbers(pool.stride), strict=False))


def _shared_module(model: "nn.Module") -> str | None:
    """Return the reason if one activation object stands at several paths."""
    from ..models.kinds import gate_name, is_activation

    paths: dict[int, str] = {}
    for path, module in model.named_modules(remove_duplicate=False):
        if is_activation(module) or gate_name(module):
            if id(module) in paths:
                return f"DeepLift needs a module of its own at every site, and '{paths[id(module)]}' and '{path}' are one."
            paths[id(module)] = path
    return None


def _jumping_sites(model: "nn.Module") -> list[str]:
    """Return the paths of the sites whose function is a formula with jumps; the registry's own functions have none."""
    from ..activations import formula_report
    from ..activations.formula import Formula
    from ..models import sites

    return [s.path for s in sites(model) if isinstance(s.module, Formula) and formula_report(s.module).jumps]
