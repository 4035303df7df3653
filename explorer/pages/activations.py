"""Activations: what is this function?"""

import pandas as pd
import streamlit as st

from core.analysis import wording
from core.analysis.groups import activation_title
from core.analysis.own_formula import caret_lines
from core.errors import ExplorerError, FormulaError
from explorer import activations_data as data
from explorer import controls, draw, loaders, plots, router, settings, terms, view

PARTS = {"function": "Functions", "formula": "Own formula", "pseudo": "Pseudo derivative"}
REACHES = {"2": "±2", "5": "±5", "10": "±10", "20": "±20"}
CAPTION = "Above the function, below its derivative."
BAND = " The band holds 95 % of the outputs that the noise makes in training."
GHOST = " Grey dots: at the initial parameters."
SURROGATE = " Dashed: the derivative that training uses in place of the true one."


def page() -> None:
    """Draw the page."""
    with controls.heading("Activations"):
        now = view.current()
        part = now.option("part", "function")
        controls.segments("What to look at", "part", PARTS, part, label_visibility="collapsed")
    blocked = view.show_problems(("part", "reach"))
    if blocked or not controls.torch_ready(560):
        return
    {"function": _functions, "formula": _formula, "pseudo": _pseudo}[part](now)


# --- the catalogue -----------------------------------------------------------------------------------------------------


def _functions(now: view.View) -> None:
    text = now.option("activation") or _opening(now.run)
    _head(now, text)
    chosen = _read("activation", text)
    if chosen is None:
        return
    info, about = chosen.info, data.facts(text)
    st.latex(info.formula)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _curve(text, now, info.title, chosen)
    with right:
        settings.panel(chosen, "activation")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _passage(text, info.title)
    with right:
        _facts(about.table)
    _parameter_slopes(text, now)
    _paper(info.reference, info.differs)


def _head(now: view.View, text: str) -> None:
    """Draw the choice of the function, and how far x reaches."""
    left, right = st.columns([3, 2], vertical_alignment="bottom", gap="medium")
    with left:
        controls.choose("Function", "activation", data.NAMES, data.named(text.partition(":")[0]),
                        format_func=activation_title, help=terms.term("activation"))  # fmt: skip
    with right:
        _reach(now)


def _reach(now: view.View) -> None:
    controls.segments("Range of x", "reach", REACHES, now.option("reach", "5"))


def _opening(run_id: str | None) -> str:
    """Return the function to open first: that of the run one looks at."""
    known = loaders.activations(run_id) if run_id in loaders.run_ids() and run_id else ()
    return next((name for name in known if name in data.NAMES), data.FIRST)


def _read(key: str, text: str) -> data.Settings | None:
    """Return the activation that the link says; None, and a sentence with a button, where it cannot be shown."""
    try:
        if key == "activation" and data.named(text.partition(":")[0]) is None:
            name = text.partition(":")[0]
            raise ExplorerError(f"There is no activation “{name}” here. There are {len(data.NAMES)}, from ReLU to PD-ReLU.")
        return data.Settings(text)
    except ExplorerError as error:
        view.show_problem(data.problem(key, text, str(error)), key)
        return None


def _curve(text: str, now: view.View, name: str, chosen: data.Settings, title: str | None = None) -> None:
    reach = float(now.option("reach", "5"))
    table = data.shape(text, reach)
    caption = CAPTION
    if chosen.info.stochastic:
        caption += BAND
    if (table["start"] - table["y"]).abs().max() > 1e-9:
        caption += GHOST
    if (table["derivative"] - table["backward_derivative"]).abs().max() > 1e-9:
        caption += SURROGATE
    draw.show(
        plots.function_figure,
        table,
        ids=(),
        about=(text, reach),
        key="function",
        setup=data.shape_cell(text, reach),
        title=title or f"{name} and its derivative",
        subtitle=chosen.said.replace("_", " "),
        caption=caption,
        name=name,
    )


def _passage(text: str, name: str) -> None:
    table, found = data.passage(text)
    parts = [f"mean {wording.short(found.mean)}", f"sd {wording.short(found.sd)}"]
    parts += [f"{wording.percent(found.share_at_zero)} exactly 0" if found.share_at_zero else "none exactly 0"]
    parts += [f"{wording.percent(found.share_not_finite)} not a finite number"] if found.share_not_finite else []
    outside = 1 - found.share_not_finite - float(table.loc[table["side"] == "output", "share"].sum())
    parts += [f"{wording.percent(outside)} outside the figure"] if outside > 0.001 else []
    draw.show(
        plots.passage_figure,
        table,
        ids=(),
        about=text,
        key="passage",
        setup=data.passage_cell(text),
        title=f"What {name} does to a normal distribution",
        subtitle=f"Outputs: {', '.join(parts)} · inputs: mean 0, sd 1",
        caption="Share of all values in each bin; a stem is one value that many outputs have. Noise is off.",
        name=name,
    )


def _facts(table: pd.DataFrame) -> None:
    st.subheader("Facts", anchor=False, help="At the parameters as they are set; the rest is true of the function itself.")
    heads = [fact if fact.endswith("?") else f"{fact}:" for fact in table["fact"]]
    st.markdown("\n".join(f"- **{head}** {view.plain(value)}" for head, value in zip(heads, table["value"], strict=True)))


