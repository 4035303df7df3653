"""The report about a file as one self-contained HTML page; every text that a file or a user can bring is escaped."""

import html
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.analysis.report import Report

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body {{ font: 15px/1.45 "Source Sans 3", "Source Sans Pro", Helvetica, Arial, sans-serif; color: #262730; background: #fff;
        max-width: 1100px; margin: 24px auto; padding: 0 16px; }}
h1 {{ font-size: 22px; font-weight: 600; margin: 0 0 8px; }}
h2 {{ font-size: 17px; font-weight: 600; margin: 24px 0 6px; }}
.caption {{ margin: 0 0 10px; color: #55585f; font-size: 13.5px; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-size: 13.5px; }}
th, td {{ text-align: left; padding: 3px 14px 3px 0; border-bottom: 1px solid #e6e6e6; vertical-align: top;
          overflow-wrap: anywhere; }}
</style></head><body>
<h1>{title}</h1>
<p>{accuracy}</p>
<h2>The file and its network</h2>
{facts}
{figure}<h2>Sites</h2>
<p class="caption">{caption}</p>
{sites}
<h2>Found and assumed</h2>
{assumed}
<h2>What could not be checked</h2>
{unchecked}
</body></html>
"""

SITES_CAPTION = (
    "Sites in forward order. The start is assumed: it is where this project starts the function. Of parameters per channel, "
    "the median, with the range. Moved: distance of the curve from that start over the inputs, relative to the start's spread. "
    "Dead unit: derivative below 0.01 in size for every probe image; saturated inputs: those with such a derivative."
)


def report_html(report: Report, figure: go.Figure | None = None) -> str:
    """Return the page: a title, the accuracy, tables, and the curves with plotly.js inside (4.8 MB) where a figure is given."""
    return _PAGE.format(
        title=html.escape(f"What is in {report.title}"),
        accuracy=html.escape(report.accuracy),
        facts=_table(report.facts, header=False),
        figure=f"<h2>Curves</h2>\n{_figure(figure)}\n" if figure is not None else "",
        caption=html.escape(SITES_CAPTION),
        sites=_table(report.sites),
        assumed=_list(report.assumed),
        unchecked=_list(report.unchecked),
    )


def _figure(figure: go.Figure) -> str:
    text: str = figure.to_html(
        include_plotlyjs=True, full_html=False, default_width="100%", default_height=f"{figure.layout.height or 430}px",
        config={"responsive": True, "displaylogo": False},
    )  # fmt: skip
    return text


def _table(table: pd.DataFrame, header: bool = True) -> str:
    names = "".join(f'<th scope="col">{_text(name)}</th>' for name in table.columns)
    head = f"<tr>{names}</tr>" if header else ""
    rows = [f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in table.itertuples(index=False)]
    return f'<div class="wide"><table>{head}{"".join(rows)}</table></div>'


def _list(sentences: Sequence[str]) -> str:
    if not sentences:
        return "<p>Nothing.</p>"
    return f"<ul>{''.join(f'<li>{_text(sentence)}</li>' for sentence in sentences)}</ul>"


def _text(value: object) -> str:
    return html.escape(str(value))
