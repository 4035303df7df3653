"""The grammar of a user's own formula: text into a tree, by a parser of its own; Python never evaluates the text.

    term     = sum | sum ("<" | "<=" | ">" | ">=" | "==") sum       a comparison only as the first argument of where
    sum      = product (("+" | "-") product)*
    product  = sign (("*" | "/") sign)*
    sign     = ("+" | "-") sign | power
    power    = atom (("^" | "**") sign)?                            -x^2 is -(x^2), and x^y^z is x^(y^z)
    atom     = number | name | function "(" term ("," term)* ")" | "(" term ")"

Positions in errors count characters from 1, in the formula as the error shows it: runs of blanks are one blank.
"""

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import FormulaError, normalise_name
from .formula_tree import COMPARISONS, CONSTANTS, FUNCTIONS, INPUT, OPERATORS, Apply, Name, Node, Number, Parsed, place

MOST_CHARACTERS = 500
MOST_LEVELS = 50

_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<compare><=|>=|==|<|>)"
    r"|(?P<operator>//|\*\*|[-+*/^])"
    r"|(?P<mark>[(),])"
    r"|(?P<blank> )",
    re.ASCII,
)


def parse(text: str) -> Parsed:
    """Return the tree of a formula in `x`; raise FormulaError, with the position, for anything that is not in the grammar."""
    if not isinstance(text, str):
        raise FormulaError(f"A formula is a text such as 'x * sigmoid(a*x)'; received {text!r}.")
    text = " ".join(text.split())
    if not text:
        raise FormulaError("The formula is empty; write one in x, such as 'x * sigmoid(a*x)'.")
    if len(text) > MOST_CHARACTERS:
        raise FormulaError(f"The formula has {len(text)} characters; at most {MOST_CHARACTERS} are allowed.")
    return _Parser(text).parse()


def guess(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean '…'?" with the nearest of the known names, or "" if none is near; short names are near to many."""
    names = {normalise_name(k): k for k in known}
    key = normalise_name(name)
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.5 if len(name) > 2 else 1.0)
    return f" Did you mean '{names[near[0]]}'?" if near else ""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match[0] == "//":
            sign = match[0] if match else text[at]
            raise FormulaError(
                f"'{sign}' {place(text, at + 1)} has no meaning here; a formula is made of numbers, names, functions, "
                f"the operators {' '.join(OPERATORS)} and parentheses."
            )
        if match.lastgroup != "blank":
            found.append(_Token(match.lastgroup or "", match[0], at + 1))
        at = match.end()
    return [*found, _Token("end", "", len(text) + 1)]


