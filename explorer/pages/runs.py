"""Runs: what do I have, and is it healthy?"""

import pandas as pd
import streamlit as st

from core.analysis import wording
from explorer import choices, controls, group_loaders, loaders, router, rows, view

ROWS = {"groups": "By configuration", "runs": "Every run"}


def page() -> None:
    """Draw the page."""
    controls.heading("Runs")
    controls.empty_source()
    blocked = view.show_problems(("where",))
    if not controls.nothing_here():
        _running()
        _controls()
        if not blocked:
            _table()
            _selection()
    _failed()
    _damaged()
    controls.live()


def _running() -> None:
    """Draw one line with a bar for each run that is being trained."""
    for run_id in loaders.run_ids():
        if loaders.run(run_id).status == "running":
            (row,) = group_loaders.run_table((run_id,)).to_dict("records")
            done, planned = int(row["epochs_done"]), max(int(row["epochs_planned"]), 1)
            accuracy = f", validation accuracy {wording.percent(row['val_accuracy'])}" if done else ""
            text = f"{loaders.run_name(run_id)}: epoch {done} of {planned}{accuracy}"
            st.progress(min(done / planned, 1.0), text=text)


def _controls() -> None:
    now = view.current()
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        controls.write_text(
            "Filter", "where", now.where, icon=":material/filter_alt:",
            placeholder="for example: activation=coslu,eelu seed<3 status=succeeded",
            help=f"Words and conditions, all of which must hold. Columns: {', '.join(choices.filter_columns())}.",
        )  # fmt: skip
    with right:
        controls.segments("Rows", "rows", ROWS, now.option("rows", "groups"))


def _table() -> None:
    now = view.current()
    ids = choices.chosen_runs((), now.where) if now.where else loaders.run_ids()
    if now.option("rows") == "runs":
        kind, said = "runs", "One row per run; the accuracy is that of the checkpoint chosen on the validation data."
        fresh = rows.run_rows(group_loaders.run_table(ids))
        members: dict[str, tuple[str, ...]] = {run_id: (run_id,) for run_id in loaders.run_ids()}
    else:
        kind, said = (
            "groups",
            ("One row per configuration. Mean ± sd over n seeds, at the checkpoint chosen on the validation data."),
        )
        statuses = {r: loaders.run(r).status for r in ids}
        fresh = rows.group_rows(group_loaders.group_rows(ids), statuses)
        members = {g.key: tuple(r.id for r in g.runs) for g in group_loaders.groups(ids)}
    place = f"rows_{kind}_{now.where}"
    shown = st.session_state[place] = rows.keep_rows(st.session_state.get(place), fresh)
    if shown.empty:
        st.caption(":material/filter_alt_off: No run passes the filter.")
        return
    _draw(f"table_{kind}_{now.where}", shown, members, said)


def _draw(key: str, shown: pd.DataFrame, members: dict[str, tuple[str, ...]], said: str) -> None:
    """Draw the table with the view's runs ticked; a tick changes the view, by id."""
    order = list(shown.index)
    ticked = rows.positions(order, members, view.current().runs)
    if list(st.session_state.get(key, {}).get("selection", {}).get("rows", [])) != ticked:
        st.session_state[key] = {"selection": {"rows": ticked, "columns": [], "cells": []}}

    def tick() -> None:
        chosen = st.session_state[key]["selection"]["rows"]
        view.change(runs=rows.chosen_after(order, members, chosen, view.current().runs))

    gone = rows.is_gone(shown)
    styled = shown.style.apply(lambda row: ["color: #8A8A8A"] * len(row) if gone[row.name] else [""] * len(row), axis=1)
    st.dataframe(
        styled if gone.any() else shown, key=key, on_select=tick, selection_mode="multi-row", hide_index=True,
        height="auto" if len(shown) <= 10 else 400, placeholder=wording.UNDEFINED, column_config=_COLUMNS,
        alt=f"Table of {wording.count(len(shown), 'row')}. {said}",
    )  # fmt: skip
    st.caption(said)
    if gone.any():
        st.caption(
            f":material/folder_off: Greyed: {wording.count(int(gone.sum()), 'row')} whose runs are no longer in the folder."
        )


_COLUMNS = {
    "Status": st.column_config.MultiselectColumn(
        options=["running", "succeeded", "failed", "interrupted", rows.GONE], color=["blue", "green", "red", "orange", "gray"]
    ),
    "Run": st.column_config.TextColumn(width="medium"),
}


def _selection() -> None:
    """Say what is selected, let it be changed by keyboard, and lead on."""
    now = view.current()
    chosen = choices.chosen_runs(now.runs, now.where)
    implied = bool(chosen) and not now.runs
    groups = wording.count(len(group_loaders.groups(chosen)), "configuration") if chosen else ""
    text = f"{wording.count(len(chosen), 'run')} of {groups} selected" if chosen else "No run selected"
    st.subheader(f"{text} by the filter" if implied else text)
    controls.pick_runs(now.runs)
    with st.container(horizontal=True, vertical_alignment="center"):
        if chosen:
            st.page_link("pages/compare.py", label="Compare them", icon=":material/balance:", query_params=view.page_query())
            if chosen[0] != now.run:
                first = view.page_query(run=chosen[0], site=None, epoch=None)
                label = f"Curves of {loaders.run_name(chosen[0])}"
                st.page_link("pages/curves.py", label=label, icon=":material/show_chart:", query_params=first)
        if now.runs:
            st.button("Clear the selection", key="clear_runs", icon=":material/deselect:", type="tertiary",
                      on_click=view.change, kwargs={"runs": ()})  # fmt: skip


def _failed() -> None:
    """List the runs that failed, each with its reason."""
    failed = [run for run in map(loaders.run, loaders.run_ids()) if run.status == "failed"]
    if failed:
        with st.expander(f"{wording.count(len(failed), 'run')} failed", icon=":material/error:", expanded=True):
            for run in failed:
                reason = run.info.get("error") or "no reason was noted"
                st.markdown(f"{view.plain(loaders.run_name(run.id))}: {view.plain(reason)}")


def _damaged() -> None:
    """List the folders that could not be read, each with its reason."""
    table = group_loaders.damaged()
    if table.empty:
        return
    with st.expander(f"{wording.count(len(table), 'folder')} could not be read", icon=":material/warning:", expanded=True):
        for path, reason in table[["path", "reason"]].itertuples(index=False):
            st.markdown(f"`{path}`: {view.plain(reason)}")
        st.caption("They are left as they are; the other runs work.")


router.show(page)
