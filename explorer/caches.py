"""What is made once per state of the run folders: values and figures in Streamlit's caches, work in the server's jobs.

Every cache is bounded and keyed by run id and file state, so that a growing run is read anew and a finished one once.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from explorer import jobs
from explorer.folders import run, state_of

if TYPE_CHECKING:
    import plotly.graph_objects as go


@st.cache_data(max_entries=512, show_spinner=False)
def _kept(name: str, ids: tuple[str, ...], options: tuple[Any, ...], state: str, _make: Callable[[], Any]) -> Any:
    return _make()


@st.cache_resource(max_entries=64, show_spinner=False)
def _figure(name: str, ids: tuple[str, ...], options: str, state: str, _draw: Callable[[], Any]) -> Any:
    return _draw()


def kept(name: str, run_id: str, options: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """Return `make()`, made once per file state of the run and `options`: for tables and other plain values of one page."""
    return _kept(name, (run_id,), options, state_of(run_id), make)


def of(make: Callable[..., Any], run_id: str, *options: Any) -> Any:
    """Return `make(run, *options)`, made once per file state."""
    return _kept(make.__name__, (run_id,), options, state_of(run_id), lambda: make(run(run_id), *options))


def of_all(make: Callable[..., Any], ids: Sequence[str], *options: Any) -> Any:
    """Return `make(runs, *options)`, made once per file state of them all."""
    ids = tuple(ids)
    return _kept(make.__name__, ids, options, state_of(*ids), lambda: make([run(r) for r in ids], *options))


def figure(name: str, ids: Sequence[str], options: Any, draw: Callable[[], "go.Figure"]) -> "go.Figure":
    """Return the figure `name` of these runs, drawn once per file state and `options`. Nobody may change it afterwards."""
    found: go.Figure = _figure(name, tuple(ids), repr(options), state_of(*ids), draw)
    return found


def job(name: str, ids: Sequence[str], options: Any, work: Callable[[jobs.Progress], Any], text: str) -> jobs.Job:
    """Return the server's job for `name`, these runs in their present state and `options`; started if there is none.

    `work` gets `progress(done, total, text)` and calls it before every batch: there Stop ends it. Both run in another
    thread: what needs the session (the view, widgets) is read before. `text`: "Computing attributions".
    """
    key = f"{name} {tuple(ids)} {options!r} {state_of(*ids)}"
    return jobs.submit(hashlib.sha256(key.encode()).hexdigest()[:16], work, text)
