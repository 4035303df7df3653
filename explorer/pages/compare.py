"""Compare: is it better, and is that real?"""

import streamlit as st

from core.analysis import wording
from explorer import cells, choices, controls, draw, group_loaders, loaders, plots, router, terms, view

BY = {
    "test": "Test accuracy, chosen checkpoint",
    "chosen": "Validation accuracy, chosen checkpoint",
    "last": "Validation accuracy, last epoch",
}
#: What each way of comparing looks up: the column, and the epoch it is taken from.
VALUES = {"test": ("test_accuracy", "chosen"), "chosen": ("val_accuracy", "chosen"), "last": ("val_accuracy", "last")}
WARNINGS = {
    "chosen": "The chosen checkpoint is the best of all epochs by the same validation data, so this accuracy is a little too "
    "high for every run. The test accuracy is not.",
}


def page() -> None:
    """Draw the page."""
    controls.heading("Compare")
    controls.empty_source()
    blocked = view.show_problems(("runs", "where", "by"))
    if controls.nothing_here():
        return
    now = view.current()
    _pick(now)
    chosen = choices.chosen_runs(now.runs, now.where) if not blocked else ()
    if blocked:
        return
    if not chosen:
        st.markdown(":material/balance: Nothing to compare yet: choose runs above, or in the table.")
        st.page_link("pages/runs.py", label="Choose in the table", icon=":material/table_rows:", query_params=view.page_query())
    else:
        _body(now, chosen)
    controls.live()


def _pick(now: view.View) -> None:
    chosen = choices.chosen_runs(now.runs, now.where)
    groups = group_loaders.groups(chosen)
    text = f"{wording.count(len(chosen), 'run')} of {wording.count(len(groups), 'configuration')}" if chosen else "no run"
    with st.expander(f"Comparing {text}", key="compared", icon=":material/checklist:"):
        controls.pick_runs(chosen)
        st.page_link("pages/runs.py", label="Choose in the table", icon=":material/table_rows:", query_params=view.page_query())
        repeats = [r for g in groups for r in g.repeats]
        if repeats:
            left_out = wording.count(len(repeats), "run")
            st.caption(f":material/info: {left_out} left out: seed and configuration are those of another one.")


def _body(now: view.View, chosen: tuple[str, ...]) -> None:
    labels = [g.label for g in group_loaders.groups(chosen)]
    baseline = choices.baseline(chosen, now.option("baseline"))
    styles = choices.line_styles(chosen, baseline)
    _trajectories(chosen, baseline, styles)
    st.header("Is the difference real?", anchor=False)
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    by = now.option("by", "test")
    with left:
        controls.choose("By", "by", list(BY), by, format_func=BY.__getitem__)
    with right:
        controls.choose("Baseline", "baseline", labels, baseline)
    wanted = now.option("baseline")
    if wanted and baseline != wanted:
        st.caption(f":material/info: No configuration here is called “{view.plain(wanted)}”; the baseline is {baseline}.")
    if len(labels) == 1:
        _one_group(chosen)
        return
    _differences(chosen, baseline, by, styles)


def _trajectories(chosen: tuple[str, ...], baseline: str, styles: dict[str, plots.LineStyle]) -> None:
    """Draw accuracy and loss side by side."""
    for place, column in zip(st.columns(2, gap="medium"), ("val_accuracy", "val_loss"), strict=True):
        with place:
            table = group_loaders.trajectories(chosen, column)
            if table is None:
                st.markdown(f":material/hourglass_empty: No finished epoch with a {wording.quantity(column)} yet.")
                continue
            draw.show(
                plots.trajectory_figure,
                table,
                ids=chosen,
                about="trajectories",
                key=f"trajectory-{column}",
                setup=cells.trajectories([loaders.run(r) for r in chosen], column),
                title=wording.quantity(column).capitalize(),
                subtitle=_about(chosen),
                caption="Mean per configuration with its 95 % interval; thin lines: single runs; circle: an unfinished one.",
                more={"members": group_loaders.members(chosen, column)},
                column=column,
                baseline=baseline,
                styles=styles,
                chance=choices.chance(chosen) if column == "val_accuracy" else None,
            )


def _differences(chosen: tuple[str, ...], baseline: str, by: str, styles: dict[str, plots.LineStyle]) -> None:
    column, at = VALUES[by]
    table = group_loaders.differences(chosen, baseline, column, at)
    draw.show(
        plots.difference_figure,
        table,
        ids=chosen,
        about=(by, baseline),
        key="differences",
        setup=cells.differences([loaders.run(r) for r in chosen], baseline, column, at),
        title=f"Difference from {baseline} in {wording.quantity(column)}",
        subtitle=_about(chosen),
        caption="Dot: difference of the means; bar: its 95 % Welch interval. A filled dot: the interval leaves out 0.",
        baseline=baseline,
        column=column,
        styles=styles,
    )
    if by in WARNINGS:
        st.caption(f":material/warning: {WARNINGS[by]}")
    icons = {"better": ":material/trending_up:", "worse": ":material/trending_down:"}
    for kind, sentence in zip(table["kind"], table["sentence"], strict=True):
        st.markdown(f"{icons.get(kind, ':material/help:')} {view.plain(sentence)}")
    st.caption(f"Welch interval: {terms.term('Welch interval')} Cannot tell: {terms.term('cannot tell')}")


def _one_group(chosen: tuple[str, ...]) -> None:
    """Say why one configuration alone cannot be compared, and what could be taken with it."""
    st.markdown(":material/help: Cannot tell: there is one configuration only, and nothing to compare it with.")
    others = choices.other_groups(chosen)
    for label, ids in others[:3]:
        st.button(f"Add {label} ({wording.count(len(ids), 'run')})", key=f"add_{label}", icon=":material/add:",
                  on_click=view.change, kwargs={"runs": (*chosen, *ids)})  # fmt: skip


def _about(chosen: tuple[str, ...]) -> str:
    groups = group_loaders.groups(chosen)
    seeds = sorted({len(g.runs) for g in groups})
    n = wording.count(seeds[0], "seed") if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]} seeds"
    n += " each" if len(groups) > 1 else ""
    return " · ".join(filter(None, [choices.common_data(chosen), choices.common_model(chosen), n]))


router.show(page)