class _Parser:
    """Recursive descent over the tokens; every level of nesting is counted, so that Python's own limit is never met."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.at = 0
        self.level = 0
        self.parameters: dict[str, int] = {}
        self.has_input = False

    def parse(self) -> Parsed:
        """Return the tree; raise FormulaError where the text leaves the grammar."""
        tree = self._term()
        if self._now.kind != "end":
            raise self._unexpected()
        self._check_comparisons(tree)
        if not self.has_input:
            raise FormulaError(f"The formula '{self.text}' does not contain the input x.")
        return Parsed(self.text, tree, self.parameters)

    # ---- the grammar, rule by rule

    def _term(self) -> Node:
        left = self._sum()
        if self._now.kind != "compare":
            return left
        sign = self._take()
        return Apply(sign.text, (left, self._sum()), sign.position)

    def _sum(self) -> Node:
        left = self._product()
        while self._now.text in ("+", "-"):
            sign = self._take()
            left = Apply(sign.text, (left, self._product()), sign.position)
        return left

    def _product(self) -> Node:
        left = self._sign()
        while self._now.text in ("*", "/"):
            sign = self._take()
            left = Apply(sign.text, (left, self._sign()), sign.position)
        return left

    def _sign(self) -> Node:
        self.level += 1
        if self.level > MOST_LEVELS:
            place = f"at position {self._now.position}"
            raise FormulaError(f"The formula is nested too deeply {place}; at most {MOST_LEVELS} levels are allowed.")
        if self._now.text in ("+", "-"):
            sign = self._take()
            inner = self._sign()
            node = inner if sign.text == "+" else Apply("neg", (inner,), sign.position)
        else:
            node = self._power()
        self.level -= 1
        return node

    def _power(self) -> Node:
        base = self._atom()
        if self._now.text in ("^", "**"):
            sign = self._take()
            return Apply("^", (base, self._sign()), sign.position)
        return base

    def _atom(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "name":
            return self._call(token) if self._now.text == "(" else self._name(token)
        if token.text == "(":
            inner = self._term()
            self._close(token)
            return inner
        what = f"found '{token.text}'" if token.kind != "end" else "the formula ends"
        raise FormulaError(f"A number, a name, a function or '(' is expected {self._place(token)}; {what}.")

    def _number(self, token: _Token) -> Number:
        if math.isinf(float(token.text)):
            raise FormulaError(f"The number '{token.text}' {self._place(token)} is too large.")
        return Number(float(token.text))

    def _name(self, token: _Token) -> Name:
        name = token.text
        if name in FUNCTIONS:
            raise FormulaError(f"The function '{name}' {self._place(token)} needs its arguments: {FUNCTIONS[name]}.")
        if name == INPUT:
            self.has_input = True
        elif name not in CONSTANTS:
            self.parameters.setdefault(name, token.position)
        return Name(name)

    def _call(self, token: _Token) -> Apply:
        name = token.text
        if name == INPUT or name in CONSTANTS:
            raise FormulaError(f"'{name}' {self._place(token)} is no function; a product is written with *.")
        if name not in FUNCTIONS:
            raise FormulaError(
                f"Unknown function '{name}' {self._place(token)}.{guess(name, FUNCTIONS)} Known: {', '.join(FUNCTIONS)}."
            )
        opening = self._take()
        arguments = [self._term()]
        while self._now.text == ",":
            self._take()
            arguments.append(self._term())
        self._close(opening)
        if len(arguments) != 1 + FUNCTIONS[name].count(","):
            received = f"{len(arguments)} argument{'s' * (len(arguments) > 1)}"
            raise FormulaError(f"'{name}' {self._place(token)} is written {FUNCTIONS[name]}; received {received}.")
        return Apply(name, tuple(arguments), token.position)

    def _check_comparisons(self, tree: Node) -> None:
        """Raise unless the first argument of every where, and nothing else, is a comparison."""
        waiting: list[tuple[Node, Apply | None]] = [(tree, None)]
        while waiting:
            node, where = waiting.pop()
            compares = isinstance(node, Apply) and node.name in COMPARISONS
            if where is not None and not compares:
                place = self._place(where)
                raise FormulaError(f"The first argument of 'where' {place} must be a comparison, such as x < 0.")
            if isinstance(node, Apply):
                if compares and where is None:
                    raise self._stray_comparison(node.name, self._place(node))
                for number, argument in enumerate(node.arguments):
                    waiting.append((argument, node if node.name == "where" and number == 0 else None))

    # ---- tokens and errors

    @property
    def _now(self) -> _Token:
        return self.tokens[self.at]

    def _take(self) -> _Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def _close(self, opening: _Token) -> None:
        if self._now.kind == "end":
            raise FormulaError(f"The parenthesis that opens {self._place(opening)} is never closed.")
        if self._now.text != ")":
            raise self._unexpected()
        self._take()

    def _place(self, at: _Token | Apply) -> str:
        return place(self.text, at.position)

    def _unexpected(self) -> FormulaError:
        """Return the error for a token where an operator or the end should stand."""
        token, before = self._now, self.tokens[self.at - 1]
        if token.kind == "compare":
            return self._stray_comparison(token.text, self._place(token))
        if token.text == ")":
            return FormulaError(f"The parenthesis that closes {self._place(token)} was never opened.")
        if token.text == ",":
            return FormulaError(f"The comma {self._place(token)} stands in no function.")
        return FormulaError(
            f"An operator is expected between '{before.text}' and '{token.text}' {self._place(token)}; "
            f"a product is written with *."
        )

    @staticmethod
    def _stray_comparison(sign: str, place: str) -> FormulaError:
        return FormulaError(
            f"The comparison '{sign}' {place} stands alone; it can only be the first argument of where: {FUNCTIONS['where']}."
        )
