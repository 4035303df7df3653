"""What if: which learned shape matters?"""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from core.analysis import wording
from core.analysis.findings import Finding
from core.analysis.groups import activation_title
from core.analysis.path_points import nearest_point, point_words
from core.analysis.whatif_findings import ablation_finding, path_finding, surface_finding
from explorer import choices, controls, draw, frame, jobs, loaders, plots, terms, view, what_if_data
from explorer.problems import Problem

SHOW = {"replace": "Replace", "move": "Move", "surface": "Surface"}
MEASURE = {"accuracy": "Accuracy", "loss": "Loss"}
SCOPE = {"all": "All sites", "site": "One site"}
GRIDS = ("5", "7", "9")
BN = {"again": "Estimated again", "now": "As it is"}
WORDS = {"start": "its own start", "formula": "a formula of one's own"}
NONE = "The network has no BN layers, so both numbers are the same."

BARS = (
    "Blue: with the BN statistics estimated again after the change, what the shape was worth; the line holds 95 %. Grey: as it "
    "is, mostly BN's surprise. Faint: it may be 0. A bar that ends at the edge goes on. A click on a row chooses its site."
)
PATH = (
    "Blue: BN statistics estimated again at every t, the band holds 95 % of the difference from t = 1. Grey: as it is, cut at "
    "the frame. Orange: the chosen t, with rings at the computed point nearest to it; between the dots nothing was computed."
)
CURVES = (
    "Closed forms of the parameters, so drawn for any t. Blue: as learned, dashed where hardly any input lies. Grey area: the "
    "inputs of the trained network."
)
GRID = "Lower is better. Between the small dots, where the network was tried, the contours are interpolated."


def page() -> None:
    """Draw the page."""
    now = view.current()
    show = now.option("what_if", "replace")
    with controls.heading("What if"):
        controls.segments("Change", "what_if", SHOW, show, label_visibility="collapsed", width="content")
    controls.empty_source()
    blocked = view.show_problems(("run", "site", "epoch", "what_if", "measure", "scope", "bn", "grid"))
    if controls.nothing_here():
        return
    controls.strip()
    if not blocked and now.run:
        _body(now, now.run, show)
    controls.live()


def _body(now: view.View, run_id: str, show: str) -> None:
    epoch = choices.nearest_checkpoint(run_id, now.epoch)
    if epoch is None:
        st.markdown(":material/save: This run keeps no checkpoint, so nothing can be tried on its network.")
        _others([r for r in loaders.run_ids() if r != run_id and choices.nearest_checkpoint(r, None) is not None][:5])
        return
    controls.nearest_epoch(now.epoch, epoch)
    if show == "replace":
        _replace(now, run_id, epoch)
    elif not loaders.learns(run_id):
        names = view.plain(choices.function_names(run_id))
        st.markdown(f":material/lock: {names} has no parameters, so there is nothing to move. Another function can be tried:")
        st.page_link("pages/what-if.py", label="Replace it", icon=":material/science:",
                     query_params=view.page_query(what_if="replace"))  # fmt: skip
        _others(what_if_data.runs_that_learn(run_id))
    elif show == "move":
        _move(now, run_id, epoch)
    else:
        _surface(now, run_id, epoch)


