"""The activations as one writes them down at first: plain torch functions, left to autograd."""

from collections.abc import Callable

import torch
from torch import Tensor, where

#: f(x, *parameters), with the parameters in the order of the formula.
NAIVE: dict[str, Callable[..., Tensor]] = {
    "prelu": lambda x, a: where(x > 0, x, a * x),
    "swish": lambda x, beta: x * torch.sigmoid(beta * x),
    "mish": lambda x: x * torch.tanh(torch.nn.functional.softplus(x)),
    "softplus": lambda x: torch.log1p(torch.exp(x)),
    "pelu": lambda x, a, b: where(x >= 0, a / b * x, a * (torch.exp(x / b) - 1)),
    "rrelu": lambda x: where(x > 0, x, x * (11 / 48)),
    "coslu": lambda x, a, b: (x + a * torch.cos(b * x)) * torch.sigmoid(x),
    "sinlu": lambda x, a, b: (x + a * torch.sin(b * x)) * torch.sigmoid(x),
    "delu": lambda x, n: where(x <= 0, x * torch.sigmoid(x), (n + 0.5) * x + torch.abs(torch.exp(-x) - 1)),
    "helu": lambda x: where(x <= 0, x * torch.sigmoid(x), 0.5 * x + torch.abs(torch.exp(-x) - 1)),
    "relun": lambda x, n: torch.minimum(torch.clamp(x, min=0), n),
    "shilu": lambda x, a, b: a * torch.relu(x) + b,
    "scaled_softsign": lambda x, a, b: a * x / (b + torch.abs(x) + 1e-8),
    "lincomb": lambda x, w1, w2, w3, w4: _parts(x, w1, w2, w3, w4),
    "norm_lincomb": lambda x, w1, w2, w3, w4: _parts(x, w1, w2, w3, w4) / (w1 + w2 + w3 + w4 + 1e-8),
    "eelu": lambda x, alpha, beta: where(x >= 0, x, alpha.clamp(min=0) * (torch.exp(beta.clamp(min=0) * x) - 1)),
    "erelu": lambda x: where(x >= 0, x, torch.zeros_like(x)),
    "eprelu": lambda x, a: where(x >= 0, x, a * x),
    "mpelu": lambda x, alpha, beta: where(x >= 0, x, alpha * (torch.exp(beta * x) - 1)),
    "apalu": lambda x, a, b: where(
        x >= 0, a.clamp(min=0) * (x + x * torch.sigmoid(1.702 * x)), b.clamp(min=0) * (torch.exp(x) - 1)
    ),
}


def _parts(x: Tensor, w1: Tensor, w2: Tensor, w3: Tensor, w4: Tensor) -> Tensor:
    return w1 * torch.relu(x) + w2 * torch.sigmoid(x) + w3 * torch.tanh(x) + w4 * torch.nn.functional.softsign(x)
