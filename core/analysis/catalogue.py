"""An activation by itself, without a network: its curve and derivatives, its noise, what it does to a normal distribution."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .choice import make_chosen, read_choice

if TYPE_CHECKING:
    from torch import Tensor

    from ..activations import Activation

__all__ = ["Passage", "normal_passage", "parameter_slopes", "passage_of", "shape_table"]

#: Points of a curve, an odd number so that the middle of a symmetric range is one of them.
POINTS = 401
#: Between these shares of the noise lies its band.
BAND = (0.025, 0.975)
#: Inputs of a standard normal, the middles of equally likely slices.
INPUTS = 200_001
#: Bins of the two histograms, and the share from which a single value counts as an atom.
BINS, ATOM = 80, 0.005
#: Shares of the outputs between which the histograms reach.
SHOWN = (0.005, 0.995)

Settings = Mapping[str, Any] | None


def shape_table(
    activation: str,
    parameters: Mapping[str, float] | None = None,
    options: Settings = None,
    *,
    x_range: tuple[float, float] = (-5.0, 5.0),
    points: int = POINTS,
    noise: bool | None = None,
) -> pd.DataFrame:
    """Return the curve of one activation at given parameters, (points,) rows in float64.

    Columns: x, y (noise off), start (y at the initial parameters), low and high (between which 95 % of the noisy outputs lie;
    y where there is no noise), derivative (of the forward function) and backward_derivative (the one that training uses).

    Args:
        activation: a registry name, with or without settings (`coslu:a=1.5`), or `formula:x*sigmoid(a*x),a=1`.
        parameters: values of numbers in the formula, by name (`w.relu` for a weight of LinComb).
        options: as in `make_activation`.
        noise: False: low and high are y; None: the noise that the activation makes in training.

    Raises:
        ExplorerError: an unknown activation, or a setting that it does not have or refuses.
    """
    import torch

    from .noise_law import noise_quantiles, noisy_curve

    module = make_chosen(read_choice(activation, parameters, options))
    x = _grid(x_range, points)
    y = module.curve(x)
    amounts = noise_quantiles(module, BAND) if module.stochastic and noise is not False else (0.0, 0.0)
    ends = [noisy_curve(module, x, amount) for amount in amounts] if amounts != (0.0, 0.0) else [y, y]
    columns = {
        "x": x,
        "y": y,
        "start": module.curve(x, at_start=True),
        "low": torch.minimum(*ends),
        "high": torch.maximum(*ends),
        "derivative": module.derivative(x),
        "backward_derivative": module.backward_derivative(x),
    }
    return pd.DataFrame({name: values.numpy() for name, values in columns.items()})


def _grid(x_range: tuple[float, float], points: int) -> "Tensor":
    """Return evenly spaced points; the one at 0, where functions have their kinks, is exactly 0."""
    import torch

    x = torch.linspace(*x_range, points, dtype=torch.float64)
    return torch.where(x.abs() < 1e-9 * (x_range[1] - x_range[0]), torch.zeros_like(x), x)


def parameter_slopes(
    activation: str,
    parameters: Mapping[str, float] | None = None,
    options: Settings = None,
    *,
    x_range: tuple[float, float] = (-5.0, 5.0),
    points: int = POINTS,
) -> pd.DataFrame:
    """Return how the output answers to each parameter: x, parameter, derivative (df/dp), backward_derivative.

    Both come from autograd, the first under `true_gradients`. They differ where the formula keeps a parameter at a floor and
    training lets the gradient pass all the same. Without parameters the table is empty. Arguments as in `shape_table`.
    """
    from ..activations import true_gradients

    choice = read_choice(activation, parameters, options)
    module = make_chosen(choice, copies=points)
    x = _grid(x_range, points)
    used = _parameter_gradients(module, x)
    with true_gradients(module):
        true = _parameter_gradients(module, x)
    parts = [
        pd.DataFrame({"x": x.numpy(), "parameter": name, "derivative": true[name], "backward_derivative": used[name]})
        for name in used
    ]
    empty = pd.DataFrame({"x": [], "parameter": [], "derivative": [], "backward_derivative": []})
    return pd.concat(parts, ignore_index=True) if parts else empty


def _parameter_gradients(module: "Activation", x: "Tensor") -> dict[str, np.ndarray]:
    """Return df/dp at every point, by the name of the number; every point is a channel with parameters of its own."""
    import torch

    held = [getattr(module, name) for name in module.parameter_names]
    if not held:
        return {}
    gradients = torch.autograd.grad(module(x[None]).sum(), held)  # each (points,), or (points, components)
    columns = torch.cat([g.reshape(len(x), -1) for g in gradients], dim=1).numpy().T
    return dict(zip(module.scalar_names, columns, strict=True))


@dataclass(frozen=True, kw_only=True)
class Passage:
    """What becomes of standard normal inputs. `share_at_zero`: of the outputs that are exactly 0; shares are from 0 to 1."""

    mean: float
    sd: float
    share_at_zero: float
    share_not_finite: float


def normal_passage(
    activation: str, parameters: Mapping[str, float] | None = None, options: Settings = None
) -> tuple[pd.DataFrame, Passage]:
    """Return histograms of standard normal inputs and of their outputs, and the outputs' mean, sd and share at 0.

    The table has the columns side (input, output), low, high (ends of the bin) and share (of all inputs, 0 to 1); both sides
    have the same bins, which hold at least 99 % of the finite outputs. A single value that at least 0.5 % of the outputs have
    is a row of its own, with low = high. Nothing is drawn: the inputs are the middles of 200,001 equally likely slices. Noise
    is off; arguments as in `shape_table`.
    """
    import torch

    module = make_chosen(read_choice(activation, parameters, options))
    levels = (torch.arange(INPUTS, dtype=torch.float64) + 0.5) / INPUTS
    inputs = torch.special.ndtri(levels)
    return _histograms(inputs.numpy(), module.curve(inputs).numpy()), passage_of(module.curve(inputs).numpy())


def passage_of(outputs: np.ndarray) -> Passage:
    """Return mean, sd and share at 0 of outputs (N,); mean and sd are NaN where an output is not finite."""
    finite = np.isfinite(outputs)
    clean = bool(finite.all())
    return Passage(
        mean=float(outputs.mean()) if clean else float("nan"),
        sd=float(outputs.std()) if clean else float("nan"),
        share_at_zero=float((outputs == 0).mean()),
        share_not_finite=float((~finite).mean()),
    )


def _histograms(inputs: np.ndarray, outputs: np.ndarray) -> pd.DataFrame:
    finite = outputs[np.isfinite(outputs)]
    low, high = (*np.quantile(finite, SHOWN),) if finite.size else (0.0, 0.0)
    edges = np.linspace(min(-4.0, low), max(4.0, high), BINS + 1)
    values, counts = np.unique(finite, return_counts=True)
    many = counts >= ATOM * len(outputs)
    single = pd.DataFrame({"side": "output", "low": values[many], "high": values[many], "share": counts[many] / len(outputs)})
    spread = finite[~np.isin(finite, values[many])]
    bars = [
        pd.DataFrame({"side": side, "low": edges[:-1], "high": edges[1:], "share": np.histogram(v, edges)[0] / len(outputs)})
        for side, v in (("input", inputs), ("output", spread))
    ]
    return pd.concat([*bars, single] if many.any() else bars, ignore_index=True)