def _replace(now: view.View, run_id: str, epoch: int) -> None:
    if not controls.torch_ready(430):
        return
    instead = now.option("instead") or what_if_data.default_instead(run_id)
    measure = now.option("measure", "accuracy")
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    kind, _, typed = instead.partition(":")
    options = what_if_data.instead_options(run_id)
    with left:
        controls.choose("In place of each function", "instead", options, kind if kind in options else instead,
                        format_func=_instead_name, help=terms.term("ablation"))  # fmt: skip
    with middle:
        if kind == what_if_data.FORMULA:
            _formula(typed)
    with right:
        controls.segments("Measure", "measure", MEASURE, measure)
    if instead == what_if_data.FORMULA:
        st.markdown(":material/function: Type a formula, such as max(x, a\\*x), a=0.1")
        return
    if wrong := what_if_data.complaint(instead):
        st.error(view.plain(wrong), icon=":material/error:")
        return
    table = _table("ablation", what_if_data.ablation_job, run_id, epoch, instead)
    if table is None:
        return
    _say(ablation_finding(table))
    key = f"ablation-{measure}"
    draw.show(
        plots.ablation_figure,
        table,
        ids=(run_id,),
        about=(epoch, instead),
        key=key,
        setup=what_if_data.cell(run_id, "ablation", (epoch, instead)),
        subtitle=_about(run_id, epoch, table),
        caption=BARS,
        on_select=lambda: _take_site(key),
        column=measure,
        site=now.site,
    )
    _two_numbers(table[table["kind"] == "baseline"].iloc[0])


def _take_site(key: str) -> None:
    """Choose the site of the row that was clicked."""
    chosen = [str(site) for site in draw.clicked(key) if site]
    if chosen:
        view.change(site=chosen[-1])


def _formula(typed: str) -> None:
    """Draw the box for a formula of one's own."""
    widget = "what_if_formula"
    st.session_state[widget] = typed

    def write() -> None:
        text = st.session_state[widget].strip()
        view.change(instead=f"{what_if_data.FORMULA}:{text}" if text else what_if_data.FORMULA)

    st.text_input("Formula, then the values of its parameters", key=widget, on_change=write, placeholder="max(x, a*x), a=0.1")


def _move(now: view.View, run_id: str, epoch: int) -> None:
    if not controls.torch_ready(430):
        return
    text = now.option("t")
    t = what_if_data.read_t(text)
    if t is None:
        said = f"The link says t={text}, but t must be a number from −0.5 to 1.5."
        view.show_problem(Problem("t", said, (("Show t = 1, the learned values", {"t": "1"}),)), "t")
        return
    left, right = st.columns([2, 5], vertical_alignment="bottom")
    with left:
        site = _scope(now)
    with right:
        controls.slide("t, from the start (0) through the learned parameters (1) and beyond", "t", what_if_data.LEAST,
                       what_if_data.GREATEST, what_if_data.STEP, t, help=terms.term("t"))  # fmt: skip
    _path(run_id, epoch, site, t)
    _curves(run_id, epoch, site, t)


def _table(kind: str, start: Callable[..., jobs.Job], run_id: str, *arguments: object) -> pd.DataFrame | None:
    """Return the table that is stored with the run, else what its job made; None while the job is shown in its place."""
    table = what_if_data.stored(run_id, kind, *arguments)
    if table is None:
        job = start(run_id, *arguments)
        table = job.result if jobs.show(job, 430) else None
    return table


def _path(run_id: str, epoch: int, site: str | None, t: float) -> None:
    """Draw accuracy and loss over t, and write the two numbers at the computed point nearest to the chosen one."""
    table = _table("path", what_if_data.path_job, run_id, epoch, site)
    if table is None:
        return
    _say(path_finding(table))
    draw.show(
        plots.path_figure,
        table,
        ids=(run_id,),
        about=(epoch, site),
        key="path",
        setup=what_if_data.cell(run_id, "path", (epoch, site)),
        subtitle=_about(run_id, epoch, table),
        caption=PATH,
        t=t,
    )
    if t != what_if_data.LEARNED:
        point = nearest_point(table, t)
        st.markdown(f":material/adjust: {point_words(point, t)}: {_both(point)}.")
    _two_numbers(table[table["t"] == what_if_data.LEARNED].iloc[0])


