"""The base class of every activation module."""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..errors import ExplorerError, unknown_name
from .compiler import is_compiled
from .engine import Call, precision
from .function import apply, true_derivative
from .kernel import Kernel

SHARINGS = ("network", "layer", "channel")


class Activation(nn.Module):
    """An elementwise activation with named parameters.

    **Shapes:** any input; with `sharing="channel"` the axis `channel_axis` holds the channels, and each parameter has shape
    (num_channels,); else each parameter has shape (). Parameters with components (the weights of LinComb) have one more axis
    at the end. The output has the input's shape, dtype and memory format; arithmetic and parameter sums are float32 (float64
    stays).

    `sharing="network"` differs from `"layer"` only in that `share_parameters` ties the modules of one network.
    """

    name: ClassVar[str] = ""
    starts: ClassVar[dict[str, float]] = {}
    components: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Parameters that hold several numbers, and what each of these belongs to."""
    floors: ClassVar[dict[str, float]] = {}
    """Parameters that the formula uses as max(value, floor); the gradient passes straight through."""
    option_defaults: ClassVar[dict[str, tuple[Any, str]]] = {}
    option_choices: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Options that are one of a few words."""
    stochastic: ClassVar[bool] = False
    alternates: ClassVar[bool] = False
    """Whether training alternates steps with noise and held parameters with clean steps."""

    def __init__(
        self, *, sharing: str = "layer", num_channels: int | None = None, channel_axis: int = 1, **options: Any
    ) -> None:
        super().__init__()
        if sharing not in SHARINGS:
            raise unknown_name("sharing", str(sharing), SHARINGS)
        self.sharing = sharing
        self.channel_axis = channel_axis
        self.options = self._complete(options)
        self._starts = self.make_starts()
        self.num_channels = self._channels(num_channels)
        self.held = False
        self.true_gradients = False
        self.noise_on: bool | None = None
        self.noise_generator: Any = None
        self.noise_site = ""
        self.kernel = self.make_kernel()
        self._call_cache: dict[tuple[bool, ...], Call] = {}
        shape = (self.num_channels,) if self.per_channel and self.num_channels is not None else ()
        for name, start in self._starts.items():
            several = (len(self.components[name]),) if name in self.components else ()
            self.register_parameter(name, nn.Parameter(torch.full((*shape, *several), start)))

    # ---- what a family provides

    def make_kernel(self) -> Kernel:
        """Return the elementwise mathematics for this module's options."""
        raise NotImplementedError

    def make_starts(self) -> dict[str, float]:
        """Return the initial value of every parameter for this module's options."""
        return dict(self.starts)

    def draw_noise(self, x: Tensor) -> tuple[Tensor, Tensor] | None:
        """Return (z, sigma) of a noise step, or None for a clean one."""
        return None

    # ---- what everybody uses

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The names of the trainable parameters, in the order of the formula."""
        return tuple(self._starts)

    @property
    def trainable(self) -> bool:
        """Whether the activation has parameters."""
        return bool(self._starts)

    @property
    def makes_noise(self) -> bool:
        """Whether the next forward pass draws noise: as the switch says, or else in training mode; False without noise."""
        return self.stochastic and (self.training if self.noise_on is None else self.noise_on)

    @property
    def per_channel(self) -> bool:
        """Whether every channel has parameters of its own."""
        return self.sharing == "channel" and bool(self._starts)

    @property
    def scalar_names(self) -> tuple[str, ...]:
        """The names of the numbers in the formula: those of the parameters, or of their components ("w.relu")."""
        return tuple(scalar for name in self._starts for scalar in self._scalar_names(name))

    def scalars(self) -> list[Tensor]:
        """Return the numbers of the formula, in its order: each a tensor of shape (), or (num_channels,)."""
        found: list[Tensor] = []
        for name in self._starts:
            parameter = getattr(self, name)
            found += parameter.unbind(-1) if name in self.components else [parameter]
        return found

    def start_values(self) -> dict[str, float]:
        """Return the value with which every parameter began."""
        return dict(self._starts)

    def start_scalars(self) -> dict[str, float]:
        """Return the value with which every number of the formula began, by `scalar_names`."""
        return {scalar: start for name, start in self._starts.items() for scalar in self._scalar_names(name)}

    def reset_parameters(self) -> None:
        """Set every parameter back to its start."""
        with torch.no_grad():
            for name, start in self._starts.items():
                getattr(self, name).fill_(start)

    def forward(self, x: Tensor) -> Tensor:
        """Return f(x), elementwise, for a floating-point tensor of any shape."""
        self._check(x)
        noise = self.draw_noise(x)
        z, sigma = noise if noise is not None else (None, None)
        return apply(x, self._call(), z, sigma, self.scalars())

    def curve(self, x: Tensor, channel: int | None = None, at_start: bool = False) -> Tensor:
        """Return f at the points `x` (P,), without noise and without a graph.

        Shape (P,), or (C, P) for parameters per channel and `channel` None. `at_start`: with the initial parameters.
        """
        points, arguments = self._points(x, channel, at_start)
        return self.kernel.evaluate(points, arguments).to(x.dtype)

    def derivative(self, x: Tensor, channel: int | None = None, at_start: bool = False) -> Tensor:
        """Return the derivative of the forward function at `x` (P,); shapes as in `curve`."""
        return self._slope(x, channel, at_start, true=True)

    def derivative_at(self, x: Tensor) -> Tensor:
        """Return f'(x) of the forward function for a tensor `x` that `forward` takes: same shape, dtype and format; no graph.

        Raises ExplorerError as `forward` does: integers, or channels that do not match.
        """
        self._check(x)
        return true_derivative(x.detach(), self._call(), self.scalars())

    def backward_derivative(self, x: Tensor, channel: int | None = None, at_start: bool = False) -> Tensor:
        """Return the derivative that training uses at `x` (P,); shapes as in `curve`."""
        return self._slope(x, channel, at_start, true=False)

    def extra_repr(self) -> str:
        """Return sharing, channels and options for `print(model)`."""
        parts = [f"sharing={self.sharing!r}"] if self.trainable else []
        parts += [f"num_channels={self.num_channels}"] if self.per_channel else []
        return ", ".join(parts + [f"{k}={v!r}" for k, v in self.options.items()])

    def __getstate__(self) -> dict[str, Any]:
        """Return the state of a copy: it starts with its switches at rest, since no context would ever set them back."""
        state = self.__dict__.copy()
        state.update(held=False, true_gradients=False, noise_on=None, noise_generator=None, noise_site="", _call_cache={})
        return state

    # ---- inside

    def _call(self) -> Call:
        key = (self.held, self.true_gradients, is_compiled())
        if key not in self._call_cache:
            axis = self.channel_axis if self.per_channel else None
            floors = tuple(self.floors.get(n) for n in self._starts for _ in self._scalar_names(n))
            self._call_cache[key] = Call(self.kernel, axis, floors, *key)
        return self._call_cache[key]

    def _check(self, x: Tensor) -> None:
        if not x.is_floating_point():
            kind = str(x.dtype).removeprefix("torch.")
            raise ExplorerError(
                f"{self._title} needs a floating-point tensor; received {kind}. Convert it, e.g. with x.float()."
            )
        if self.per_channel:
            shape = tuple(x.shape)
            if not -x.ndim <= self.channel_axis < x.ndim:
                raise ExplorerError(
                    f"{self._title} with sharing='channel' needs channels on axis {self.channel_axis}; received shape {shape}."
                )
            if shape[self.channel_axis] != self.num_channels:
                raise ExplorerError(
                    f"{self._title} has parameters for {self.num_channels} channels; received {shape[self.channel_axis]} "
                    f"on axis {self.channel_axis} of shape {shape}."
                )

    def _scalar_names(self, name: str) -> tuple[str, ...]:
        return tuple(f"{name}.{part}" for part in self.components[name]) if name in self.components else (name,)

    @property
    def _title(self) -> str:
        return type(self).__name__

    def _complete(self, options: dict[str, Any]) -> dict[str, Any]:
        for key in options:
            if key not in self.option_defaults:
                known = ", ".join(self.option_defaults)
                tail = f"Its options: {known}." if known else "It has no options."
                raise ExplorerError(f"{self._title} has no option '{key}'. {tail}")
        return {key: options.get(key, default) for key, (default, _) in self.option_defaults.items()}

    def _channels(self, num_channels: int | None) -> int | None:
        if not self.per_channel:
            return num_channels
        if num_channels is None:
            raise ExplorerError(
                f"{self._title} with sharing='channel' needs num_channels, the number of channels of its input."
            )
        if isinstance(num_channels, bool) or not isinstance(num_channels, int) or num_channels < 1:
            raise ExplorerError(f"num_channels must be a whole number of at least 1; received {num_channels!r}.")
        return num_channels

    @torch.no_grad()
    def _points(self, x: Tensor, channel: int | None, at_start: bool) -> tuple[Tensor, tuple[Tensor, ...]]:
        if channel is not None and self.per_channel and not 0 <= channel < (self.num_channels or 0):
            raise ExplorerError(f"{self._title} has channels 0 to {(self.num_channels or 0) - 1}; received {channel}.")
        points = x.detach().to(precision(x))
        arguments: list[Tensor] = []
        for name, start in self._starts.items():
            parameter = getattr(self, name).detach().to(points)
            parameter = torch.full_like(parameter, start) if at_start else parameter
            parameter = parameter.clamp(min=self.floors[name]) if name in self.floors else parameter
            if self.per_channel:
                parameter = parameter[:, None] if channel is None else parameter[channel]
            arguments += parameter.unbind(-1) if name in self.components else [parameter]
        return points.expand(torch.broadcast_shapes(points.shape, *(a.shape for a in arguments))), tuple(arguments)

    @torch.no_grad()
    def _slope(self, x: Tensor, channel: int | None, at_start: bool, *, true: bool) -> Tensor:
        points, arguments = self._points(x, channel, at_start)
        slope = self.kernel.pull_back(torch.ones_like(points), points, arguments, true=true)[0]
        return slope.to(x.dtype)


def require_positive(title: str, option: str, value: Any) -> float:
    """Return the option's value as a float, or raise if it is no number above 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise ExplorerError(f"{option} of {title} must be a number above 0; received {value!r}.")
    return float(value)


def require_number(title: str, option: str, value: Any, at_least: float | None = None) -> float:
    """Return the option's value as a float, or raise if it is no number, not finite, or below `at_least`."""
    bad = isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < float("inf")
    if bad or (at_least is not None and value < at_least):
        bound = "a finite number" if at_least is None else f"a number of at least {at_least:g}"
        raise ExplorerError(f"{option} of {title} must be {bound}; received {value!r}.")
    return float(value)
