"""The frame: three texts, a chart with alt, and all ways to save and cite it."""

import io
import json
import sys
import types

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from explorer import frame
from explorer.plots import curve_figure, group_styles, trajectory_figure
from tests.plots.tables import curve_table, member_table, trajectory_table

LINK = "http://127.0.0.1:8501/curves?run=run-7&site=act&epoch=10"


def small_app() -> None:
    from explorer import frame
    from explorer.plots import curve_figure
    from tests.plots.tables import curve_table

    table = curve_table(["act"], points=9)
    frame.figure(
        curve_figure(table), key="curve", title="What act_1 became: 25 % *moved*", subtitle="run-7 · eelu:eps=0.2 · n = 1",
        caption="Solid: reached.", table=table, cell="curve_figure(table)", page="curves",
    )  # fmt: skip


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    view = types.ModuleType("explorer.view")
    view.link = lambda page=None: LINK if page == "curves" else "wrong page"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "explorer.view", view)
    monkeypatch.setattr(sys.modules["explorer"], "view", view, raising=False)
    at = AppTest.from_function(small_app, default_timeout=60).run()
    assert not at.exception
    return at


def test_title_subtitle_and_caption_are_plain_texts(app):
    assert app.subheader[0].value == r"What act\_1 became: 25 % \*moved\*"
    assert [c.value for c in app.caption] == [r"run-7 · eelu\:eps=0.2 · n = 1", "Solid: reached."]


def test_chart_is_the_figure_and_has_its_alt(app):
    proto = app.get("plotly_chart")[0].proto
    fig = curve_figure(curve_table(["act"], points=9))
    assert json.loads(proto.spec) == json.loads(fig.to_json())
    assert proto.alt == fig.layout.meta["alt"]


def test_link_and_cell_can_be_copied(app):
    assert [c.value for c in app.code] == [LINK, "curve_figure(table)"]


def test_data_and_figure_can_be_saved(app):
    assert [b.proto.label for b in app.get("download_button")] == ["Data (CSV)", "Figure (HTML)"]


def test_csv_holds_exactly_what_is_drawn():
    table = curve_table(["act"], points=9)
    back = pd.read_csv(io.StringIO(frame.csv_text(table)))
    np.testing.assert_array_equal(back["y"], table["y"])
    assert list(back.columns) == list(table.columns)


def test_the_cell_draws_the_same_figure():
    options = {"color": "#D55E00", "notes": {"act": "SiLU · 2 %"}, "title": "It's a curve"}
    cell = frame.notebook_cell("from tests.plots.tables import curve_table\n\ntable = curve_table()", curve_figure, **options)
    assert run_cell(cell).to_json() == curve_figure(curve_table(), **options).to_json()


def test_the_cell_knows_line_styles():
    table = trajectory_table(member_table())
    options = {"styles": group_styles(["ReLU", "CosLU", "EELU"], "ReLU"), "chance": 0.1}
    setup = "from tests.plots.tables import member_table, trajectory_table\n\ntable = trajectory_table(member_table())"
    cell = frame.notebook_cell(setup, trajectory_figure, **options)
    assert run_cell(cell).to_json() == trajectory_figure(table, **options).to_json()


def run_cell(cell: str):
    """Execute a notebook cell and return its last expression, as a notebook shows it."""
    import ast

    tree = ast.parse(cell)
    last = tree.body.pop()
    names: dict[str, object] = {}
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def test_a_cell_refuses_what_cannot_be_written():
    with pytest.raises(ValueError, match="option notes of curve_figure cannot be written into a cell"):
        frame.notebook_cell("table = 1", curve_figure, notes=object())


def test_without_alt_the_title_is_said():
    import plotly.graph_objects as go

    assert frame.alt_text(go.Figure(), "Curves") == "Curves"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("a_b", r"a\_b"), ("5 $", r"5 \$"), ("|f′| < 0.01", r"\|f′\| \< 0.01"), (":red[x]", r"\:red\[x\]"), ("1:30", "1:30")],
)
def test_markup_is_shown_as_it_is(text, escaped):
    assert frame.plain(text) == escaped


def test_file_names_are_plain():
    assert frame.file_stem("Curve: Layer 1 / act") == "curve-layer-1-act"
