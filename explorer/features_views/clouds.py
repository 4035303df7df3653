"""Clouds: each image under noise, in one projection fitted without noise."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.analysis import wording
from explorer import (
    cells,
    choices,
    controls,
    draw,
    features_data,
    jobs,
    loaders,
    network_loaders,
    noise_tables,
    picks,
    plots,
    terms,
    view,
)
from explorer.demo_tables import NOISE_PASSES
from explorer.features_views import points

if TYPE_CHECKING:
    from core.analysis.latents import LatentClouds

CAPTION = (
    "Each dot is one noisy pass of an image, the ring its place with the noise off, the ellipse holds 95 %. The axes are the "
    "two directions in which the noise-off features of the probe set differ most"
)
OWN_AXES = "; each panel has a network and axes of its own."
ALIGNED = "; the other panels are turned, mirrored and scaled so that their rings fit those of the first."
ALIGN = {"yes": "Aligned to the first", "no": "Each by itself"}


def draw_view(now: view.View, run_id: str, epoch: int) -> None:
    """Draw the clouds of the chosen images, and below them where all probe images lie."""
    site, ids = now.site or "", now.images[: picks.MOST]
    if len(now.images) > picks.MOST:
        st.caption(f":material/info: {len(now.images)} images are chosen; the figure holds the first {picks.MOST}.")
    shown = [(run_id, epoch), *choices.noisy_beside(run_id, site, now.runs)]
    align = len(shown) > 1 and now.option("align", "yes") == "yes"
    if len(shown) > 1:
        controls.segments("Panels", "align", ALIGN, now.option("align", "yes"), label_visibility="collapsed")
    result = network_loaders.stored_clouds(shown, site, ids, NOISE_PASSES)
    if result is None:
        if not controls.torch_ready(560):
            return
        job = network_loaders.clouds_job(shown, site, ids, NOISE_PASSES)
        if not jobs.show(job, 560):
            return
        result = job.result
    _figure(shown, site, ids, result, align)
    points.draw_part(now, shown, site, align)


def _figure(shown: list[tuple[str, int]], site: str, ids: tuple[int, ...], clouds: "list[LatentClouds]", align: bool) -> None:
    runs = features_data.named(shown)
    names = [name for *_, name in runs]
    parts = [network_loaders.named_clouds(r, c.table, name) for (r, _), c, name in zip(shown, clouds, names, strict=True)]
    notes = {name: _strength(c) for name, c in zip(names, clouds, strict=True)}
    table = pd.concat(parts, ignore_index=True)
    if align:
        table, residuals = noise_tables.aligned(parts)
        notes |= {n: f"{notes[n]} · {_fit(r)}" for n, r in zip(names[1:], residuals[1:], strict=True)}
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
        table,
        ids=[r for r, _ in shown],
        about=(shown, site, ids, align),
        key="clouds",
        setup=_cell(runs, site, ids) if align else cells.clouds(runs, site, ids, NOISE_PASSES),
        title="Features of the same images under noise",
        subtitle=" · ".join(filter(None, about)),
        caption=CAPTION + (ALIGNED if align else OWN_AXES),
        notes=notes,
    )
    st.caption(f"Strength: {_lower(terms.term('strength'))} Rank: {_lower(terms.term('effective rank'))}")


def _cell(runs: "list[noise_tables.Named]", site: str, ids: tuple[int, ...]) -> str:
    opened = cells.named_runs(runs, "from explorer.noise_tables import aligned_clouds")
    return f"{opened}\ntable = aligned_clouds(runs, {site!r}, {list(ids)!r}, {NOISE_PASSES})"


def _fit(residual: float) -> str:
    return "not aligned" if residual != residual else f"{wording.percent(residual, 0)} left"


def _strength(clouds: "LatentClouds") -> str:
    return f"strength {wording.number(clouds.strength, 3)} · rank {wording.number(clouds.rank, 1)}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
