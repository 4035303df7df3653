"""Explanations: why this answer, and may I believe the map?"""

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.analysis import wording
from core.analysis.attribution_choices import BASELINES, METHODS
from explorer import (
    choices,
    controls,
    draw,
    explain_cells,
    explain_data,
    image_pick,
    jobs,
    loaders,
    picks,
    plots,
    router,
    tables,
    view,
)
from explorer.explanations import PROBE_IMAGES, SMOOTH_COPIES, Request, read_request
from explorer.terms import term

if TYPE_CHECKING:
    import pandas as pd

MAPS = {"methods": "One image", "runs": "Grid", "check": "Check"}
SHARED_CAPTION = "Orange speaks for what is explained, blue against it. The error is |sum of the map − gap| in % of the gap."
METHODS_CAPTION = f"{SHARED_CAPTION} Methods have different units, so each map is in % of its own 99th percentile."
RUNS_CAPTION = f"{SHARED_CAPTION} Networks have logits of different size, so each map is in % of its own network's gap."
CHECK_CAPTION = (
    "Spearman's rank correlation of |map| with that of the trained network, image by image (thin) and on average (thick). A "
    "method whose maps stay alike while the weights are drawn anew does not show what was learned (Adebayo et al. 2018)."
)


def page() -> None:
    """Draw the page."""
    controls.heading("Explanations")
    controls.empty_source()
    blocked = view.show_problems(("run", "epoch", "images", "maps", "attribution", "base", "smooth"))
    if controls.nothing_here():
        return
    controls.strip(("run", "epoch"))
    now = view.current()
    if not blocked and now.run:
        _body(now, now.run)
    controls.live()


def _body(now: view.View, run_id: str) -> None:
    epoch = choices.nearest_checkpoint(run_id, now.epoch)
    if epoch is None:
        _no_checkpoint(run_id)
        return
    controls.nearest_epoch(now.epoch, epoch)
    image_pick.choose_images(now, run_id)
    if not now.images:
        st.markdown(":material/image_search: No image is chosen. Choose some above, by number or from the montage.")
        return
    if not controls.torch_ready(560):
        return
    methods = explain_data.validity(run_id, epoch)
    asked = {**{"target": "predicted", "minus": "nothing"}, **dict(now.extra)}
    valid = {m: t for m, t, r in zip(methods["method"], methods["title"], methods["reason"], strict=True) if not r}
    _controls(now, run_id, asked, valid)
    request = read_request(asked["base"], asked["target"], asked["minus"], asked["smooth"])
    if asked["maps"] == "methods":
        _by_method(now, run_id, epoch, list(valid), request)
    elif asked["attribution"] not in valid:
        st.markdown(f":material/block: {_reason(methods, asked['method'])}")
    elif asked["maps"] == "runs":
        _by_run(now, run_id, epoch, asked["attribution"], request)
    else:
        _check(now, run_id, epoch, asked["attribution"], request)
    _invalid(methods)


