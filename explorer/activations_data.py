"""What the page Activations shows: tables of one activation, its settings as a text in the link, and notebook cells.

Everything here follows from the text alone, so that it is kept by it; torch is imported when the first table is asked for.
"""

import difflib
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from core.analysis import wording
from core.analysis.catalogue import Passage, normal_passage, parameter_slopes, shape_table
from core.analysis.choice import Choice, make_chosen, read_choice
from core.analysis.facts import Facts, activation_facts
from core.analysis.groups import TITLES, activation_title
from core.analysis.own_formula import OwnFormula, read_formula
from core.analysis.pseudo_design import own_pseudo_criteria, own_pseudo_table, pseudo_criteria
from core.config import FORMULA, split_activation
from core.errors import ExplorerError, normalise_name
from explorer.problems import Problem

if TYPE_CHECKING:
    from core.activations import ActivationInfo

#: The entries of the catalogue, in the order of the titles; a formula has a box of its own.
NAMES = tuple(name for name in TITLES if name != FORMULA)
#: What opens first.
FIRST, FIRST_FORMULA, FIRST_SHAPE = "coslu", "x * sigmoid(a*x) + b", "exponential"
#: The designer's entry for a pseudo derivative of one's own, and the one that opens first.
OWN, FIRST_OWN = "own", "1 / (1 + exp(-k*x))"


# --- tables ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def shape(text: str, reach: float) -> pd.DataFrame:
    """Return the shape table of the activation that `text` says, for x from −reach to reach. Nobody may change it."""
    return shape_table(text, x_range=(-reach, reach))


@lru_cache(maxsize=64)
def slopes(text: str, reach: float) -> pd.DataFrame:
    """Return the derivatives in the parameters; empty where nothing learns."""
    return parameter_slopes(text, x_range=(-reach, reach))


@lru_cache(maxsize=64)
def passage(text: str) -> tuple[pd.DataFrame, Passage]:
    """Return what the activation does to a normal distribution."""
    return normal_passage(text)


@lru_cache(maxsize=64)
def facts(text: str) -> Facts:
    """Return what holds of the activation."""
    return activation_facts(text)


@lru_cache(maxsize=64)
def criteria(text: str) -> pd.DataFrame:
    """Return the criteria of the pseudo derivative that `text` ("pdrelu:shape=ramp,t=2") says."""
    options = read_choice(text).options
    return pseudo_criteria(options["shape"], {k: v for k, v in options.items() if k != "shape"})


@lru_cache(maxsize=64)
def own_shape(p: str, constants: tuple[tuple[str, float], ...], reach: float) -> pd.DataFrame:
    """Return the shape table of ReLU with a pseudo derivative of one's own."""
    return own_pseudo_table(p, dict(constants), x_range=(-reach, reach))


@lru_cache(maxsize=64)
def own_criteria(p: str, constants: tuple[tuple[str, float], ...]) -> pd.DataFrame:
    """Return the criteria of a pseudo derivative of one's own."""
    return own_pseudo_criteria(p, dict(constants))


@lru_cache(maxsize=64)
def own_formula(text: str, starts: tuple[tuple[str, float], ...]) -> OwnFormula:
    """Return the formula with these starts; FormulaError where it is none."""
    return read_formula(text, dict(starts))


def shape_cell(text: str, reach: float) -> str:
    """Return the notebook lines that make the shape table."""
    made = f"table = shape_table({text!r}, x_range=({-reach!r}, {reach!r}))"
    return f"from core.analysis.catalogue import shape_table\n\n{made}"


def own_shape_cell(p: str, constants: Mapping[str, float], reach: float) -> str:
    """Return the notebook lines that make the shape table of ReLU with a pseudo derivative of one's own."""
    made = f"table = own_pseudo_table({p!r}, {dict(constants)!r}, x_range=({-reach!r}, {reach!r}))"
    return f"from core.analysis.pseudo_design import own_pseudo_table\n\n{made}"


def slopes_cell(text: str, reach: float) -> str:
    """Return the notebook lines that make the table of derivatives in the parameters."""
    made = f"table = parameter_slopes({text!r}, x_range=({-reach!r}, {reach!r}))"
    return f"from core.analysis.catalogue import parameter_slopes\n\n{made}"


