"""Predictions: what is right, what is wrong, what flips?"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.analysis import flips, prediction_findings, wording
from core.analysis.confusion import class_table, confused_pairs, confusion_table
from core.analysis.findings import Finding
from core.analysis.predictions import SplitName, search
from explorer import (
    caches,
    controls,
    draw,
    frame,
    jobs,
    loaders,
    looks,
    picks,
    plots,
    prediction_cells,
    predictions_data,
    router,
    terms,
    view,
)

SHOW = {"confusion": "Confusion", "images": "Images", "classes": "Classes", "flips": "Flips"}
SPLITS = {"validation": "Validation", "test": "Test"}
ONLY = {"all": "All", "wrong": "Only wrong"}
ORDERS = {"hardest": "Largest loss first", "unsure": "Least sure first", "surest": "Surest first", "number": "By number"}
#: Images below the matrix, and on each side of the flips.
FEW = 24

MATRIX = (
    "A row per true class, a column per predicted one, numbers of images. Grey: right; empty: none. "
    "A click on a cell chooses it, as the two boxes above do."
)
PAIRS = "True class → what it was taken for: number of images, and their share of the images of the true class."
CLASSES = "Share of each class's images that are right, with its 95 % Wilson interval. The lowest come first."


def page() -> None:
    """Draw the page."""
    show = view.current().option("see", "confusion")
    with controls.heading("Predictions"):
        controls.segments("Show", "see", SHOW, show, label_visibility="collapsed", width="content")
    controls.empty_source()
    blocked = view.show_problems(("run", "epoch", "see", "split", "order", "only"))
    if controls.nothing_here():
        return
    controls.strip(("run", "epoch"))
    now = view.current()
    if not blocked and now.run:
        _body(now, now.run, show)
    controls.live()


def _body(now: view.View, run_id: str, show: str) -> None:
    split: SplitName = "test" if now.option("split") == "test" else "validation"
    # Flips compare what is stored, so both runs stand at their chosen checkpoints.
    source = predictions_data.find_source(run_id, None if show == "flips" else now.epoch, split)
    if source is None:
        _nothing_to_show(run_id, split)
        return
    if show == "flips":
        _flips(now, run_id, source, split)
        return
    places = st.columns([4, 4, 4, 5, 4] if show == "images" else [3, 3, 3, 4], vertical_alignment="bottom")
    with places[0]:
        _split(split)
    if now.epoch is not None and source.epoch not in (None, now.epoch):
        st.caption(
            f":material/info: No predictions of epoch {now.epoch} can be shown: no checkpoint of it was kept."
            f" These are of epoch {source.epoch}, the nearest one."
        )
    if split == "test" and not looks.allowed([(run_id, source.epoch)]):
        return
    table = _table(run_id, source, split)
    if table is None:
        return
    names = predictions_data.classes(run_id, table)
    if show == "classes":
        _classes(run_id, source, split, table, names)
        return
    chosen = _cell(now, names, places[1:3])
    if chosen is None:
        return
    if show == "images":
        with places[3]:
            controls.choose("Order", "order", list(ORDERS), now.option("order", "hardest"), format_func=ORDERS.__getitem__)
        with places[4]:
            controls.choose("Which", "only", list(ONLY), now.option("only", "all"), format_func=ONLY.__getitem__)
        _images(now, run_id, table, names, chosen)
    else:
        _confusion(run_id, source, split, table, names, chosen)


def _table(run_id: str, source: predictions_data.Source, split: SplitName) -> pd.DataFrame | None:
    """Return the predictions; None while a job makes them."""
    if source.stored:
        return predictions_data.stored_table(run_id, split)
    if source.epoch is None or not controls.torch_ready(560):
        return None
    job = predictions_data.computing(run_id, source.epoch, split)
    if not jobs.show(job, 560):
        return None
    table: pd.DataFrame = job.result
    return table


def _nothing_to_show(run_id: str, split: SplitName) -> None:
    st.markdown(":material/save: This run keeps neither predictions nor a checkpoint, so what it says of images is not known.")
    others = predictions_data.runs_with_predictions(run_id, split)[:5]
    if others:
        st.markdown("These runs keep predictions:")
    for other in others:
        st.page_link("pages/predictions.py", label=loaders.run_name(other), icon=":material/fact_check:",
                     query_params=view.page_query(run=other, site=None, epoch=None))  # fmt: skip


def _cell(now: view.View, names: list[str], places: Sequence[st.delta_generator.DeltaGenerator]) -> tuple[int, int] | None:
    """Draw the boxes for true and predicted class; return the labels, −1: any. None: the link names an unknown class."""
    found = []
    labels = {"true": "True class", "said": "Predicted class"}
    for place, (key, label) in zip(places, labels.items(), strict=True):
        wanted = now.option(key)
        with place:
            controls.choose(label, key, ["", *names], wanted, format_func=lambda name: name or "Any")
        if wanted and wanted not in names:
            st.caption(f":material/search_off: This data set has no class “{view.plain(wanted)}”; choose one above.")
            return None
        found.append(names.index(wanted) if wanted else -1)
    return found[0], found[1]


def _split(split: SplitName) -> None:
    controls.choose("Data", "split", list(SPLITS), split, format_func=SPLITS.__getitem__, help=terms.term(f"{split} data"))


def _confusion(
    run_id: str,
    source: predictions_data.Source,
    split: SplitName,
    table: pd.DataFrame,
    names: list[str],
    chosen: tuple[int, int],
) -> None:
    pairs, data = confused_pairs(table, names), _data(run_id, split)
    about = _about(run_id, source, split, len(table))
    if plots.fits_matrix(len(names)):
        _matrix(run_id, source, split, confusion_table(table, names), names, chosen, about)
    elif pairs.empty:
        st.markdown(f":material/grid_off: {len(names)} classes are too many for a matrix, and no image is wrong.")
    else:
        st.caption(f":material/grid_off: {len(names)} classes are too many for a matrix; these are the pairs confused most.")
        draw.show(
            plots.confused_pairs_figure,
            pairs,
            ids=(run_id,),
            about=(source, split),
            key="confused-pairs",
            setup=prediction_cells.from_predictions(loaders.run(run_id), split, source.epoch, "confused_pairs"),
            subtitle=about,
            caption=PAIRS,
        )
    _say(prediction_findings.accuracy_finding(table, data, len(names)), ":material/check_circle:")
    _say(prediction_findings.confusion_finding(pairs, len(table), data), ":material/compare_arrows:")
    if chosen == (-1, -1):
        return
    found = search(table, label=_any(chosen[0]), predicted=_any(chosen[1]), only_wrong=-1 in chosen)
    st.subheader(_words(chosen, names), anchor=False)
    _montage(run_id, found, names, FEW, wording.count(len(found), "image"))
    st.button("See them under Images", key="see_images", icon=":material/photo_library:", on_click=view.change,
              kwargs={"see": "images", "only": "wrong" if -1 in chosen else "all"})  # fmt: skip


def _matrix(
    run_id: str,
    source: predictions_data.Source,
    split: SplitName,
    matrix: pd.DataFrame,
    names: list[str],
    chosen: tuple[int, int],
    about: str,
) -> None:
    """Draw the matrix; a click on a cell chooses it."""
    options: dict[str, Any] = {"marked": chosen} if -1 not in chosen else {}

    def clicked() -> None:
        """Take the classes of the cell that was clicked."""
        points = st.session_state["confusion"]["selection"]["points"]
        cells = [p["customdata"] for p in points if len(p.get("customdata") or ()) == 2]
        if cells:
            view.change(true=names[int(cells[-1][0])], said=names[int(cells[-1][1])])

    plot = plots.confusion_figure
    fig = caches.figure("confusion", (run_id,), (source, split, options), lambda: plot(matrix, **options))
    setup = prediction_cells.from_predictions(loaders.run(run_id), split, source.epoch, "confusion_table")
    frame.figure(fig, key="confusion", title="Confusion matrix", subtitle=about, caption=MATRIX, table=matrix,
                 cell=frame.notebook_cell(setup, plot, **options), on_select=clicked)  # fmt: skip


def _images(now: view.View, run_id: str, table: pd.DataFrame, names: list[str], chosen: tuple[int, int]) -> None:
    only, order = now.option("only", "all") == "wrong", now.option("order", "hardest")
    found = search(table, label=_any(chosen[0]), predicted=_any(chosen[1]), only_wrong=only, order=order)
    if found.empty:
        st.markdown(":material/image_search: No image is like that. Take “Any” for a class, or show the right ones too.")
        return
    shown = found.head(picks.MONTAGE)
    matching = f"{wording.count(len(found), 'image')} of {len(table):,}"
    first = "" if len(shown) == len(found) else f", the first {len(shown)} of them"
    _montage(run_id, shown, names, picks.MONTAGE, f"{matching}{first}, {ORDERS[order].lower()}")
    _pick(now, shown, names)
    with st.expander("As a table", key="as_table", icon=":material/table_rows:"):
        st.dataframe(
            predictions_data.named(found, names), hide_index=True, key="predictions_table",
            column_config={
                "image": st.column_config.NumberColumn(format="%d"),
                "confidence": st.column_config.NumberColumn(format="%.1f %%", help=terms.term("confidence")),
                "margin": st.column_config.NumberColumn(format="%.1f %%", help=terms.term("margin")),
                "loss": st.column_config.NumberColumn(format="%.3f", help=terms.term("loss")),
            },
        )  # fmt: skip


def _montage(run_id: str, found: pd.DataFrame, names: list[str], most: int, what: str) -> None:
    """Draw the first `most` images of a prediction table, each with its number and confidence."""
    if found.empty:
        st.markdown(":material/image_search: There is no such image.")
        return
    if not controls.torch_ready(200):
        return
    shown = found.head(most)
    texts = [f"{i} · {100 * c:.0f} %" for i, c in zip(shown["image"], shown["confidence"], strict=True)]
    wrong = [bool(w) for w in shown["wrong"]]
    sheet = predictions_data.montage(run_id, shown["image"].tolist(), texts, wrong)
    st.image(sheet, alt=f"Montage of {len(shown)} images, {sum(wrong)} of them predicted wrongly.")
    rest = "" if len(shown) == len(found) else f" The first {len(shown)} are shown."
    st.caption(f"{what}.{rest} Below each: its number and the confidence of the prediction. An orange frame: wrong.")


def _pick(now: view.View, shown: pd.DataFrame, names: list[str]) -> None:
    """Draw buttons for the images: what is picked here is what the other pages look at."""
    columns = (shown[c].tolist() for c in ("image", "label", "predicted"))
    said = {i: f"{i} {names[a]}" + (f" → {names[b]}" if a != b else "") for i, a, b in zip(*columns, strict=True)}
    st.session_state["pick_predicted"] = [i for i in now.images if i in said]
    others = tuple(i for i in now.images if i not in said)
    st.multiselect(
        f"Pick at most {picks.MOST} for the other pages", list(said), key="pick_predicted", format_func=said.__getitem__,
        placeholder="Choose images by number or class",
        on_change=lambda: view.change(images=(*others, *st.session_state["pick_predicted"])[-picks.MOST :]),
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(f"Pick the first {min(picks.MOST, len(said))}", key="pick_first", icon=":material/select_all:",
                  on_click=view.change, kwargs={"images": tuple(said)[: picks.MOST]})  # fmt: skip
        st.caption(f"Picked now: {', '.join(map(str, now.images)) or 'none'}.")


def _classes(run_id: str, source: predictions_data.Source, split: SplitName, table: pd.DataFrame, names: list[str]) -> None:
    found, data = class_table(table, names), _data(run_id, split)
    draw.show(
        plots.class_accuracy_figure,
        found,
        ids=(run_id,),
        about=(source, split),
        key="class-accuracy",
        setup=prediction_cells.from_predictions(loaders.run(run_id), split, source.epoch, "class_table"),
        subtitle=_about(run_id, source, split, len(table)),
        caption=CLASSES,
    )
    _say(prediction_findings.hardest_class_finding(found, data), ":material/trending_down:")
    _say(prediction_findings.calibration_finding(table, data), ":material/speed:")


def _flips(now: view.View, run_id: str, source: predictions_data.Source, split: SplitName) -> None:
    """Draw which images only one of two runs has right; both at their chosen checkpoints."""
    others = predictions_data.runs_with_predictions(run_id, split)
    first = next((r for r in now.runs if r in others), next(iter(others), ""))
    wanted = now.option("against")
    left, right = st.columns([3, 6], vertical_alignment="bottom")
    with left:
        _split(split)
    with right:
        controls.choose("Compared with", "against", others, wanted if wanted in others else first,
                        format_func=loaders.run_name)  # fmt: skip
    if not source.stored or not others:
        st.markdown(":material/compare: Flips compare stored predictions, and there are not two runs here that keep them.")
        return
    if wanted and wanted not in others:
        st.caption(f":material/info: {view.plain(wanted)} keeps no predictions for these images; this is another run.")
    other = wanted if wanted in others else first
    there = predictions_data.find_source(other, None, split)
    if split == "test" and not looks.allowed([(run_id, source.epoch), (other, there.epoch if there else None)]):
        return
    a, b = (predictions_data.stored_table(r, split) for r in (run_id, other))
    both, names = flips.flip_table(a, b), predictions_data.classes(run_id, a)
    short = [loaders.run_name(r) for r in (run_id, other)]
    _say(
        prediction_findings.flip_finding(flips.count_flips(both), short[0], short[1], _data(run_id, split)),
        ":material/compare:",
    )
    st.caption("Both at their chosen checkpoints. Below: the images, each with the confidence of the run that is wrong.")
    for which, run_of, name in (("only a", a, short[0]), ("only b", b, short[1])):
        images = flips.flipped(both, "only a" if which == "only a" else "only b")["image"]
        loser = (b if run_of is a else a).set_index("image").loc[images].reset_index()
        st.subheader(f"Right for {name} alone", anchor=False)
        _montage(run_id, loser, names, FEW, wording.count(len(loser), "image"))


def _say(finding: Finding, icon: str) -> None:
    shown = ":material/help:" if finding.kind == "cannot tell" else icon
    st.markdown(f"{shown} {view.plain(finding.sentence)}", help=finding.criterion or None)


def _words(chosen: tuple[int, int], names: list[str]) -> str:
    """Return what a choice of classes means: "Shirt taken for Coat"."""
    label, said = chosen
    if label == said:
        return f"{names[label]}, rightly"
    if label < 0:
        return f"Wrongly taken for {names[said]}"
    return f"{names[label]} taken for {names[said]}" if said >= 0 else f"{names[label]} taken for something else"


def _any(label: int) -> int | None:
    return None if label < 0 else label


def _data(run_id: str, split: SplitName) -> str:
    return " ".join(filter(None, [f"{split} images of", loaders.data_name(run_id) or "unnamed data"]))


def _about(run_id: str, source: predictions_data.Source, split: SplitName, n: int) -> str:
    """Return the subtitle: run, data, epoch, n."""
    when = f"after epoch {source.epoch}" if source.epoch is not None else "as stored"
    parts = [loaders.run_name(run_id), loaders.data_name(run_id), when, wording.count(n, f"{split} image")]
    return " · ".join(filter(None, parts))


router.show(page)
