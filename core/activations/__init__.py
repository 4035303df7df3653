"""Activation functions: registry, modules, and the switches for noise, hold, true gradients and compiled code.

- `make_activation`, `activation_names`, `describe`, `register`, `ActivationInfo`: the registry
- `activation_from_formula`, `formula_report`, `portable`: formulas of one's own
- `activation_report`, `FormulaReport`: range, kinks and dangers of any activation, measured
- `Activation`: the base class of every module
- `noise`, `hold`, `true_gradients`, `alternation`, `compiled`: context managers
- `NoiseStream`: noise that belongs to images, not to batches
- `pseudo_derivative_criteria`: what makes a good pseudo derivative, measured for any function
- `share_parameters`, `is_activation_parameter`: activation parameters in a network
"""

# isort: off
# The order of these imports is the order of the catalogue.
from . import relu as relu
from . import leaky_relu as leaky_relu
from . import prelu as prelu
from . import rrelu as rrelu
from . import elu as elu
from . import silu as silu
from . import swish as swish
from . import gelu as gelu
from . import mish as mish
from . import softplus as softplus
from . import pelu as pelu
from . import identity as identity
from . import coslu as coslu
from . import delu as delu
from . import relun as relun
from . import shilu as shilu
from . import scaled_softsign as scaled_softsign
from . import lincomb as lincomb
from . import sinlu as sinlu
from . import eelu as eelu
from . import erelu as erelu
from . import mpelu as mpelu
from . import apalu as apalu
from . import pdrelu as pdrelu
from . import formula as formula

# isort: on
from .compiler import compiled
from .formula_names import activation_from_formula, portable
from .formula_report import FormulaReport, activation_report, formula_report
from .module import Activation
from .noise_stream import NoiseStream
from .parameters import is_activation_parameter, share_parameters
from .pseudo_criteria import PseudoDerivativeCriteria, pseudo_derivative_criteria
from .registry import ActivationInfo, activation_names, describe, make_activation, register
from .switches import alternation, hold, noise, true_gradients

__all__ = [
    "Activation",
    "ActivationInfo",
    "FormulaReport",
    "NoiseStream",
    "PseudoDerivativeCriteria",
    "activation_from_formula",
    "activation_names",
    "activation_report",
    "alternation",
    "compiled",
    "describe",
    "formula_report",
    "hold",
    "is_activation_parameter",
    "make_activation",
    "noise",
    "portable",
    "pseudo_derivative_criteria",
    "register",
    "share_parameters",
    "true_gradients",
]