def passage_cell(text: str) -> str:
    """Return the notebook lines that make the two histograms."""
    return f"from core.analysis.catalogue import normal_passage\n\ntable, passage = normal_passage({text!r})"


# --- settings ----------------------------------------------------------------------------------------------------------


class Settings:
    """An activation with its settings: what it has to set, at which value each stands, and the text with another value."""

    def __init__(self, text: str) -> None:
        from core.activations import describe

        self.choice: Choice = read_choice(text)
        self.text = text
        self.info: ActivationInfo = describe(self.choice.name)
        module = make_chosen(self.choice)
        self.options: dict[str, Any] = {} if self.choice.name == FORMULA else dict(module.options)
        self.starts = module.start_scalars()
        self.floors = {name: module.floors[name] for name in module.parameter_names if name in module.floors}
        self.numbers = {**self.starts, **self.choice.parameters}

    @property
    def words(self) -> dict[str, str]:
        """The options that are one of a few words, with the present one."""
        return {key: str(value) for key, value in self.options.items() if key in self.info.choices}

    @property
    def constants(self) -> dict[str, float]:
        """The options that are numbers, with the present ones."""
        return {key: float(value) for key, value in self.options.items() if key not in self.info.choices}

    @property
    def said(self) -> str:
        """Every number and word as it stands, for a subtitle: "alpha = 0.25, beta = 1 · eps 0.1, truncation clip"."""
        numbers = ", ".join(f"{key} = {wording.short(value)}" for key, value in self.numbers.items())
        constants = [f"{key} {wording.short(value)}" for key, value in self.constants.items()]
        options = ", ".join([*constants, *(f"{key} {value}" for key, value in self.words.items())])
        return " · ".join(filter(None, (numbers, options))) or "no parameters, no options"

    @property
    def changed(self) -> bool:
        """Whether anything is set."""
        return bool(self.choice.options or self.choice.parameters)

    def with_number(self, key: str, value: float) -> str:
        """Return the text with another value of a parameter or of an option that is a number."""
        value = float(f"{value:.6g}")
        own, start = (
            (self.choice.parameters, self.starts) if key in self.starts else (self.choice.options, self._default_constants())
        )
        rest = {k: v for k, v in own.items() if k != key}
        new = rest if value == start.get(key) else {**rest, key: value}
        if key in self.starts:
            return Choice(name=self.choice.name, options=self.choice.options, parameters=new).text
        return Choice(name=self.choice.name, options=new, parameters=self.choice.parameters).text

    def with_word(self, key: str, value: str) -> str:
        """Return the text with another word; numbers that the activation does not have with it are left out."""
        default = self.info.options[key][0]
        rest = {k: v for k, v in self.choice.options.items() if k != key}
        words = {k: v for k, v in rest.items() if k in self.info.choices} | ({} if value == default else {key: value})
        known = make_chosen(Choice(name=self.choice.name, options=words)).options
        kept = {k: v for k, v in rest.items() if k in known}
        return Choice(name=self.choice.name, options={**kept, **words}, parameters=self.choice.parameters).text

    def range_of(self, key: str) -> tuple[float, float, float]:
        """Return the least, the greatest value and the step of a slider that can show the present value."""
        if key in self.starts:
            low, high, step = parameter_range(self.starts[key], self.floors.get(key.partition(".")[0]))
            value = self.numbers[key]
        else:
            low, high, step = constant_range(self._default_constants().get(key, 1.0))
            value = self.constants[key]
            steps = [round(low + i * step, 6) for i in range(round((high - low) / step) + 1)]
            low = next((v for v in steps if v >= value or not self._refuses(key, v)), value)
            high = next((v for v in reversed(steps) if v <= value or not self._refuses(key, v)), value)
        return min(low, value), max(high, value), step

    def _default_constants(self) -> dict[str, float]:
        words = {k: v for k, v in self.choice.options.items() if k in self.info.choices}
        options = make_chosen(Choice(name=self.choice.name, options=words)).options
        return {k: float(v) for k, v in options.items() if k not in self.info.choices}

    def _refuses(self, key: str, value: float) -> bool:
        try:
            make_chosen(Choice(name=self.choice.name, options={**self.choice.options, key: value}))
        except ExplorerError:
            return True
        return False


