"""A user's own formula: its derivatives against autograd, and as a full citizen beside the registry's own activations."""

import copy
import pickle
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional

from core.activations import (
    Activation,
    activation_from_formula,
    activation_names,
    compiler,
    describe,
    engine,
    make_activation,
    portable,
    share_parameters,
)
from core.activations.formula import RESERVED
from core.activations.formula_tree import FUNCTIONS
from core.errors import ExplorerError, FormulaError
from core.models import make_model, replace_activations

from .own_names import own_names as own_names
from .test_compiled import both, count_graphs
from .test_tensors import FORMATS, TOLERANCE, images, set_apart

#: Every function as torch has it, away from the grammar's rules.
TORCH: dict[str, Callable[..., Tensor]] = {
    **{n: getattr(torch, n) for n in ("exp", "expm1", "log", "log1p", "sqrt", "abs", "sign", "sin", "cos", "tan", "sinh")},
    **{n: getattr(torch, n) for n in ("cosh", "tanh", "atan", "erf", "sigmoid", "relu")},
    "softplus": lambda u: torch.logaddexp(u, torch.zeros_like(u)),
    "softsign": functional.softsign,
    "silu": functional.silu,
    "min": lambda u: torch.minimum(u, 0.3 * u - 0.4),
    "max": lambda u: torch.maximum(u, 0.3 * u - 0.4),
    "clamp": lambda u: torch.clamp(u, -0.2 + 0.1 * u, 0.9 - 0.1 * u),
    "where": lambda u: torch.where(u < 0.3, u * u, 2 * u),
}
WRITTEN = {
    "min": "min({u}, 0.3*({u}) - 0.4)",
    "max": "max({u}, 0.3*({u}) - 0.4)",
    "clamp": "clamp({u}, -0.2 + 0.1*({u}), 0.9 - 0.1*({u}))",
    "where": "where({u} < 0.3, ({u})^2, 2*({u}))",
}
POSITIVE = ("log", "log1p", "sqrt")


def gradients(module: Activation, x: Tensor) -> list[Tensor]:
    """Return the derivatives in x and the parameters that the closed forms give, at each point."""
    arguments = tuple(p.detach() for p in module.parameters())
    return list(module.kernel.pull_back(torch.ones_like(x), x, arguments))


