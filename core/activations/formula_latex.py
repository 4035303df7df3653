"""A formula's tree as LaTeX."""

import re

from .formula_tree import COMPARISONS, Apply, Name, Node, Number

_GREEK = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "pi",
    "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
)  # fmt: skip
_KNOWN = {
    "sin": r"\sin", "cos": r"\cos", "tan": r"\tan", "sinh": r"\sinh", "cosh": r"\cosh", "tanh": r"\tanh", "atan": r"\arctan",
    "log": r"\log", "min": r"\min", "max": r"\max", "sigmoid": r"\sigma",
    "relu": r"\operatorname{ReLU}", "silu": r"\operatorname{SiLU}",
}  # fmt: skip
_SIGNS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "="}
#: How tightly a node holds together: sums and signs, products, powers, atoms.
_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def to_latex(tree: Node) -> str:
    """Return the tree as LaTeX, without dollar signs."""
    return _write(tree)[0]


def _write(node: Node) -> tuple[str, int]:
    """Return the LaTeX of a node, and how tightly it holds together."""
    if isinstance(node, Number):
        return _number(node.value)
    if isinstance(node, Name):
        return _name(node.name), _ATOM
    return _operator(node) if node.name in ("+", "-", "*", "/", "^", "neg", *COMPARISONS) else _function(node)


def _operator(node: Apply) -> tuple[str, int]:
    if node.name == "neg":
        return f"-{_held(node.arguments[0], _PRODUCT)}", _SUM
    left, right = node.arguments
    if node.name == "+":
        return f"{_held(left, _SUM)} + {_held(right, _PRODUCT)}", _SUM
    if node.name == "-":
        return f"{_held(left, _SUM)} - {_held(right, _PRODUCT)}", _SUM
    if node.name == "*" and isinstance(left, Apply) and left.name == "neg":  # -x a, not (-x) a
        return _operator(Apply("neg", (Apply("*", (left.arguments[0], right)),)))
    if node.name == "*":
        between = r" \cdot " if isinstance(right, Number) else r" \, "
        return f"{_held(left, _PRODUCT)}{between}{_held(right, _POWER)}", _PRODUCT
    if node.name == "/":
        return rf"\frac{{{to_latex(left)}}}{{{to_latex(right)}}}", _POWER
    if node.name == "^":
        return f"{_held(left, _ATOM)}^{{{to_latex(right)}}}", _POWER
    return f"{to_latex(left)} {_SIGNS[node.name]} {to_latex(right)}", _SUM


def _function(node: Apply) -> tuple[str, int]:
    parts = [to_latex(argument) for argument in node.arguments]
    if node.name == "exp":
        return f"e^{{{parts[0]}}}", _POWER
    if node.name == "expm1":
        return f"e^{{{parts[0]}}} - 1", _SUM
    if node.name == "log1p":
        return rf"\log(1 + {_held(node.arguments[0], _PRODUCT)})", _ATOM
    if node.name == "sqrt":
        return rf"\sqrt{{{parts[0]}}}", _ATOM
    if node.name == "abs":
        return rf"\lvert {parts[0]} \rvert", _ATOM
    if node.name == "where":
        condition, then, otherwise = parts
        return rf"\begin{{cases}} {then} & {condition} \\ {otherwise} & \text{{otherwise}} \end{{cases}}", _ATOM
    name = _KNOWN.get(node.name, rf"\operatorname{{{node.name}}}")
    return f"{name}({', '.join(parts)})", _ATOM


def _held(node: Node, at_least: int) -> str:
    """Return a node's LaTeX, in parentheses if it holds less tightly than its surroundings need."""
    text, strength = _write(node)
    return text if strength >= at_least else rf"\left({text}\right)"


def _number(value: float) -> tuple[str, int]:
    mantissa, _, exponent = f"{value:.15g}".partition("e")
    if not exponent:
        return mantissa, _ATOM
    power = f"10^{{{int(exponent)}}}"
    return (power, _POWER) if mantissa == "1" else (rf"{mantissa} \cdot {power}", _PRODUCT)


def _name(name: str) -> str:
    """Return a name as symbol: x, a, \\alpha, a_{1}, \\mathrm{slope}."""
    match = re.fullmatch(r"([A-Za-z]+)(\d+|_\w+)?", name)
    stem, index = (match[1], match[2]) if match else (name, None)
    symbol = rf"\{stem}" if stem in _GREEK else stem if len(stem) == 1 else rf"\mathrm{{{_escaped(stem)}}}"
    if index is None:
        return symbol
    index = index.removeprefix("_")
    return f"{symbol}_{{{index}}}" if index.isdigit() else rf"{symbol}_{{\mathrm{{{_escaped(index)}}}}}"


def _escaped(text: str) -> str:
    return text.replace("_", r"\_")
