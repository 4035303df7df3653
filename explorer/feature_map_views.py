"""Views of Features: the feature maps of chosen images, and the images that drive one channel most."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import streamlit as st

from core.analysis import wording
from core.analysis.maximisation_finding import maximisation_finding
from explorer import (
    caches,
    controls,
    draw,
    feature_map_tables,
    image_pick,
    jobs,
    loaders,
    network_loaders,
    picks,
    pictures,
    plots,
    terms,
    view,
)

if TYPE_CHECKING:
    from core.analysis.feature_maps import FeatureMaps
    from core.analysis.maximisation import MaximisedChannel

ORDERS = {"mean": "Largest mean first", "number": "By number"}
DRIVEN = {"input": "Pre-activation", "output": "Output"}
#: Real images shown beside those that were made.
BEST = 4

MAPS = "Outputs of the site with the noise off, one colour scale for all maps; above each its channel."
MADE = (
    "Grey: the channel's mean over positions for each probe image. Orange: the images made for it, the best one solid. "
    "A line within the grey area: gradient ascent fell short."
)


def maps_view(now: view.View, run_id: str, epoch: int) -> None:
    """Draw the maps of the chosen images: up to 64 channels of one, or 8 of each."""
    if not controls.torch_ready(560):
        return
    image_pick.choose_images(now, run_id)
    site, picked = now.site or "", now.images[: picks.MOST]
    if not picked:
        st.markdown(":material/image_search: No image is chosen. Choose some above, by number or from the montage.")
        return
    order: Literal["mean", "number"] = "number" if now.option("maps_order") == "number" else "mean"
    each = now.option("maps_of")
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        options = ["", *map(str, picked)]
        names = {"": f"All {len(picked)} that are chosen" if len(picked) > 1 else "The one that is chosen"}
        controls.choose("Image", "maps_of", options, each if each in options else "", format_func=lambda i: names.get(i, i))
    with right:
        controls.segments("Channels", "maps_order", ORDERS, order)
    ids = (int(each),) if each in options[1:] else picked
    most = plots.maps_that_fit(len(ids))

    def work(progress: jobs.Progress) -> Any:
        return feature_map_tables.maps(run, epoch, site, ids, order, most, progress)

    run = loaders.run(run_id)
    job = caches.job("feature maps", (run_id,), (epoch, site, ids, order), work, "Computing feature maps")
    if not jobs.show(job, 560):
        return
    result: FeatureMaps = job.result
    sheet, classes = network_loaders.montage(run_id, ids)
    st.image(sheet, alt=f"The {wording.count(len(ids), 'image')} whose maps are shown: {', '.join(classes.values())}.")
    shown = wording.count(len(result.channels), "channel") + f" of {result.total}"
    draw.show(
        plots.feature_map_figure,
        result.to_table(),
        ids=(run_id,),
        about=(epoch, site, ids, order),
        key="feature-maps",
        setup=feature_map_tables.cell(run, "maps", epoch, site, list(ids), order, most),
        title=f"What {site} gives",
        subtitle=_about(run_id, epoch, site, shown, wording.count(len(ids), "image")),
        caption=MAPS,
    )


def maximise_view(now: view.View, run_id: str, epoch: int) -> None:
    """Draw the images made for one channel, the real ones that drive it most, and how far each drives it."""
    if not controls.torch_ready(430):
        return
    site, count = now.site or "", loaders.channels(run_id, now.site or "")
    what: Literal["input", "output"] = "output" if now.option("driven") == "output" else "input"
    channel = now.channel if now.channel is not None and now.channel < max(count, 1) else 0
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        controls.choose("Channel", "channel", range(max(count, 1)), channel, help=terms.term("channel"))
    with right:
        controls.segments("Driven", "driven", DRIVEN, what, help=terms.term("activation maximisation"))
    run = loaders.run(run_id)

    def work(progress: jobs.Progress) -> Any:
        return feature_map_tables.maximised(run, epoch, site, channel, what, progress)

    job = caches.job("maximise", (run_id,), (epoch, site, channel, what), work, "Maximising the channel")
    if not jobs.show(job, 430):
        return
    result: MaximisedChannel = job.result
    finding = maximisation_finding(result)
    icon = ":material/trending_up:" if finding.kind == "found" else ":material/help:"
    st.markdown(f"{icon} {view.plain(finding.sentence)}", help=finding.criterion)
    for place, draw_images in zip(st.columns(2, gap="medium"), (_made, _real), strict=True):
        with place:
            draw_images(run_id, result)
    draw.show(
        plots.maximisation_figure,
        result.to_table(),
        ids=(run_id,),
        about=(epoch, site, channel, what),
        key="maximised",
        setup=feature_map_tables.cell(run, "maximised", epoch, site, channel, what),
        title=f"How far channel {channel} of {site} is driven",
        subtitle=_about(run_id, epoch, site, DRIVEN[what].lower(), wording.count(len(result.probe), "probe image")),
        caption=MADE,
    )


def _made(run_id: str, result: "MaximisedChannel") -> None:
    pixels = np.rint(255 * result.pixels).astype(np.uint8)
    names = [wording.value_text(float(v), "") for v in result.reached]
    sheet = pictures.montage(pixels, names, [False] * len(names), columns=BEST, side=88)
    st.image(sheet, alt=f"{len(names)} images made for the channel, from {len(names)} random starts.")
    st.caption(f"Made from {len(names)} random starts, the best first; below each what the channel gives for it.")


def _real(run_id: str, result: "MaximisedChannel") -> None:
    order = np.argsort(-result.probe, kind="stable")[:BEST]
    ids = [result.probe_ids[i] for i in order]
    names = [f"{i} · {wording.value_text(float(result.probe[k]), '')}" for i, k in zip(ids, order, strict=True)]
    pixels = network_loaders.data(run_id).by_ids(ids).images.numpy()
    sheet = pictures.montage(pixels, names, [False] * len(ids), columns=BEST, side=88)
    st.image(sheet, alt=f"The {len(ids)} probe images that drive the channel most: {', '.join(map(str, ids))}.")
    st.caption("The probe images that drive it most: number, and what the channel gives.")


def _about(run_id: str, epoch: int, site: str, *more: str) -> str:
    parts = [loaders.run_name(run_id), loaders.data_name(run_id), f"after epoch {epoch}", f"site {site}", *more]
    return " · ".join(filter(None, parts))
