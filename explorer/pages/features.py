"""Features & noise: what does the noise do to what the network sees?"""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.analysis import wording
from core.analysis.groups import activation_title
from explorer import (
    cells,
    choices,
    controls,
    draw,
    feature_map_views,
    image_pick,
    jobs,
    loaders,
    picks,
    plots,
    router,
    terms,
    view,
)
from explorer.demo_tables import NOISE_PASSES

if TYPE_CHECKING:
    from core.analysis.latents import LatentClouds

SHOW = {"clouds": "Clouds", "channels": "Feature maps", "maximise": "Maximise"}
#: Views that need no noise.
VIEWS = {"channels": feature_map_views.maps_view, "maximise": feature_map_views.maximise_view}

CAPTION = (
    "Each dot is one noisy pass of an image, the ring its place with the noise off, the ellipse holds 95 %. The axes are the "
    "two directions in which the noise-off features of the probe set differ most; each panel has a network and axes of its own."
)


def page() -> None:
    """Draw the page."""
    lens = view.current().option("lens", "clouds")
    with controls.heading("Features & noise"):
        controls.segments("Show", "lens", SHOW, lens, label_visibility="collapsed", width="content")
    controls.empty_source()
    blocked = view.show_problems(("run", "site", "epoch", "images", "lens", "maps_order", "driven"))
    if controls.nothing_here():
        return
    controls.strip()
    now = view.current()
    if not blocked and now.run:
        _body(now, now.run, lens)
    controls.live()


def _body(now: view.View, run_id: str, lens: str) -> None:
    if lens not in VIEWS and not loaders.has_clouds(run_id):
        if not controls.torch_ready(560):
            return
        if not loaders.makes_noise(run_id):
            _no_noise(run_id)
            return
    epoch = choices.nearest_checkpoint(run_id, now.epoch)
    if epoch is None:
        _no_checkpoint(run_id)
        return
    if now.epoch is not None and epoch != now.epoch:
        st.caption(
            f":material/info: No checkpoint of epoch {now.epoch} was kept; this is epoch {epoch}, the nearest one that was."
        )
    if not now.site:
        st.markdown(":material/photo_library: This run keeps no snapshots, so its sites are not known here.")
        return
    if lens in VIEWS:
        VIEWS[lens](now, run_id, epoch)
        return
    image_pick.choose_images(now, run_id)
    if len(now.images) < 1:
        st.markdown(":material/image_search: No image is chosen. Choose some above, by number or from the montage.")
        return
    _clouds(now, run_id, epoch)


def _noisy_runs() -> list[str]:
    """Return the runs whose noise can be looked at: they have it and keep a checkpoint."""
    return [r for r in choices.noisy_runs() if choices.nearest_checkpoint(r, None) is not None]


def _no_noise(run_id: str) -> None:
    """Say that this network makes no noise, and lead to those that do."""
    names = " and ".join(activation_title(a) for a in loaders.activations(run_id))
    st.markdown(
        f":material/volume_off: **No noise here.** {names} gives the same output for the same input, so an image has one place."
    )
    noisy = _noisy_runs()
    if not noisy:
        st.markdown("No run here has it and keeps a checkpoint. EELU makes noise while it trains:")
        st.code(controls.train_example("eelu"), language="bash", wrap_lines=True)
        return
    st.markdown("These runs have it:")
    for other in noisy[:5]:
        st.page_link("pages/features.py", label=loaders.run_name(other), icon=":material/scatter_plot:",
                     query_params=view.page_query(run=other, site=None, epoch=None))  # fmt: skip


def _no_checkpoint(run_id: str) -> None:
    st.markdown(":material/save: This run keeps no checkpoint, so its features cannot be computed.")
    others = [r for r in _noisy_runs() if r != run_id]
    if others:
        st.markdown("These runs make noise and keep one:")
    for other in others[:5]:
        st.page_link("pages/features.py", label=loaders.run_name(other), icon=":material/scatter_plot:",
                     query_params=view.page_query(run=other, site=None, epoch=None))  # fmt: skip


def _clouds(now: view.View, run_id: str, epoch: int) -> None:
    site, ids = now.site or "", now.images[: picks.MOST]
    if len(now.images) > picks.MOST:
        st.caption(f":material/info: {len(now.images)} images are chosen; the figure holds the first {picks.MOST}.")
    beside = choices.noisy_beside(run_id, site, now.runs)
    shown = [(run_id, epoch), *beside]
    result = loaders.stored_clouds(shown, site, ids, NOISE_PASSES)
    if result is None:
        if not controls.torch_ready(560):
            return
        job = loaders.clouds_job(shown, site, ids, NOISE_PASSES)
        if not jobs.show(job, 560):
            return
        result = job.result
    _figure(shown, site, ids, result)


def _figure(shown: list[tuple[str, int]], site: str, ids: tuple[int, ...], clouds: "list[LatentClouds]") -> None:
    names = [loaders.run_name(r) for r, _ in shown]
    parts = [loaders.named_clouds(r, c.table, name) for (r, _), c, name in zip(shown, clouds, names, strict=True)]
    first, epoch = shown[0]
    about = [
        f"site {site}",
        loaders.data_name(first),
        f"after epoch {epoch}",
        f"{NOISE_PASSES} noisy passes",
        wording.count(len(ids), "image"),
        f"axes from {clouds[0].fit_images:,} probe images",
    ]
    draw.show(
        plots.cloud_figure,
        pd.concat(parts, ignore_index=True),
        ids=[r for r, _ in shown],
        about=(shown, site, ids),
        key="clouds",
        setup=cells.clouds([(loaders.run(r), e, n) for (r, e), n in zip(shown, names, strict=True)], site, ids, NOISE_PASSES),
        title="Features of the same images under noise",
        subtitle=" · ".join(filter(None, about)),
        caption=CAPTION,
        notes={name: _strength(c) for name, c in zip(names, clouds, strict=True)},
    )
    st.caption(f"Strength: {_lower(terms.term('strength'))} Rank: {_lower(terms.term('effective rank'))}")


def _strength(clouds: "LatentClouds") -> str:
    return f"strength {wording.number(clouds.strength, 3)} · rank {wording.number(clouds.rank, 1)}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


router.show(page)