def _parameter_slopes(text: str, now: view.View) -> None:
    reach = float(now.option("reach", "5"))
    table = data.slopes(text, reach)
    if table.empty:
        return
    more = st.expander("How the output answers to each parameter", key="answers", on_change="rerun")
    if not more.open:
        return
    with more:
        draw.show(
            plots.parameter_slope_figure,
            table,
            ids=(),
            about=(text, reach),
            key="slopes",
            setup=data.slopes_cell(text, reach),
            title="Derivative of the output in each parameter",
            subtitle="What one input adds to a parameter's gradient, before the gradient of the loss is multiplied in",
            caption="Dashed: what training uses where it differs, as the gradient passes through a parameter's lower limit.",
        )


def _paper(reference: str, differs: str) -> None:
    st.subheader("Paper", anchor=False)
    st.markdown(f"{data.linked(view.plain(reference))}.")
    st.markdown(f"**Differs from the paper:** {view.plain(differs)}.")


# --- a formula of one's own --------------------------------------------------------------------------------------------


def _formula(now: view.View) -> None:
    text = now.option("formula") or data.FIRST_FORMULA
    left, right = st.columns([3, 2], vertical_alignment="bottom", gap="medium")
    with left:
        settings.text_box("Formula in x", "formula", text, terms.term("own formula"))
    with right:
        _reach(now)
    settings.grammar()
    own = _typed(text, "starts", now.option("starts"))
    if own is not None:
        _own(now, own)


def _typed(text: str, key: str, numbers: str) -> data.OwnFormula | None:
    """Return the formula with the numbers that the view's `key` holds; None, and what is wrong in words, where it is none."""
    try:
        starts = data.read_starts(numbers, key)
    except ExplorerError as error:
        view.show_problem(data.Problem(key, str(error), ((f"Open without {key}", {key: ""}),)), key)
        return None
    try:
        return data.own_formula(text, starts)
    except FormulaError as error:
        st.error(view.plain(str(error)), icon=":material/error:")
        if lines := caret_lines(text, str(error)):
            st.code(lines, language=None)
        return None


def _own(now: view.View, own: data.OwnFormula) -> None:
    st.latex(own.latex)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _curve(own.activation, now, "f", data.Settings(own.activation), title="The formula and its derivative")
    with right:
        if own.starts:
            st.markdown("**Parameters** and where they start", help=terms.term("activation parameter"))
        settings.named_numbers(own.starts, "starts")
        if own.report.warnings:
            st.markdown("\n".join(f"- :material/warning: {view.plain(w)}" for w in own.report.warnings))
        else:
            st.markdown(":material/check: Smooth, with a gradient for usual inputs, finite, and 0 stays 0.")
    st.markdown("Train with it:")
    st.code(controls.train_example(f'"{own.activation}"'), language=None, wrap_lines=True)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _passage(own.activation, "the formula")
    with right:
        _facts(data.facts(own.activation).table)
    _parameter_slopes(own.activation, now)


# --- pseudo derivatives ------------------------------------------------------------------------------------------------


def _pseudo(now: view.View) -> None:
    key = now.option("pseudo") or data.FIRST_SHAPE
    left, right = st.columns([3, 2], vertical_alignment="bottom", gap="medium")
    with left:
        settings.shape_box(key.partition(":")[0])
    with right:
        _reach(now)
    if key == data.OWN:
        _own_pseudo(now)
        return
    try:
        text = data.pseudo_text(key)
        chosen = data.Settings(text)
    except ExplorerError as error:
        fix = (f"Show {data.FIRST_SHAPE}", {"pseudo": data.FIRST_SHAPE})
        view.show_problem(data.Problem("pseudo", str(error), (fix,)), "pseudo")
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _curve(text, now, "PD-ReLU", chosen, title=f"ReLU forward, {chosen.words['shape']} backward")
    with right:
        st.latex(data.pseudo_latex(chosen.words["shape"]))
        settings.constants(chosen, "pseudo")
        _criteria(data.criteria(text))
    st.markdown("Train with it:")
    st.code(controls.train_example(f'"{text}"'), language=None, wrap_lines=True)
    _paper(chosen.info.reference, chosen.info.differs)


def _own_pseudo(now: view.View) -> None:
    """Draw a pseudo derivative that somebody types: it can be looked at and judged."""
    typed = now.option("p") or data.FIRST_OWN
    settings.text_box("p(x), used in training in place of the derivative of ReLU", "p", typed)
    settings.grammar()
    own = _typed(typed, "constants", now.option("constants"))
    if own is None:
        return
    reach, constants = float(now.option("reach", "5")), tuple(own.starts.items())
    left, right = st.columns([3, 2], gap="medium")
    with left:
        draw.show(
            plots.function_figure,
            data.own_shape(own.text, constants, reach),
            ids=(),
            about=(own.text, constants, reach),
            key="function",
            setup=data.own_shape_cell(own.text, own.starts, reach),
            title="ReLU forward, a formula of your own backward",
            subtitle=", ".join(f"{k} = {wording.short(v)}" for k, v in constants) or "no constants",
            caption=CAPTION + SURROGATE,
            name="ReLU",
        )
    with right:
        st.latex(own.latex.replace("f(x)", "p(x)", 1))
        settings.named_numbers(own.starts, "constants")
        _criteria(data.own_criteria(own.text, constants))
    st.caption("Training with a pseudo derivative of one's own is not built: PD-ReLU has the five shapes above.")


def _criteria(table: pd.DataFrame) -> None:
    st.subheader("Criteria", anchor=False, help=terms.term("pseudo derivative"))
    marks = {True: ":material/check: met", False: ":material/close: not met"}
    lines = [f"- {row.criterion}: **{marks[bool(row.met)]}** ({view.plain(str(row.found))})" for row in table.itertuples()]
    st.markdown("\n".join(lines))
    st.caption("These criteria are this project's: those of the paper were not available.")


router.show(page)
