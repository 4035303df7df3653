"""Looks at test data through the app: only on request, and every one counted in the run.

A look is one press of the button: for one run, one checkpoint, in one browser tab.
"""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core.analysis import wording
from core.runs import count_test_use
from explorer import loaders, view

_LOOKS = "test_looks"
Look = tuple[str, int | None]  #: run and epoch of the checkpoint


def recorded(look: Look) -> bool | None:
    """Return whether this tab's look was recorded in the run; None: nobody has asked for it here."""
    looks: dict[Look, bool] = st.session_state.get(_LOOKS, {})
    return looks.get(look)


def allowed(wanted: Sequence[Look]) -> bool:
    """Return whether test data may be shown; if not asked for yet, offer them, and say how often they were looked at."""
    missing = [look for look in wanted if recorded(look) is None]
    if not missing:
        for run_id, epoch in wanted:
            st.caption(_said(run_id, bool(recorded((run_id, epoch)))))
        return True
    with st.container(border=True, key="test_data"):
        st.markdown(
            ":material/visibility_off: **Test data are for the last word.** Whoever chooses by them cannot judge by them any "
            "more, so every look at them is counted in the run."
        )
        for run_id, _ in missing:
            st.caption(view.plain(f"{loaders.run_name(run_id)}: {_so_far(run_id)}."))
        st.button("Look at the test data", key="look", icon=":material/visibility:", on_click=_look, args=(missing,))
    return False


def _look(wanted: Sequence[Look]) -> None:
    looks = dict(st.session_state.get(_LOOKS, {}))
    for run_id, epoch in wanted:
        looks[run_id, epoch] = count_test_use(loaders.run(run_id), "app")
    st.session_state[_LOOKS] = looks


def _so_far(run_id: str) -> str:
    """Return "looked at 3 times so far (training 1, app 2)"."""
    uses = loaders.run(run_id).info.get("test_uses") or []
    if not uses:
        return "no look at its test data so far"
    by = Counter(str(use.get("by", "unknown")) if isinstance(use, dict) else "unknown" for use in uses)
    parts = ", ".join(f"{name} {n}" for name, n in by.items())
    return f"{wording.count(len(uses), 'look')} at its test data so far ({parts})"


def _said(run_id: str, counted: bool) -> str:
    name = view.plain(loaders.run_name(run_id))
    if counted:
        return f":material/visibility: {name}: this look was counted; {_so_far(run_id)}."
    run = loaders.run(run_id)
    if loaders.is_demo(run_id) or run.info.get("read_only"):
        why = "the run came with the program and is not written"
    elif run.status == "running":
        why = "the run is being written by its training"
    else:
        why = "the run's folder cannot be written, or another process holds it"
    return f":material/visibility: {name}: this look was not recorded, because {why}; {_so_far(run_id)}."