def _curves(run_id: str, epoch: int, site: str | None, t: float) -> None:
    """Draw the functions at the start, at t and as learned: of the site that moves, or of several."""
    shown = what_if_data.moved_sites(run_id, epoch, site)
    if not shown:
        return
    table = what_if_data.curves(run_id, epoch, t, shown)
    count, channels = len(loaders.sites(run_id)), int(table["channels"].max())
    some = "one function for the network" if loaders.sharing(run_id) == "network" else f"{len(shown)} of {count} sites"
    parts = [loaders.run_name(run_id), f"after epoch {epoch}", some]
    parts += [f"medians over up to {channels} channels"] if channels > 1 else []
    draw.show(
        plots.path_curve_figure,
        table,
        ids=(run_id,),
        about=(epoch, t, shown),
        key="path-curves",
        setup=what_if_data.curves_cell(run_id, epoch, t, shown),
        subtitle=" · ".join(parts),
        caption=CURVES,
    )


def _surface(now: view.View, run_id: str, epoch: int) -> None:
    if not controls.torch_ready(430):
        return
    left, middle, right = st.columns((3, 4, 3))
    with left:
        site = _scope(now)
    with right:
        grid = now.option("grid", "5")
        controls.segments("Points on each side", "grid", {n: n for n in GRIDS}, grid)
    with middle:
        bn = now.option("bn", "again")
        controls.segments("BN statistics", "bn", BN, bn, help=terms.term("BN statistics"))
    job = what_if_data.surface_job(run_id, epoch, site, int(grid))
    if not jobs.show(job, 430):
        return
    table: pd.DataFrame = job.result
    _say(surface_finding(table))
    draw.show(
        plots.surface_figure,
        table,
        ids=(run_id,),
        about=(epoch, site, grid),
        key=f"surface-{bn}",
        setup=what_if_data.cell(run_id, "surface", (epoch, site, int(grid))),
        subtitle=_about(run_id, epoch, table),
        caption=GRID,
        column="loss_reestimated" if bn == "again" else "loss",
    )
    _two_numbers(table[table["role"] == "learned"].iloc[0])


def _scope(now: view.View) -> str | None:
    """Draw the choice between all sites and the view's; return the site, None for all."""
    scope = now.option("scope", "all")
    controls.segments("Parameters of", "scope", SCOPE, scope)
    return now.site if scope == "site" else None


def _say(finding: Finding) -> None:
    """Write the sentence, and what it rests on."""
    st.markdown(frame.plain(finding.sentence), help=finding.criterion)


def _two_numbers(row: pd.Series) -> None:
    """Write the trained network's own two numbers, and what the two are."""
    st.caption(f"As trained: {_both(row)}. {frame.plain(terms.term('as it is')) if row['train_n'] else NONE}")


def _both(row: pd.Series) -> str:
    """Return both numbers of a network in words; one where it has no BN layers."""
    if not row["train_n"]:
        return _numbers(row, "")
    images = wording.count(int(row["train_n"]), "training image")
    return f"{_numbers(row, '')} as it is; {_numbers(row, '_reestimated')} with BN statistics estimated again on {images}"


def _numbers(row: pd.Series, end: str) -> str:
    loss = wording.value_text(float(row[f"loss{end}"]), "loss")
    return f"accuracy {wording.percent(float(row[f'accuracy{end}']))}, loss {loss}"


def _instead_name(name: str) -> str:
    return WORDS.get(name) or activation_title(name)


def _others(runs: Sequence[str]) -> None:
    if runs:
        st.markdown("These runs can be tried:")
    for other in runs:
        st.page_link("pages/what-if.py", label=loaders.run_name(other), icon=":material/science:",
                     query_params=view.page_query(run=other, site=None, epoch=None))  # fmt: skip


def _about(run_id: str, epoch: int, table: pd.DataFrame) -> str:
    """Return the subtitle: run, data, epoch, n."""
    images = wording.count(int(table["n"].iloc[0]), "validation image")
    return " · ".join(filter(None, [loaders.run_name(run_id), loaders.data_name(run_id), f"after epoch {epoch}", images]))
