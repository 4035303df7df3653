"""torch, imported in the background: never before the first figure stands, once per server."""

import sys
import threading

import streamlit as st

#: Set as soon as somebody needs torch; until then its import leaves the browser time to draw.
_needed = threading.Event()
_LATER = 3.0  # seconds


def torch_imported() -> bool:
    """Return whether torch is imported; it is not asked for."""
    return "torch" in sys.modules


def torch_ready() -> bool:
    """Return whether torch is imported; if not, begin to, in the background and once per server."""
    _needed.set()
    thread = warm_up()
    return thread is None or not thread.is_alive()


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread | None:
    """Import torch in the background, once per server; called when the first figure stands. None: it is there."""
    if "torch" in sys.modules:
        return None

    def load() -> None:
        _needed.wait(_LATER)
        import core.analysis.curves
        import core.models  # noqa: F401

    thread = threading.Thread(target=load, name="import-torch", daemon=True)
    thread.start()
    return thread
