"""The architectures, their activation sites, surgery and forks.

model = make_model("resnet20", activation="coslu")         a network whose weights come from one generator
sites(model)                                               where its activations act
replace_activations(model, "apalu").model                  a copy with other activations
fork(model)                                                the same weights, own hooks, flags and noise
"""

from .devices import device_of, on_device
from .factory import make_model, model_names
from .fork import fork, own_tensors
from .initialise import initialise
from .parameters import activation_parameters, parameter_count
from .sites import Site, site_stage, sites
from .surgery import Surgery, replace_activations

__all__ = [
    "Site",
    "Surgery",
    "activation_parameters",
    "device_of",
    "fork",
    "initialise",
    "make_model",
    "model_names",
    "on_device",
    "own_tensors",
    "parameter_count",
    "replace_activations",
    "site_stage",
    "sites",
]
