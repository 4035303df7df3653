"""ReLUN, a ReLU with a trainable ceiling.

Formula: f(x) = min(max(0, x), n)
Gradients: df/dx = 1 for 0 < x < n, else 0 (also at 0 and at n); df/dn = 1 where max(0, x) > n
Parameters: n = 1; with n < 0 the output is the constant n
Reference: E. Pishchik, Trainable Activations for Image Classification, preprints 202301.0463, 2023
Differs: the author's code shares one n over the whole network (sharing="network"); the default here is one per layer
"""

from typing import ClassVar

import torch
from torch import Tensor

from .kernel import Kernel
from .masks import where_positive
from .module import Activation
from .registry import register


def relun(x: Tensor, n: Tensor) -> Tensor:
    """Return min(max(0, x), n)."""
    return torch.minimum(x.clamp(min=0), n)


def relun_gradients(grad: Tensor, x: Tensor, n: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradient in x and the terms of that in n."""
    return where_positive(where_positive(grad, x), n - x), where_positive(grad, x.clamp(min=0) - n)


class ReLUN(Activation):
    """ReLUN with trainable n."""

    name = "relun"
    starts: ClassVar = {"n": 1.0}

    def make_kernel(self) -> Kernel:
        return Kernel("relun", relun, relun_gradients)


register(ReLUN, title="ReLUN", formula=r"f(x) = \min(\max(0, x), n)", card=__doc__, bounded=True)
