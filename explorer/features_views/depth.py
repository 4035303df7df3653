"""Depth: how the spread travels from site to site."""

import streamlit as st

from core.analysis import wording
from explorer import cells, choices, controls, draw, features_data, loaders, noise_tables, plots, terms, view
from explorer.demo_tables import NOISE_PASSES
from explorer.features_views import lens

QUANTITIES = {"strength": "Strength", "snr": "Signal-to-noise"}
CAPTION = (
    "Filled dots: sites that make noise in these passes; open dots: sites where only the noise of earlier ones arrives. "
    "The dotted line marks the chosen site."
)


def draw_view(now: view.View, run_id: str, epoch: int) -> None:
    """Draw strength or signal-to-noise over the sites, a line per run."""
    site, ids = now.site or "", lens.images(now)
    quantity = now.option("depth", "strength")
    row = lens.controls_row()
    with row:
        controls.segments("Quantity", "depth", QUANTITIES, quantity, label_visibility="collapsed", width="content")
    shown = [(run_id, epoch), *choices.noisy_beside(run_id, site, now.runs)]
    found = lens.look(now, shown, site, ids, 430, row)
    if found is None:
        return
    runs = features_data.named(shown)
    noisy = None if len(found[0].noisy) == len(features_data.noisy_sites(run_id, epoch)) else found[0].noisy
    opened = cells.named_runs(runs, "from explorer.noise_tables import depth_table, lenses")
    opened += f"\nfound = lenses(runs, {site!r}, {list(ids)!r}, {NOISE_PASSES}, {noisy!r})"
    about = [
        loaders.data_name(run_id),
        f"noise at {len(found[0].noisy)} of {len(features_data.noisy_sites(run_id, epoch))} sites",
        f"{NOISE_PASSES} noisy passes",
        wording.count(len(ids), "image"),
        f"variance between {found[0].fit_images:,} probe images",
    ]
    draw.show(
        plots.noise_depth_figure,
        noise_tables.depth_table(runs, found),
        ids=[r for r, _ in shown],
        about=(shown, site, ids, noisy),
        key="noise-depth",
        setup=f"{opened}\ntable = depth_table(runs, found)",
        subtitle=" · ".join(filter(None, about)),
        caption=CAPTION,
        quantity=quantity,
        site=site,
    )
    st.caption(f"{QUANTITIES[quantity]}: {terms.term('strength' if quantity == 'strength' else 'signal-to-noise')}")
