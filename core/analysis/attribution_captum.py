"""Captum, made to work on these networks: one output per image, our activations' rule, noise from a named stream."""

import contextlib
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from captum.attr import DeepLift, NoiseTunnel
from captum.attr._core.deep_lift import SUPPORTED_NON_LINEAR, nonlinear
from torch import Tensor, nn

from ..models.kinds import gate_name, is_activation
from ..streams import stream

#: Captum says at every call of DeepLift that it hangs hooks and removes them: ours hang on a fork of the network.
HOOKS_WARNING = "Setting forward, backward hooks and attributes on non-linear"

#: Torch's functions of one number for which captum has no rule of its own.
ELEMENTWISE_GATES = ("hardsigmoid", "logsigmoid", "hardtanh")


class Explained(nn.Module):
    """A network with one number per image: the sum of its logits (N, K) times `weights` (N, K).

    One logit and the difference of two are both such sums. `before` is called before every forward pass; it may raise.
    Without `weights`, `choose` gives them from the logits of the pass itself. `values` are the numbers of the last pass, (N,).
    """

    def __init__(
        self, network: nn.Module, before: Callable[[], None], choose: Callable[[Tensor], Tensor] | None = None
    ) -> None:
        super().__init__()
        self.network = network
        self.before = before
        self.choose = choose
        self.values = torch.empty(0)

    def forward(self, images: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the explained numbers, (N,)."""
        self.before()
        logits = self.network(images)
        if weights is None:
            assert self.choose is not None, "weights are given, or chosen"
            weights = self.choose(logits.detach())
        explained = (logits * weights).sum(1)
        self.values = explained.detach()
        return explained


class ElementwiseDeepLift(DeepLift):
    """DeepLift that knows every function of one number, ours and torch's, by captum's own rule for nonlinear modules.

    Captum rewrites the gradient of the types in its table only and passes over all others in silence; the table is shared by
    the whole process and stays as it is. `input` and `output` are kept on the modules: give a fork to every call.
    """

    def _is_non_linear(self, module: nn.Module) -> bool:
        return super()._is_non_linear(module) or elementwise(module)

    def _register_hooks(self, module: nn.Module, attribute_to_layer_input: bool = True) -> None:
        if self._can_register_hook(module):  # captum replaces the gradient of a module's input, whoever else reads it
            self.forward_handles.append(module.register_forward_pre_hook(_own_view))
        super()._register_hooks(module, attribute_to_layer_input)

    def _backward_hook(self, module: nn.Module, grad_input: Tensor, grad_output: Tensor) -> Tensor:
        if type(module) in SUPPORTED_NON_LINEAR:
            return super()._backward_hook(module, grad_input, grad_output)
        multipliers = nonlinear(module, module.input, module.output, grad_input, grad_output, eps=self.eps)
        del module.input, module.output
        return multipliers


class SeededNoiseTunnel(NoiseTunnel):
    """SmoothGrad whose noise belongs to images and samples, not to batches, and leaves the global generator alone.

    `stdevs` is a share of the range of each image, as in the paper (Smilkov et al. 2017). Sample s of image i is drawn from
    the stream (seed, "smoothgrad", i, s).
    """

    def __init__(self, method: Any, *, seed: int, ids: Sequence[int]) -> None:
        super().__init__(method)
        self.seed, self.ids, self.drawn = seed, list(ids), 0

    def _add_noise_to_input(self, input: Tensor, stdev: float, nt_samples_partition: int) -> Tensor:
        samples = range(self.drawn, self.drawn + nt_samples_partition)
        self.drawn += nt_samples_partition
        noise = torch.stack([self._noise(input[0], i, s) for i in self.ids for s in samples]).to(input)
        reach = (input.amax((1, 2, 3), keepdim=True) - input.amin((1, 2, 3), keepdim=True)) * stdev
        return (input.repeat_interleave(len(samples), 0) + noise * reach.repeat_interleave(len(samples), 0)).detach()

    def _noise(self, like: Tensor, image: int, sample: int) -> Tensor:
        return torch.randn(like.shape, generator=stream(self.seed, "smoothgrad", image, sample))


class _Silence:
    """The filter of warnings while captum works: the first thread to come sets it, the last to go takes it away."""

    def __init__(self) -> None:
        self.lock, self.inside = threading.Lock(), 0
        self.filters = contextlib.ExitStack()

    def enter(self) -> None:
        with self.lock:
            if self.inside == 0:
                self.filters.enter_context(warnings.catch_warnings())
                warnings.filterwarnings("ignore", message=HOOKS_WARNING, category=UserWarning)
            self.inside += 1

    def leave(self) -> None:
        with self.lock:
            self.inside -= 1
            if self.inside == 0:
                self.filters.close()


_silence = _Silence()


@contextlib.contextmanager
def without_hooks_warning() -> Iterator[None]:
    """Let captum's warning about hooks pass by in silence inside; before and after, nothing is changed. Threads may overlap."""
    _silence.enter()
    try:
        yield
    finally:
        _silence.leave()


def elementwise(module: nn.Module) -> bool:
    """Return whether a module applies a function of one number to every element."""
    return is_activation(module) or gate_name(module) in ELEMENTWISE_GATES


def _own_view(_module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Hand the module a tensor that nobody else reads."""
    return tuple(x.view_as(x) if isinstance(x, Tensor) else x for x in args)
