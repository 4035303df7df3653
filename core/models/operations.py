"""Operations on tensors, by name: what they do to the axis of the channels."""

from collections.abc import Callable
from typing import Any

from .kinds import FUNCTIONS, GATE_FUNCTIONS

_ELEMENTWISE = (
    "add", "sub", "mul", "div", "neg", "abs", "pow", "square", "sqrt", "rsqrt", "exp", "log", "clamp", "minimum",
    "maximum", "where", "masked_fill", "clone", "contiguous", "to", "float", "half", "bfloat16", "double", "type",
    "type_as", "detach", "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout",
    "bernoulli", "lerp", "addcmul", "normalize", "local_response_norm", "layer_norm", "batch_norm", "group_norm",
    "instance_norm", "rms_norm", "fill", "copy", "requires_grad",
)  # fmt: skip
_POOLING = (
    "max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "adaptive_avg_pool1d",
    "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d",
    "lp_pool1d", "lp_pool2d", "interpolate", "upsample", "pad", "boolean_dispatch",
)  # fmt: skip
_COPIES = ("flip", "roll", "repeat", "mean", "sum", "amax", "amin")
_MOVING = (
    "permute", "transpose", "movedim", "moveaxis", "swapaxes", "swapdims", "t", "view", "view_as", "reshape", "reshape_as",
    "flatten", "unflatten", "squeeze", "unsqueeze", "expand", "expand_as", "getitem", "chunk", "split", "tensor_split",
    "unbind", "select", "narrow",
)  # fmt: skip
_DROPOUT = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout")
_PERHAPS_THE_SAME = ("contiguous", "to", "float", "type")

#: Operations after which the channels are where they were.
KEEP = frozenset((*_ELEMENTWISE, *_POOLING, *FUNCTIONS.values(), *GATE_FUNCTIONS.values()))
#: Operations that only move, cut or average entries.
SHAPE = frozenset((*_MOVING, *_COPIES))
#: Operations whose result lies in the memory of their input.
VIEWS = frozenset((*_MOVING, *_PERHAPS_THE_SAME, "detach"))
#: Operations that return the very tensor they are given, at least in some of their settings.
SAME = frozenset((*_DROPOUT, *_PERHAPS_THE_SAME))
#: Operations that do not look at the entries.
PASSIVE = frozenset((
    "get", "set", "size", "dim", "stride", "numel", "ndimension", "is_floating_point", "data_ptr", "get_device",
    "new_empty", "new_zeros",
))  # fmt: skip

_ALIASES = {"truediv": "div", "true_divide": "div", "multiply": "mul", "subtract": "sub", "rsub": "sub"}
_ALIASES |= {f"i{n}": n for n in ("add", "sub", "mul", "pow")} | {f"r{n}": n for n in ("add", "mul", "pow", "div")}
_ALIASES |= {"itruediv": "div", "rtruediv": "div", "concat": "cat", "concatenate": "cat"}


def operation(function: Callable[..., Any] | str) -> str:
    """Return the plain name of a function or method: "add" for torch.add, Tensor.add_, operator.iadd …"""
    name = function if isinstance(function, str) else getattr(function, "__name__", "")
    name = name.strip("_")
    return _ALIASES.get(name, name)


def argument(args: tuple[Any, ...], kwargs: dict[str, Any], place: int, name: str, default: Any = None) -> Any:
    """Return the argument of a call that stands at `place` or has the `name`."""
    return args[place] if len(args) > place else kwargs.get(name, default)


def leaves(tree: Any) -> list[Any]:
    """Return the entries of nested tuples, lists and dicts, in order."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, tuple | list):
        return [leaf for branch in tree for leaf in leaves(branch)]
    return [tree]


def mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Return nested tuples, lists and dicts with every entry changed; named tuples and other classes stay what they are."""
    if type(tree) in (tuple, list):
        return type(tree)(mapped(branch, change) for branch in tree)
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(mapped(branch, change) for branch in tree))
    if type(tree) is dict:
        return {key: mapped(branch, change) for key, branch in tree.items()}
    return change(tree)
