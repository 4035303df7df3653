"""Where the probe images lie: choose some by a lasso or by their class, and see them in the panels of all runs."""

import pandas as pd
import streamlit as st

from core.analysis import wording
from explorer import cells, controls, draw, features_data, jobs, picks, plots, terms, view

KEY = "points"
METHODS = {"pca": "Principal components", "tsne": "t-SNE"}
CAPTION = "Each dot is one probe image with the noise off. Draw around some with the lasso, or choose a class: the orange ones."


def draw_part(now: view.View, shown: list[tuple[str, int]], site: str, align: bool) -> None:
    """Draw, folded away, the map of the probe images of every shown run; what is chosen there becomes the view's images."""
    part = st.expander("Choose the images by place or class", key="choose_by_place", icon=":material/lasso_select:",
                       on_change="rerun")  # fmt: skip
    if not part.open:
        return
    with part:
        if not controls.torch_ready(430):
            return
        method = _method(now)
        job = features_data.points_job(shown, site, method, align and method == "pca")
        if jobs.show(job, 430):
            _figure(now, shown, site, job.result, method, align and method == "pca")


def _method(now: view.View) -> str:
    """Return the projection; a choice only where openTSNE is installed."""
    from core.analysis.feature_points import methods

    known = {m: METHODS[m] for m in methods()}
    method = now.option("places", "pca")
    if len(known) > 1:
        controls.segments("Projection", "places", known, method, label_visibility="collapsed")
    return method if method in known else "pca"


def _figure(now: view.View, shown: list[tuple[str, int]], site: str, table: pd.DataFrame, method: str, align: bool) -> None:
    _classes(table)
    runs = features_data.named(shown)
    opened = cells.named_runs(runs, "from explorer.noise_tables import points")
    chosen = tuple(i for i in now.images if i in set(table["image"]))
    draw.show(
        plots.point_figure,
        table,
        ids=[r for r, _ in shown],
        about=(shown, site, method, align),
        key=KEY,
        setup=f"{opened}\ntable = points(runs, {site!r}, {method!r}, {align})",
        subtitle=f"site {site} · {METHODS[method]} · {table['image'].nunique():,} probe images · "
        f"{wording.count(len(chosen), 'image')} chosen",
        caption=CAPTION,
        on_select=_take_lasso,
        chosen=chosen,
    )
    st.caption(terms.term("t-SNE" if method == "tsne" else "projection"))


def _classes(table: pd.DataFrame) -> None:
    """Draw the box that chooses the probe images of a class: what the lasso does, by keyboard."""
    classes = sorted(table["label"].unique())
    st.session_state["choose_class"] = None

    def take() -> None:
        rows = table[table["label"] == st.session_state["choose_class"]]
        view.change(images=tuple(dict.fromkeys(int(i) for i in rows["image"]))[: picks.MONTAGE])

    st.selectbox("Images of class", classes, key="choose_class", on_change=take, placeholder="Choose a class", width=300)


def _take_lasso() -> None:
    """Take the images inside the lasso into the view."""
    ids = tuple(dict.fromkeys(int(i) for i in draw.clicked(KEY)))
    if ids:
        view.change(images=ids[: picks.MONTAGE])
