"""The one frame that every figure of the app stands in: its three texts, the chart, and *Save and cite*."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from explorer.plots import export_html

#: The chart's own buttons: what *Save and cite* does better is left out.
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["toImage", "select2d", "lasso2d", "autoScale2d"],
}


def figure(
    fig: go.Figure,
    *,
    key: str,
    title: str,
    subtitle: str,
    caption: str,
    table: pd.DataFrame,
    cell: str,
    alt: str | None = None,
    page: str | None = None,
    height: int | None = None,
    on_select: Callable[[], None] | Literal["ignore", "rerun"] = "ignore",
) -> Any:
    """Draw a figure with its texts; return the chart's selection if `on_select` asks for one, else None.

    Args:
        key: unique on the page; also names the files that are saved.
        title: a finding (made by a tested function) or a neutral noun phrase.
        subtitle: run, sharing, data, n.
        caption: how to read it, two lines at most.
        table: exactly what is drawn; it becomes the CSV file.
        cell: the notebook cell that draws the figure again.
        alt: what is to be seen; None: what the figure says of itself.
        page: path of the page that the link leads to ("curves"); None: this page.
        height: px; None: the figure's own.
    """
    with st.container(key=f"figure-{key}", gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(plain(title), anchor=False)
            _save_and_cite(fig, key, title, subtitle, caption, table, cell, page)
        if subtitle:
            st.caption(plain(subtitle))
        said = st.plotly_chart(
            fig,
            width="stretch",
            height=height or int(fig.layout.height or 430),
            theme="streamlit",
            key=key,
            on_select=on_select,
            config=CONFIG if on_select == "ignore" else {"displaylogo": False},
            alt=alt or alt_text(fig, title),
        )
        if caption:
            st.caption(plain(caption))
    return None if on_select == "ignore" else said


def save_button(fig: go.Figure, key: str, label: str, title: str, caption: str, subtitle: str) -> None:
    """Draw a button that saves the figure as one HTML file that works offline: what *Save and cite* does, in one click."""
    from explorer.view import link

    html = partial(export_html, fig, title, caption, subtitle=subtitle, source=link())
    _html_button(label, html, key, f"{key}-save-html", "One file of about 5 MB that plays without a network.")


def _html_button(label: str, html: Callable[[], str], stem: str, key: str, help_text: str) -> None:
    """Draw a button that saves what `html` returns, made when it is pressed."""
    st.download_button(label, data=html, file_name=f"{file_stem(stem)}.html", mime="text/html", key=key, on_click="ignore",
                       icon=":material/download:", help=help_text)  # fmt: skip


def alt_text(fig: go.Figure, title: str) -> str:
    """Return what the figure says is to be seen in it; its title where it says nothing."""
    meta = fig.layout.meta
    return str(meta["alt"]) if isinstance(meta, dict) and meta.get("alt") else title


def notebook_cell(setup: str, draw: Callable[..., go.Figure], **options: Any) -> str:
    """Return a notebook cell: `setup`, which makes `table`, and the call of the plot function with these options.

    The app draws with the same function and options, so that the cell's figure is the app's. Options are plain values;
    a callable option or one without a readable form raises ValueError.
    """
    arguments = []
    for name, value in options.items():
        if "<" in repr(value) and " at 0x" in repr(value):
            raise ValueError(f"option {name} of {draw.__name__} cannot be written into a cell: {value!r}.")
        arguments.append(f"    {name}={value!r},\n")
    styles = ", LineStyle" if "LineStyle(" in "".join(arguments) else ""
    call = f"{draw.__name__}(\n    table,\n{''.join(arguments)})" if arguments else f"{draw.__name__}(table)"
    return f"from explorer.plots import {draw.__name__}{styles}\n\n{setup.strip()}\n{call}"


def file_stem(text: str) -> str:
    """Return a file name without extension: lower case, words joined by dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "figure"


def plain(text: str) -> str:
    """Return `text` with the characters escaped that Streamlit's Markdown would take for markup."""
    return re.sub(r"([\\`*_~$\[\]<>#|]|:(?=[a-z]))", r"\\\1", text)


def csv_text(table: pd.DataFrame) -> str:
    """Return the table as CSV, without pandas' row numbers; numbers in full."""
    return str(table.to_csv(index=False))


def _save_and_cite(
    fig: go.Figure, key: str, title: str, subtitle: str, caption: str, table: pd.DataFrame, cell: str, page: str | None
) -> None:
    from explorer.view import link

    address = link(page)
    with st.popover("Save and cite", icon=":material/ios_share:", type="tertiary", key=f"{key}-save"):
        st.markdown("Link to this view")
        st.code(address, language=None, wrap_lines=True)
        with st.container(horizontal=True):
            st.download_button(
                "Data (CSV)",
                data=partial(csv_text, table),
                file_name=f"{file_stem(key)}.csv",
                mime="text/csv",
                key=f"{key}-csv",
                on_click="ignore",
                help="Exactly what is drawn.",
                icon=":material/table:",
            )
            html = partial(export_html, fig, title, caption, subtitle=subtitle, source=address)
            _html_button("Figure (HTML)", html, key, f"{key}-html", "One file of about 5 MB that works offline and saves itself"
                         " as SVG or PNG.")  # fmt: skip
        st.markdown("Draw it in a notebook")
        st.code(cell, language=None, wrap_lines=True)  # highlighted, some words have too little contrast for axe
