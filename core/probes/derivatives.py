"""The true derivative of any activation module, ours or torch's."""

import torch
from torch import Tensor, nn

from ..activations import Activation


def true_derivative(module: nn.Module, x: Tensor) -> Tensor:
    """Return f'(x) of the activation's forward function at `x`, same shape, noise off; float32 at least."""
    x = x.detach().to(torch.promote_types(x.dtype, torch.float32))
    if isinstance(module, Activation):
        return module.derivative_at(x)
    with torch.enable_grad():
        x.requires_grad_()
        (gradient,) = torch.autograd.grad(module.forward(x).sum(), x)  # the bare function: no hooks
    return gradient
