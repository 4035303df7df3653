"""Which modules are activations."""

from torch import nn

from ..activations import Activation

#: torch's own activation modules and the names under which the registry knows the function. Gates (sigmoid, softmax, tanh)
#: are not listed: multiplied into a tensor they are no activation of a layer.
TORCH_ACTIVATIONS: dict[type[nn.Module], str] = {
    nn.ReLU: "relu",
    nn.ReLU6: "relu6",
    nn.LeakyReLU: "leaky_relu",
    nn.PReLU: "prelu",
    nn.RReLU: "rrelu",
    nn.ELU: "elu",
    nn.CELU: "celu",
    nn.SELU: "selu",
    nn.SiLU: "silu",
    nn.GELU: "gelu",
    nn.Mish: "mish",
    nn.Softplus: "softplus",
    nn.Hardswish: "hardswish",
}


def is_activation(module: nn.Module) -> bool:
    """Return whether `module` is one of our activations or one of torch's."""
    return isinstance(module, Activation) or type(module) in TORCH_ACTIVATIONS


def activation_name(module: nn.Module) -> str:
    """Return the name of an activation module: ours its own, torch's as in `TORCH_ACTIVATIONS`."""
    return module.name if isinstance(module, Activation) else TORCH_ACTIVATIONS[type(module)]
