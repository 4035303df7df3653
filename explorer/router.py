"""Which page is shown, between reading the view from the link and writing it back."""

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

import streamlit as st

from core.errors import ExplorerError
from core.threads import let_threads_rest
from explorer import controls, loaders, view

PAGES = Path(__file__).parent / "pages"
#: A file of ours: for a Material icon Streamlit asks another computer, although it serves the same icons in the page itself.
ICON = Path(__file__).parent / "static" / "icon.svg"
#: What the theme in `.streamlit/config.toml` cannot say.
STYLES = Path(__file__).parent / "static" / "contrast.css"

_routing: ContextVar[bool] = ContextVar("routing", default=False)


def main() -> None:
    """Show the page that the address names."""
    let_threads_rest()
    st.set_page_config(page_title="Activation Explorer", page_icon=ICON, layout="wide", initial_sidebar_state=240)
    st.html(STYLES)
    page = st.navigation(
        [
            st.Page(PAGES / "start.py", title="Start", icon=":material/home:", default=True),
            st.Page(PAGES / "runs.py", title="Runs", icon=":material/table_rows:", url_path="runs"),
            st.Page(PAGES / "curves.py", title="Curves", icon=":material/show_chart:", url_path="curves"),
            st.Page(PAGES / "features.py", title="Features & noise", icon=":material/scatter_plot:", url_path="features"),
            st.Page(PAGES / "explain.py", title="Explanations", icon=":material/center_focus_strong:", url_path="explain"),
            st.Page(PAGES / "what-if.py", title="What if", icon=":material/science:", url_path="what-if"),
            st.Page(PAGES / "predictions.py", title="Predictions", icon=":material/fact_check:", url_path="predictions"),
            st.Page(PAGES / "compare.py", title="Compare", icon=":material/balance:", url_path="compare"),
            st.Page(PAGES / "activations.py", title="Activations", icon=":material/function:", url_path="activations"),
            st.Page(PAGES / "open.py", title="Open a file", icon=":material/folder_open:", url_path="open"),
        ]
    )
    loaders.refresh()
    view.begin(view.PAGE_KEYS[page.url_path])
    controls.sidebar()
    token = _routing.set(True)
    try:
        page.run()
    except ExplorerError as error:
        st.error(str(error), icon=":material/error:")
    finally:
        _routing.reset(token)
    view.end()


def show(draw: Callable[[], None]) -> None:
    """Draw a page: the last line of every page script.

    As long as no run of a server has called `st.navigation`, Streamlit 1.67 takes any folder `pages/` beside the entry script
    for pages of its old kind and runs the script of a link to one of them without the entry script. Such a run starts over
    from here.
    """
    if _routing.get():
        draw()
    else:
        main()