def autograd(function: Callable[..., Tensor], x: Tensor, parameters: list[Tensor]) -> list[Tensor]:
    """Return the derivatives that autograd gives, at each point: the parameters are expanded first."""
    leaves = [t.detach().expand_as(x).clone().requires_grad_() for t in (x, *parameters)]
    found = torch.autograd.grad(function(*leaves).sum(), leaves, allow_unused=True, materialize_grads=True)
    return list(found)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_the_value_and_the_derivatives_that_autograd_finds(name: str) -> None:
    inner = "a*x^2 + 0.1 + b^2" if name in POSITIVE else "a*x + b"
    text = WRITTEN.get(name, f"{name}({{u}})").replace("{u}", inner)
    module = make_activation("formula", formula=text, a=0.7, b=-0.3).double()
    x = torch.tensor([-4.1, -1.3, -0.2, 0.01, 0.5, 1.7, 3.9], dtype=torch.float64)

    def slow(x: Tensor, a: Tensor, b: Tensor) -> Tensor:
        return TORCH[name](a * x**2 + 0.1 + b**2 if name in POSITIVE else a * x + b)

    a, b = (p.detach() for p in module.parameters())
    torch.testing.assert_close(module.curve(x), slow(x, a, b), rtol=1e-13, atol=1e-14)
    for one, other in zip(gradients(module, x), autograd(slow, x, [a, b]), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_of_a_constant_is_what_it_is_of_a_tensor(name: str) -> None:
    text, zero = WRITTEN.get(name, f"{name}({{u}})"), torch.zeros(1, dtype=torch.float64)
    for u in ("0.37", "2.5") if name in POSITIVE else ("0.37", "2.5", "-0.61", "0"):
        folded, computed = (make_activation("formula", formula=text.replace("{u}", f) + " + 0*x") for f in (u, f"({u} + x)"))
        assert all(step.function in "*+" for step in folded.kernel.constants[0][1].steps)
        torch.testing.assert_close(folded.curve(zero), computed.curve(zero), rtol=1e-14, atol=1e-15)


KINKS = "relu(x)", "abs(x)", "sign(x)", "min(x, 0)", "max(0, x)", "max(x, x)", "abs(x)^a"


@pytest.mark.parametrize("text", KINKS)
def test_derivatives_at_a_kink_are_those_of_torch(text: str) -> None:
    module = make_activation("formula", formula=text, **({"a": 2.0} if text.endswith("^a") else {})).double()
    zero = torch.zeros(1, dtype=torch.float64)
    parameters = [p.detach() for p in module.parameters()]
    expected = autograd(lambda *arguments: module.kernel.evaluate(arguments[0], arguments[1:]), zero, parameters)
    for one, other in zip(gradients(module, zero), expected, strict=True):
        assert torch.equal(one, other)


def test_derivatives_at_the_ends_of_clamp_are_those_of_the_ends() -> None:
    x = torch.tensor([-1.0, 1.0], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(torch.clamp(x, -1, 1).sum(), x)
    module = make_activation("formula", formula="clamp(x, -1, a)", a=1.0).double()
    in_x, in_a = gradients(module, x.detach())
    assert torch.equal(in_x, slope) and in_a.tolist() == [0, 1]


def random_formula(draw: random.Random, depth: int = 4) -> str:
    """Return a random formula in x, a and b."""
    if depth == 0 or draw.random() < 0.1:
        return draw.choice(["x", "x", "a", "b", f"{draw.uniform(0.1, 2):.2f}", "pi"])
    inner = [f"({random_formula(draw, depth - 1)})" for _ in range(4)]
    kind = draw.choice(["+", "-", "*", "/", "^", "neg", "where", "clamp", "pair", *["function"] * 4])
    if kind == "function":
        name = draw.choice([n for n, usage in FUNCTIONS.items() if "," not in usage])
        return f"{name}({inner[0]}{'^2 + 0.1' if name in POSITIVE else ''})"
    if kind == "where":
        return f"where({inner[0]} {draw.choice(['<', '<=', '>', '>='])} {inner[1]}, {inner[2]}, {inner[3]})"
    if kind == "clamp":
        return f"clamp({', '.join(inner[:3])})"
    if kind == "pair":
        return f"{draw.choice(['min', 'max'])}({inner[0]}, {inner[1]})"
    if kind == "neg":
        return f"-{inner[0]}"
    if kind == "^":
        return f"abs({inner[0]})^{draw.choice(['2', '3', '1.5', 'a', 'abs(b)', 'x'])}"
    return f"{inner[0]} {kind} {inner[1]}"


def test_random_formulas_have_the_derivatives_that_autograd_finds() -> None:
    draw, x = random.Random(4), torch.linspace(-3, 3, 41, dtype=torch.float64) + 0.0123
    compared = 0
    for _ in range(400):
        text = f"{random_formula(draw)} + 0*(x + a + b)"
        if len(text) > 500:
            continue
        try:
            module = make_activation("formula", formula=text, a=0.8, b=-0.6).double()
        except FormulaError as error:
            assert "constant part" in str(error)
            continue
        names = module.parameter_names
        parameters = [p.detach() for p in module.parameters()]
        expected = autograd(lambda x, *p, kernel=module.kernel: kernel.evaluate(x, p), x, parameters)
        for name, one, other in zip(("x", *names), gradients(module, x), expected, strict=True):
            usual = other.isfinite() & one.isfinite() & (other.abs() < 1e8)
            compared += int(usual.sum())
            torch.testing.assert_close(
                one[usual], other[usual], rtol=1e-7, atol=1e-7, msg=lambda m, t=text, n=name: f"{n}: {t}\n{m}"
            )
    assert compared > 30_000


# ---- the formulas of the registry


TWINS: list[tuple[str, str, dict[str, float]]] = [
    ("coslu", "(x + a*cos(b*x)) * sigmoid(x)", {"a": 1.0, "b": 1.0}),
    ("elu", "where(x > 0, x, expm1(x))", {}),
    ("silu", "x * sigmoid(x)", {}),
    ("gelu", "x * (1 + erf(x / sqrt(2))) / 2", {}),
    ("prelu", "where(x > 0, x, a*x)", {"a": 0.25}),
]


def twins(name: str, text: str, starts: dict[str, float], sharing: str) -> tuple[Activation, Activation]:
    made = make_activation(name, sharing=sharing, num_channels=5)
    own = activation_from_formula(text, sharing=sharing, num_channels=5, **starts)
    return set_apart(made), set_apart(own)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("sharing", ["layer", "channel"])
@pytest.mark.parametrize(("name", "text", "starts"), TWINS)
def test_a_formula_of_the_registry_gives_the_same_written_as_ones_own(
    name: str, text: str, starts: dict[str, float], sharing: str, dtype: torch.dtype, form: torch.memory_format
) -> None:
    results = []
    for module in twins(name, text, starts, sharing):
        module = module.to(torch.float64 if dtype == torch.float64 else torch.float32)
        x = images(dtype, form).requires_grad_()
        y = module(x)
        y.backward(images(dtype).flip(0))
        assert x.grad is not None and y.dtype == x.grad.dtype == dtype
        assert y.stride() == x.stride() == x.grad.stride()
        results.append([y.detach(), x.grad, *(p.grad for p in module.parameters())])
    tol = TOLERANCE[dtype]
    for one, other in zip(*results, strict=True):
        assert one is not None and other is not None
        torch.testing.assert_close(one, other, rtol=tol, atol=200 * tol if one.ndim < 2 else 10 * tol)


FULL = "where(x > a, x, b*expm1(x)) + max(x, a*x) * softplus(b*x) / (1 + x^2) - clamp(x, -b, 1)"


def full(sharing: str = "layer", channels: int = 5) -> Activation:
    return make_activation("formula", formula=FULL, a=0.31, b=0.73, sharing=sharing, num_channels=channels)


@pytest.mark.parametrize("sharing", ["layer", "channel"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_one_input_sized_tensor_is_kept(sharing: str, dtype: torch.dtype) -> None:
    kept: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        full(sharing)(images(dtype).requires_grad_())
    assert [t.dtype for t in kept if t.numel() > 5] == [dtype]


def test_compiled_code_gives_the_numbers_of_the_plain_code(monkeypatch: pytest.MonkeyPatch) -> None:
    graphs = count_graphs(monkeypatch)
    try:
        for module in (full(), full()):  # equal formulas share their compiled code
            x = torch.randn(8, 5, 20, 20, generator=torch.Generator().manual_seed(0))
            for one, other in zip(both(module, x, on=True), both(module, x, on=False), strict=True):
                torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-3)
        assert len(graphs) == 2  # forward and backward
    finally:
        compiler._value_function.cache_clear()
        compiler._gradient_function.cache_clear()


def test_second_derivatives_and_functional_transforms_see_the_closed_forms() -> None:
    module = full().double()
    x = torch.tensor([-2.1, -0.4, 0.4, 0.8, 1.9], dtype=torch.float64, requires_grad=True)

    def apply(values: Tensor, *parameters: Tensor) -> Tensor:
        return torch.func.functional_call(module, dict(zip(module.parameter_names, parameters, strict=True)), values)

    assert torch.autograd.gradcheck(apply, (x, *module.parameters()))
    assert torch.autograd.gradgradcheck(apply, (x, *module.parameters()))
    slopes = torch.func.vmap(torch.func.grad(lambda v: module(v)))(x.detach())
    torch.testing.assert_close(slopes, module.derivative(x.detach()))


@pytest.mark.parametrize("place", ["cuda", "meta"])
def test_on_a_fake_gpu_and_on_meta_every_tensor_stays_there(place: str) -> None:
    with FakeTensorMode(), torch.device(place):
        module = make_activation("formula", formula=f"{FULL} + sqrt(2)", a=0.3, b=0.7, sharing="channel", num_channels=5)
        x = torch.empty(2, 5, 4, 4)
        y = module(x)
        grads = engine.backward(module._call(), y, x, None, tuple(module.parameters()), True)
        assert {t.device.type for t in (y, *module.parameters(), grads[0], *grads[1])} == {place}


def test_a_formula_can_be_made_and_reported_on_where_the_default_device_holds_no_numbers() -> None:
    with torch.device("meta"):
        assert activation_from_formula(FULL, a=0.31, b=0.73).a.device.type == "meta"


@pytest.mark.parametrize(
    "text",
    [
        "where(x > 0, x, exp(x) - 1)",
        "where(0 >= x, expm1(x), x)",
        "where(x > a, 1/(1 + exp(-x)), exp(x)/(1 + exp(x)))",
        "where(x > 1, log(x), where(x < -1, -log(-x), x))",
    ],
)
def test_what_overflows_in_the_branch_not_taken_spoils_no_derivative(text: str) -> None:
    module = make_activation("formula", formula=text, **({"a": 0.0} if "> a" in text else {}))
    x = torch.tensor([-1e4, -120.0, -3.0, -0.5, 0.5, 3.0, 120.0, 1e4], requires_grad=True)
    (first,) = torch.autograd.grad(module(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert first.isfinite().all() and second.isfinite().all()


def test_what_does_not_depend_on_x_is_still_a_tensor_of_its_own() -> None:
    for text in ("where(1 < 2, a, x)", "where(a < 2, a, 3) + 0*where(1 < 2, 1, x)", "where(1 < 2, 4, x)", "x"):
        module = make_activation("formula", formula=text, **({"a": 1.5} if "a" in text else {}))
        x = torch.randn(3, 4)
        y = module(x).detach()
        assert y.shape == x.shape and y.is_contiguous() and y.data_ptr() != x.data_ptr()
        y.add_(1)  # no two elements share memory


@pytest.mark.parametrize("shape", [(), (0,), (7,), (4, 5), (2, 5, 0, 3), (2, 5, 3, 2, 2)])
def test_every_shape_goes_through_forward_and_backward(shape: tuple[int, ...]) -> None:
    for sharing in ("layer", "channel") if len(shape) > 1 else ("layer",):
        x, module = torch.linspace(-2, 2, int(np.prod(shape))).reshape(shape).requires_grad_(), full(sharing)
        module(x).sum().backward()
        assert x.grad is not None and x.grad.shape == shape
        assert all(p.grad is not None and p.grad.shape == p.shape for p in module.parameters())


# ---- a full citizen


def test_a_formula_is_an_activation_with_named_parameters() -> None:
    module = activation_from_formula("x * sigmoid(a*x) + b", a=1, b=0.0)
    assert (module.name, module.parameter_names, module.trainable) == ("formula", ("a", "b"), True)
    assert module.options == {"formula": "x * sigmoid(a*x) + b", "a": 1.0, "b": 0.0}
    assert module.start_values() == {"a": 1.0, "b": 0.0}
    assert repr(module) == "Formula(sharing='layer', formula='x * sigmoid(a*x) + b', a=1.0, b=0.0)"
    assert repr(make_activation("formula", formula="relu(x)")) == "Formula(formula='relu(x)')"
    rows = activation_from_formula("x*a", sharing="channel", num_channels=3, a=2.0).curve(torch.ones(2))
    assert rows.tolist() == [[2.0, 2.0]] * 3


def test_copies_pickles_and_state_dicts_are_the_same_function() -> None:
    module = set_apart(full("channel"))
    other = full("channel")
    other.load_state_dict(module.state_dict())
    for twin in (other, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        torch.testing.assert_close(twin(images()), module(images()))
        assert twin.kernel == module.kernel
    assert tuple(module.state_dict()) == ("a", "b")
    long = make_activation("formula", formula="x" + "+x" * 249)
    for twin in (copy.deepcopy(long), pickle.loads(pickle.dumps(long))):
        assert twin(torch.ones(1)).item() == 250
    module.reset_parameters()
    torch.testing.assert_close(module(images()), full("channel")(images()))


def test_formulas_share_parameters_in_a_network() -> None:
    model = make_model("resnet8", "formula:x * sigmoid(a*x),a=2", sharing="network", in_channels=1)
    found = {id(p) for name, p in model.named_parameters() if name.endswith("act.a") or name.endswith("act1.a")}
    assert len(found) == 1
    with pytest.raises(ExplorerError, match="with the same options"):
        share_parameters([make_activation("formula", formula="x*a", a=1), make_activation("formula", formula="x*a", a=2)])


def test_a_formula_is_found_by_its_name_but_is_no_entry_of_the_catalogue() -> None:
    assert "formula" not in activation_names()
    info = describe("Formula")
    assert (info.name, info.title, list(info.options)) == ("formula", "Formula", ["formula"])


def test_models_and_surgery_know_a_named_formula(own_names: None) -> None:
    made = activation_from_formula("x * tanh(a*x)", name="my-own", a=2.0)
    assert made.name == "my-own" and activation_names()[-1] == "my-own"
    info = describe("My_Own")
    assert (info.formula, info.parameters) == (r"f(x) = x \, \tanh(a \, x)", {"a": 2.0})
    assert (info.bounded, info.value_at_zero, info.trainable) == (False, 0.0, True)
    assert make_activation("my-own", a=3.0).start_values() == {"a": 3.0}
    model = make_model("resnet8", "my-own", in_channels=1)
    assert model.act.name == "my-own"
    other = replace_activations(nn.Sequential(nn.Linear(3, 4), nn.ReLU()), "my-own", sharing="channel")
    assert other.model[1].a.shape == (4,)
    assert activation_from_formula("x *  tanh(a*x)", name="MY_OWN", a=2).options == made.options
    assert portable("my-own", {"a": 5}) == ("formula", {"formula": "x * tanh(a*x)", "a": 5.0})
    assert portable("formula", {"a": 5, "formula": "x*a"}) == ("formula", {"formula": "x*a", "a": 5.0})
    assert portable("eelu", {"eps": 1}) == ("eelu", {"eps": 1})


def test_every_name_that_a_module_uses_is_refused_as_a_parameter() -> None:
    used = {name for name in dir(make_activation("formula", formula="x")) if not name.startswith("_")}
    assert used <= RESERVED


CASES: list[tuple[str, dict[str, Any], str]] = [
    ("x*a", {}, "'a' at position 3 of the formula 'x*a' has no start value; give one, such as a=1.0."),
    (
        "x*alpha",
        {"alpa": 1},
        "The formula 'x*alpha' does not use 'alpa'. Did you mean 'alpha'? Its parameters: alpha.",
    ),
    (
        "sigmoi*x",
        {},
        "'sigmoi' at position 1 of the formula 'sigmoi*x' has no start value; give one, such as sigmoi=1.0. "
        "Did you mean 'sigmoid'?",
    ),
    (
        "X*2 + x",
        {},
        "'X' at position 1 of the formula 'X*2 + x' has no start value; give one, such as X=1.0. Did you mean 'x'?",
    ),
    ("x", {"a": 1.0}, "The formula 'x' does not use 'a'. It has no parameters."),
    ("x*a", {"a": "big"}, "The start of 'a' in the formula 'x*a' must be a finite number; received 'big'."),
    ("x*a", {"a": True}, "The start of 'a' in the formula 'x*a' must be a finite number; received True."),
    ("x*a", {"a": float("inf")}, "The start of 'a' in the formula 'x*a' must be a finite number; received inf."),
    ("x*2", {"x": 1.0}, "'x' cannot be a parameter of a formula: it is the input. Choose another name."),
    ("x*pi", {"pi": 3.0}, "'pi' cannot be a parameter of a formula: it is the constant 3.1416. Choose another name."),
    ("exp(x)", {"exp": 3.0}, "'exp' cannot be a parameter of a formula: it is the function exp(u). Choose another name."),
    (
        "x*training",
        {"training": 3.0},
        "'training' cannot be a parameter of a formula: it is a name that every activation uses itself. Choose another name.",
    ),
    (
        "x*options",
        {},
        "'options' cannot be a parameter of a formula: it is a name that every activation uses itself. Choose another name.",
    ),
    (
        "x",
        {"formula": "x^2"},
        "'formula' cannot be a parameter of a formula: it is a name that every activation uses itself. Choose another name.",
    ),
    ("x", {"name": "CosLU"}, "An activation 'CosLU' is registered already; choose another name."),
    ("x", {"name": "formula"}, "An activation 'formula' is registered already; choose another name."),
    ("x", {"name": "my:own"}, "'my:own' cannot name a formula: letters, digits, '_' and '-' are allowed, the first a letter."),
    (
        "x*a",
        {"name": "mine", "a": 2},
        "The name 'mine' stands for the formula 'x*a + b' with a = 1 and b = 0 already; choose another one.",
    ),
    ("x*a", {"a": 1, "sharing": "chanel"}, "Unknown sharing 'chanel'. Did you mean 'channel'? Known: network, layer, channel."),
    (
        "x*a",
        {"a": 1, "sharing": "channel"},
        "Formula with sharing='channel' needs num_channels, the number of channels of its input.",
    ),
]


@pytest.mark.parametrize(("text", "options", "sentence"), CASES)
def test_what_does_not_fit_a_formula_is_answered_with_a_sentence(
    own_names: None, text: str, options: dict[str, Any], sentence: str
) -> None:
    activation_from_formula("x*a + b", name="mine", a=1.0, b=0.0)
    with pytest.raises(ExplorerError) as caught:
        activation_from_formula(text, **options)
    assert str(caught.value) == sentence


MINE = "'formula' cannot be a parameter of a formula: it is a name that every activation uses itself. Choose another name."


def test_the_formula_itself_is_needed_and_a_named_one_keeps_its_own(own_names: None) -> None:
    activation_from_formula("x*a", name="mine", a=1.0)
    for name, options, sentence in (
        ("formula", {}, "The activation 'formula' needs its formula, such as formula='x * sigmoid(a*x)'."),
        ("mine", {"c": 1}, "The formula 'x*a' does not use 'c'. Its parameters: a."),
        ("mine", {"formula": "x"}, MINE),
    ):
        with pytest.raises(FormulaError) as caught:
            make_activation(name, **options)
        assert str(caught.value) == sentence
