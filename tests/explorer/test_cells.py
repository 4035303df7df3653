"""The notebook cell under a figure draws the same figure."""

import json
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from .conftest import Open
from .test_view import ids


def executed(cell: str) -> Any:
    """Run a cell as a notebook does; return the value of its last expression."""
    import ast

    tree = ast.parse(cell)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    names: dict[str, Any] = {}
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("start", {}),
        ("curves", {}),
        ("curves", {"show": "site", "site": "layer2.0.act1"}),
        ("curves", {"show": "training"}),
        ("curves", {"show": "units"}),
        ("curves", {"show": "units", "quantity": "saturated"}),
        ("compare", {}),
        ("activations", {"activation": "eelu:alpha=0.5"}),
        ("activations", {"part": "formula", "formula": "x*tanh(a*x)", "starts": "a:0.5", "reach": "2"}),
        ("activations", {"part": "pseudo", "pseudo": "ramp:t=3.0"}),
        ("activations", {"part": "pseudo", "pseudo": "own", "p": "exp(-x^2)"}),
    ],
)
def test_every_cell_draws_the_figure_above_it(open_app: Open, demo: Path, page: str, query: dict[str, str]) -> None:
    tab = open_app(page, **query)
    cells = [c.value for c in tab.test.main.get("code") if "import" in c.value]
    assert len(cells) == len(tab.charts) > 0
    for cell, drawn in zip(cells, tab.charts, strict=True):
        figure = executed(cell)
        assert isinstance(figure, go.Figure)
        assert same(json.loads(figure.to_json()), drawn)


def test_the_cell_of_the_clouds_draws_them_too(open_app: Open, demo: Path) -> None:
    (run,) = ids(demo, "eelu-s0")
    tab = open_app("features", run=run, site="layer3.0.act2", epoch="3")
    (cell,) = [c.value for c in tab.test.main.get("code") if "import" in c.value]
    assert same(json.loads(executed(cell).to_json()), tab.charts[0])


def same(a: Any, b: Any) -> bool:
    """Compare two figures; the theme that Streamlit adds to the one on the page does not count."""
    a, b = ({**f, "layout": {k: v for k, v in f["layout"].items() if k not in ("template", "height")}} for f in (a, b))
    return {k: a.get(k) for k in ("data", "layout", "frames")} == {k: b.get(k) for k in ("data", "layout", "frames")}
