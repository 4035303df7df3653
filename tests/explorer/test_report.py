"""The report as HTML: complete, self-contained, and nothing that a file says is markup."""

import pandas as pd

from core.analysis.report import Report
from explorer.report import report_html

EVIL = "<script>alert('x')</script>"


def made(text: str = "fine") -> Report:
    sites = pd.DataFrame([{"site": text, "function": "ReLU", "dead units": "3 of 64"}])
    facts = pd.DataFrame([("File", text)], columns=["what", "value"])
    return Report(title=text, facts=facts, sites=sites, accuracy=text, assumed=(text,), unchecked=(text,))


def test_every_text_from_outside_is_escaped() -> None:
    page = report_html(made(EVIL))
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") == 7


def test_the_page_holds_every_table_and_sentence() -> None:
    page = report_html(made())
    assert page.startswith("<!DOCTYPE html>")
    assert "What is in fine" in page
    assert "<td>3 of 64</td>" in page
    assert "What could not be checked" in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_curves_are_inside_with_what_draws_them() -> None:
    import plotly.graph_objects as go

    page = report_html(made(), go.Figure(go.Scatter(y=[1, 2])))
    assert "<h2>Curves</h2>" in page
    assert len(page) > 3_000_000
    assert "cdn.plot.ly" not in page.split("</style>")[0]