def parameter_range(start: float, floor: float | None) -> tuple[float, float, float]:
    """Return least, greatest, step of a slider for a trainable parameter: 3 to both sides, or from a little below its floor."""
    low, high = (-3.0, 3.0) if floor is None else (floor - 0.5, floor + 3.0)
    return min(low, math.floor(start)), max(high, math.ceil(start)), 0.05


def constant_range(default: float) -> tuple[float, float, float]:
    """Return least, greatest, step of a slider for a fixed number: from 0 to 1, or to three times its default."""
    return (0.0, 1.0, 0.01) if default <= 0.5 else (0.0, float(math.ceil(3 * default)), 0.05)


# --- what the link says ------------------------------------------------------------------------------------------------


def named(name: str) -> str | None:
    """Return the entry of the catalogue that `name` means; case, `-` and `_` do not matter. None: there is none."""
    keys = {normalise_name(known): known for known in NAMES}
    return keys.get(normalise_name(name.strip()))


def problem(key: str, text: str, error: str) -> Problem:
    """Return what to say of a link whose activation cannot be shown, with the nearest thing that can."""
    name = text.partition(":")[0]
    known = named(name)
    if known is not None:
        return Problem(key, error, ((f"Open {activation_title(known)} without its settings", {key: known}),))
    near = difflib.get_close_matches(normalise_name(name), [normalise_name(n) for n in NAMES], n=1, cutoff=0.0)
    nearest = named(near[0]) if near else FIRST
    return Problem(key, error, ((f"Show {activation_title(nearest or FIRST)}", {key: nearest or FIRST}),))


def read_starts(text: str, key: str = "starts") -> tuple[tuple[str, float], ...]:
    """Return the numbers that a link says under `key`, "a:1.5,b:0"; ExplorerError: it says something else."""
    found = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition(":")
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not name.strip() or not math.isfinite(number):
            raise ExplorerError(f"The link says {key}={text}, but it must be names and numbers, such as a:1.5,b:0.")
        found[name.strip()] = number
    return tuple(found.items())


def write_starts(starts: Mapping[str, float]) -> str:
    """Return numbers as a link says them."""
    return ",".join(f"{name}:{value:g}" for name, value in starts.items())


def pseudo_text(text: str) -> str:
    """Return the activation that the designer's key ("ramp:t=2.5") means: "pdrelu:shape=ramp,t=2.5"."""
    shape_name, options = split_activation(text)
    return Choice(name="pdrelu", options={"shape": shape_name, **options}).text


def pseudo_key(text: str) -> str:
    """Return the designer's key of "pdrelu:shape=ramp,t=2.5"; the shape that opens first is said, too."""
    options = dict(read_choice(text).options)
    name = str(options.pop("shape", FIRST_SHAPE))
    tail = ",".join(f"{k}={v}" for k, v in sorted(options.items()))
    return f"{name}:{tail}" if tail else name


def shapes() -> dict[str, str]:
    """Return what the designer offers, with its words: the shapes of PD-ReLU, and one of one's own."""
    from core.activations.pdrelu import SHAPES

    return {**{name: name for name in SHAPES}, OWN: "a formula of your own"}


def pseudo_latex(shape_name: str) -> str:
    """Return the pseudo derivative in LaTeX."""
    from core.activations.pdrelu import SHAPE_FORMULAS

    return SHAPE_FORMULAS[shape_name]


def grammar_text() -> str:
    """Return Markdown of what a formula can be made of."""
    from core.activations.formula_tree import CONSTANTS, FUNCTIONS, OPERATORS

    operators = " ".join(f"`{sign}`" for sign in OPERATORS)
    functions = ", ".join(f"`{usage}`" for usage in FUNCTIONS.values())
    constants = " and ".join(f"`{name}`" for name in CONSTANTS)
    return (
        f"The input `x`, numbers, {constants}, parentheses and {operators}; comparisons only as the first argument of `where`. "
        f"Every other name becomes a parameter that learns.\n\nFunctions: {functions}."
    )


def linked(text: str) -> str:
    """Return Markdown of a reference, already escaped, with its doi and arXiv number as links."""
    text = re.sub(r"\bdoi (10\.\d{4,}/[^\s,;)]+[^\s,;).])", r"[doi \1](https://doi.org/\1)", text)
    return re.sub(r"\barXiv (\d{4}\.\d{4,5})", r"[arXiv \1](https://arxiv.org/abs/\1)", text)