def _controls(now: view.View, run_id: str, asked: dict[str, str], valid: dict[str, str]) -> None:
    """Draw one row of controls; the rarer ones under More."""
    names = tables.class_names(loaders.run(run_id))
    classes = {str(i): name for i, name in enumerate(names)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.segments("Show", "maps", MAPS, asked["maps"], help=term("sanity check"))
        if asked["maps"] == "methods":
            shown = [str(i) for i in now.images]
            controls.choose("Image", "one", shown, asked["one"] if asked.get("one") in shown else shown[0], width=90)
        else:
            method = asked["attribution"]
            controls.choose("Method", "attribution", list(valid), method, format_func=METHODS.__getitem__, width=190,
                            help=term(METHODS[method]))  # fmt: skip
        if asked["maps"] != "check":
            targets = {"predicted": "Predicted class", **classes}
            controls.choose("Explain", "target", list(targets), asked["target"], format_func=targets.__getitem__, width=160,
                            help=term("target"))  # fmt: skip
        controls.choose("Baseline", "base", list(BASELINES), asked["base"], format_func=BASELINES.__getitem__, width=140,
                        help=term("baseline image"))  # fmt: skip
        if asked["maps"] != "check":
            _more(asked, classes)


def _more(asked: dict[str, str], classes: dict[str, str]) -> None:
    with st.popover("More", icon=":material/tune:"):
        rest = {k: v for k, v in classes.items() if k != asked["target"]}
        minus = {"nothing": "Nothing", "second": "Next likely class", **rest}
        controls.choose("Minus the logit of", "minus", list(minus), asked["minus"], format_func=minus.__getitem__)
        smooth = {"off": "Off", "on": f"{SMOOTH_COPIES} noisy copies"}
        controls.segments("SmoothGrad", "smooth", smooth, asked["smooth"], help=term("SmoothGrad"))


def _by_method(now: view.View, run_id: str, epoch: int, methods: list[str], request: Request) -> None:
    one = dict(now.extra).get("one", "")
    image = int(one) if one in {str(i) for i in now.images} else now.images[0]
    job = explain_data.methods_job(run_id, epoch, image, methods, request)
    if not jobs.show(job, 560):
        return
    found = job.result
    draw.show(
        plots.attribution_figure,
        found.table,
        ids=[run_id],
        about=(epoch, image, tuple(methods), request),
        key="attributions",
        setup=explain_cells.by_method(loaders.run(run_id), epoch, image, methods, request),
        more={"pictures": found.pictures, "errors": found.errors},
        unit="% of own scale",
        title=f"Where the answer for image {image} comes from",
        subtitle=_about(run_id, epoch, request, [loaders.run_name(run_id)]),
        caption=METHODS_CAPTION,
    )
    _numbers(found.errors)


def _by_run(now: view.View, run_id: str, epoch: int, method: str, request: Request) -> None:
    shown, without = explain_data.beside(run_id, epoch, now.runs)
    ids = now.images[: picks.MOST]
    if len(now.images) > picks.MOST:
        st.caption(f":material/info: {len(now.images)} images are chosen; the figure holds the first {picks.MOST}.")
    if without:
        st.caption(f":material/info: {wording.count(len(without), 'run')} of the view keep no checkpoint and are left out.")
    job = explain_data.runs_job(shown, ids, method, request)
    if not jobs.show(job, 560):
        return
    found = job.result
    named = [(loaders.run(r), e, loaders.run_name(r)) for r, e in shown]
    count = [wording.count(len(ids), "image"), wording.count(len(shown), "network")]
    others = " in different networks" if len(shown) > 1 else ""
    draw.show(
        plots.attribution_figure,
        found.table,
        ids=[r for r, _ in shown],
        about=(shown, ids, method, request),
        key="attributions",
        setup=explain_cells.by_run(named, ids, method, request),
        more={"pictures": found.pictures, "errors": found.errors},
        title=f"{METHODS[method]} of {'one image' if len(ids) == 1 else 'several images'}{others}",
        subtitle=_about(run_id, None, request, count),
        caption=RUNS_CAPTION,
    )
    _numbers(found.errors)


def _check(now: view.View, run_id: str, epoch: int, method: str, request: Request) -> None:
    ids = now.images[: picks.MOST]
    job = explain_data.check_job(run_id, epoch, ids, method, request.baseline)
    if not jobs.show(job, 430):
        return
    about = [
        loaders.run_name(run_id),
        loaders.data_name(run_id),
        f"after epoch {epoch}",
        wording.count(len(ids), "image"),
        f"baseline: {BASELINES[request.baseline].lower()}",
    ]
    draw.show(
        plots.randomisation_figure,
        job.result,
        ids=[run_id],
        about=(epoch, ids, method, request.baseline),
        key="randomisation",
        setup=explain_cells.randomised(loaders.run(run_id), epoch, ids, method, request.baseline),
        title=f"{METHODS[method]}: do the maps depend on what was learned?",
        subtitle=" · ".join(filter(None, about)),
        caption=CHECK_CAPTION,
    )


def _about(run_id: str, epoch: int | None, request: Request, first: list[str]) -> str:
    """Return the subtitle: what is shown, of what, against which baseline, and where "tiny" comes from."""
    parts = [
        *first,
        loaders.data_name(run_id),
        f"after epoch {epoch}" if epoch is not None else "",
        request.target.text(tables.class_names(loaders.run(run_id))),
        f"baseline: {BASELINES[request.baseline].lower()}",
        f"gaps compared with {PROBE_IMAGES} probe images",
    ]
    return " · ".join(filter(None, parts))


def _numbers(errors: "pd.DataFrame") -> None:
    """Draw the numbers behind the words below the maps, folded away."""
    with st.expander("Gaps, sums and errors", icon=":material/table:"):
        right = partial(st.column_config.TextColumn, alignment="right")
        st.dataframe(
            _in_words(errors),
            hide_index=True,
            column_config={
                "panel": "Map", "image": "Image", "explained": "Explained",
                "gap": right("Gap", help=term("gap")), "total": right("Sum of the map"),
                "error": right("Error, %", help=term("completeness")), "steps": right("Steps", help=term("steps")),
                "said": "In words",
            },
        )  # fmt: skip
        st.caption(f"Gap: {_lower(term('gap'))} {term('completeness')}")


def _in_words(errors: "pd.DataFrame") -> "pd.DataFrame":
    """Return the error table as it is read: what a method has not is "–"."""
    columns = ["panel", "image", "explained", "gap", "total", "error", "steps", "said"]
    numbers: dict[str, pd.Series[Any]] = {"gap": errors["gap"], "total": errors["total"], "error": 100 * errors["error"]}
    words = {name: [wording.number(float(v), 2 if name == "error" else 3) for v in values] for name, values in numbers.items()}
    steps = [f"{n:,}" if n else wording.UNDEFINED for n in errors["steps"]]
    return errors[columns].assign(**words, steps=steps)


def _invalid(methods: "pd.DataFrame") -> None:
    """Name the methods that do not hold here, with the reasons, and what to keep in mind about those that do."""
    for reason in filter(None, methods["reason"]):
        st.caption(f":material/block: Not valid here: {view.plain(reason)}")
    for note in dict.fromkeys(n for n in methods["note"] if n):
        st.caption(f":material/info: {view.plain(note)}")


def _reason(methods: "pd.DataFrame", method: str) -> str:
    return view.plain(str(methods.set_index("method")["reason"][method]))


def _no_checkpoint(run_id: str) -> None:
    st.markdown(":material/save: This run keeps no checkpoint, so its answers cannot be explained.")
    others = [r for r in loaders.run_ids() if r != run_id and choices.nearest_checkpoint(r, None) is not None]
    if others:
        st.markdown("These runs keep one:")
    for other in others[:5]:
        st.page_link("pages/explain.py", label=loaders.run_name(other), icon=":material/center_focus_strong:",
                     query_params=view.page_query(run=other, site=None, epoch=None))  # fmt: skip


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


router.show(page)
