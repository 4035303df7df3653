"""What is said of the classic function nearest to a curve: the record, its criteria and its label."""

from dataclasses import dataclass
from typing import Literal

from . import wording

#: Functions whose distances differ by less than this are not told apart.
MARGIN = 0.01
#: A curve is called by a function's name when it lies at most this far from it.
LIMIT = 0.10

Kind = Literal["found", "cannot tell", "none", "not measured"]


@dataclass(frozen=True, kw_only=True)
class Nearest:
    """The classic function nearest to a curve.

    `kind` is "found"; "cannot tell" where two equally simple functions lie within 1 % of the nearest one; "none" where nothing
    lies within 10 %; "not measured" without inputs. `name` has the fitted number ("LeakyReLU(0.18)"), `family` has not.
    `runner_up` is the nearest function that does not contain this one as a special case. The curve is about
    scale · name + offset.
    """

    kind: Kind
    name: str = ""
    family: str = ""
    distance: float = float("nan")
    scale: float = float("nan")
    offset: float = float("nan")
    runner_up: str = ""
    runner_up_distance: float = float("nan")

    @property
    def label(self) -> str:
        """What stands in a panel: "SiLU · 2 %", "SiLU or GELU", "no match", "–"."""
        if self.kind == "found":
            return f"{self.name} · {distance_text(self.distance)}"
        if self.kind == "cannot tell":
            return f"{self.name} or {self.runner_up}"
        return "no match" if self.kind == "none" else wording.UNDEFINED


def distance_text(distance: float) -> str:
    """Return a distance in %, without decimals from 1 % on: "2 %", "0.4 %", "0 %" below 0.05 %."""
    return wording.percent(distance, 1 if 0.0005 <= distance < 0.0095 else 0)
