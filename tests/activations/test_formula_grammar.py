"""What a formula may say, how it is read, and every sentence that a wrong one is answered with."""

import math
from collections.abc import Callable

import pytest
import torch

from core.activations import make_activation
from core.activations.formula_grammar import parse
from core.activations.formula_latex import to_latex
from core.activations.formula_tree import FUNCTIONS
from core.errors import FormulaError

KNOWN = (
    "exp, expm1, log, log1p, sqrt, abs, sign, sin, cos, tan, sinh, cosh, tanh, atan, erf, sigmoid, softplus, softsign, relu, "
    "silu, min, max, clamp, where"
)
X = torch.tensor([-2.5, -0.5, 0.75, 3.0], dtype=torch.float64)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("x", lambda x: x),
        ("-x^2", lambda x: -(x**2)),
        ("(-x)^2", lambda x: x**2),
        ("2^-x", lambda x: 2**-x),
        ("2^x^2", lambda x: 2 ** (x**2)),
        ("x ** 3", lambda x: x**3),
        ("1 - x - 2", lambda x: (1 - x) - 2),
        ("8 / 4 / x", lambda x: (8 / 4) / x),
        ("1 - 2*x/4 + 3", lambda x: 1 - (2 * x) / 4 + 3),
        ("x - -x", lambda x: 2 * x),
        ("+x*--2", lambda x: 2 * x),
        (".5*x + 1e-3 + 2.5E+1 + 3.", lambda x: 0.5 * x + 0.001 + 25 + 3),
        ("pi*x + e", lambda x: math.pi * x + math.e),
        ("e^x", torch.exp),
        ("  x\n *\t2 ", lambda x: 2 * x),
        ("max(x, min(1, -x))", lambda x: torch.maximum(x, torch.minimum(-x, torch.ones_like(x)))),
        ("where(x < -1, 1, where((x <= 0.75), 2, x))", lambda x: torch.where(x < -1, 1.0, torch.where(x <= 0.75, 2.0, x))),
        ("where(0.75 == x, 1, 0)", lambda x: (x == 0.75) * 1.0),
        ("where(1 < 2, x, 1/x)", lambda x: x),
        ("where(2 < 1, 5, 3)*x^0 + 0*x", lambda x: 3 + 0 * x),
        ("x*" + "(" * 48 + "2" + ")" * 48, lambda x: 2 * x),
        ("x" + "+x" * 249, lambda x: 250 * x),
    ],
)
def test_a_formula_means_what_it_says(text: str, meaning: Callable[[torch.Tensor], torch.Tensor]) -> None:
    module = make_activation("formula", formula=text)
    torch.testing.assert_close(module.curve(X), meaning(X).double(), rtol=1e-13, atol=1e-13)
    assert module.derivative(X).shape == X.shape


def test_parameters_come_in_the_order_of_the_formula() -> None:
    assert parse("b*x + max(a, b) + c1_low*pi").parameters == {"b": 1, "a": 11, "c1_low": 19}


NESTED = "(" * 60 + "x" + ")" * 60
CASES = [
    ("", "The formula is empty; write one in x, such as 'x * sigmoid(a*x)'."),
    (" \n", "The formula is empty; write one in x, such as 'x * sigmoid(a*x)'."),
    (3, "A formula is a text such as 'x * sigmoid(a*x)'; received 3."),
    ("x" * 501, "The formula has 501 characters; at most 500 are allowed."),
    (NESTED, "The formula is nested too deeply at position 51; at most 50 levels are allowed."),
    ("-" * 60 + "x", "The formula is nested too deeply at position 51; at most 50 levels are allowed."),
    ("1 + 2", "The formula '1 + 2' does not contain the input x."),
    (
        "x * sigmod(x)",
        f"Unknown function 'sigmod' at position 5 of the formula 'x * sigmod(x)'. Did you mean 'sigmoid'? Known: {KNOWN}.",
    ),
    ("f(x)", f"Unknown function 'f' at position 1 of the formula 'f(x)'. Known: {KNOWN}."),
    ("x +", "A number, a name, a function or '(' is expected at position 4 of the formula 'x +'; the formula ends."),
    ("x * * 2", "A number, a name, a function or '(' is expected at position 5 of the formula 'x * * 2'; found '*'."),
    ("exp()", "A number, a name, a function or '(' is expected at position 5 of the formula 'exp()'; found ')'."),
    ("(x + 1", "The parenthesis that opens at position 1 of the formula '(x + 1' is never closed."),
    ("exp(x", "The parenthesis that opens at position 4 of the formula 'exp(x' is never closed."),
    ("x + 1)", "The parenthesis that closes at position 6 of the formula 'x + 1)' was never opened."),
    ("x, 2", "The comma at position 2 of the formula 'x, 2' stands in no function."),
    ("max(x, (1, 2))", "The comma at position 10 of the formula 'max(x, (1, 2))' stands in no function."),
    ("2x", "An operator is expected between '2' and 'x' at position 2 of the formula '2x'; a product is written with *."),
    ("x x", "An operator is expected between 'x' and 'x' at position 3 of the formula 'x x'; a product is written with *."),
    ("x(x + 1)", "'x' at position 1 of the formula 'x(x + 1)' is no function; a product is written with *."),
    ("x*pi(2)", "'pi' at position 3 of the formula 'x*pi(2)' is no function; a product is written with *."),
    ("x * sigmoid", "The function 'sigmoid' at position 5 of the formula 'x * sigmoid' needs its arguments: sigmoid(u)."),
    ("max(x)", "'max' at position 1 of the formula 'max(x)' is written max(u, v); received 1 argument."),
    ("clamp(x, 1)", "'clamp' at position 1 of the formula 'clamp(x, 1)' is written clamp(u, low, high); received 2 arguments."),
    (
        "x // 2",
        "'//' at position 3 of the formula 'x // 2' has no meaning here; a formula is made of numbers, names, functions, "
        "the operators + - * / ^ ** and parentheses.",
    ),
    (
        "x.real",
        "'.' at position 2 of the formula 'x.real' has no meaning here; a formula is made of numbers, names, functions, "
        "the operators + - * / ^ ** and parentheses.",
    ),
    (
        "__import__('os')",
        "'_' at position 1 of the formula '__import__('os')' has no meaning here; a formula is made of numbers, names, "
        "functions, the operators + - * / ^ ** and parentheses.",
    ),
    ("x + 1e999", "The number '1e999' at position 5 of the formula 'x + 1e999' is too large."),
    ("x + 1/0", "The constant part at position 6 of the formula 'x + 1/0' is not a finite number."),
    ("x + 9^9^9", "The constant part at position 6 of the formula 'x + 9^9^9' is not a finite number."),
    ("x * sqrt(-1)", "The constant part at position 5 of the formula 'x * sqrt(-1)' is not a finite number."),
    (
        "where(x, 1, 2)",
        "The first argument of 'where' at position 1 of the formula 'where(x, 1, 2)' must be a comparison, such as x < 0.",
    ),
    (
        "(x < 0)*x",
        "The comparison '<' at position 4 of the formula '(x < 0)*x' stands alone; it can only be the first argument of "
        "where: where(u < v, then, else).",
    ),
    (
        "where(0 < x < 1, 1, 2)",
        "The comparison '<' at position 13 of the formula 'where(0 < x < 1, 1, 2)' stands alone; it can only be the first "
        "argument of where: where(u < v, then, else).",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), CASES)
def test_a_wrong_formula_is_answered_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(FormulaError) as caught:
        make_activation("formula", formula=text)
    assert str(caught.value) == sentence


def test_the_length_of_nesting_that_is_allowed_meets_no_limit_of_python() -> None:
    deep = "where(x<0,1," * 38 + "x" + ")" * 38
    torch.testing.assert_close(make_activation("formula", formula=deep).curve(X), torch.where(X < 0, 1.0, X))
    with pytest.raises(
        FormulaError, match=r"^The formula is nested too deeply at position 198; at most 50 levels are allowed\.$"
    ):
        parse("abs".join("(" * 50) + "x" + ")" * 50)


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("x * sigmoid(a*x) + b", r"x \, \sigma(a \, x) + b"),
        ("-x*a - (b - x)", r"-x \, a - \left(b - x\right)"),
        ("x - -x", r"x - \left(-x\right)"),
        ("(x + 1)^2 * 3 / 2", r"\frac{\left(x + 1\right)^{2} \cdot 3}{2}"),
        ("(2^x)^alpha + e^x", r"\left(2^{x}\right)^{\alpha} + e^{x}"),
        ("a1*w_left*slope + 1.5e-7*x", r"a_{1} \, w_{\mathrm{left}} \, \mathrm{slope} + 1.5 \cdot 10^{-7} \, x"),
        (
            "where(x >= 0, abs(x), a*expm1(x))",
            r"\begin{cases} \lvert x \rvert & x \ge 0 \\ a \, \left(e^{x} - 1\right) & \text{otherwise} \end{cases}",
        ),
        ("softplus(x)*max(x, 1)*sqrt(pi)", r"\operatorname{softplus}(x) \, \max(x, 1) \, \sqrt{\pi}"),
    ],
)
def test_a_formula_is_written_as_latex(text: str, latex: str) -> None:
    assert to_latex(parse(text).tree) == latex


def test_every_function_can_be_written_as_latex() -> None:
    for name, usage in FUNCTIONS.items():
        text = usage.replace("low", "1").replace("high", "2").replace("then", "1").replace("else", "2")
        assert to_latex(parse(f"x*{text}").tree).count("{") == to_latex(parse(f"x*{text}").tree).count("}"), name
