"""Quantities by site and epoch as a map, and the life of one site's channels and units below it."""

import streamlit as st

from core.analysis.units import What, life_finding
from explorer import cells, controls, curves_data, draw, loaders, plots, tables, terms, view

TITLES = {
    "saturated": "Saturated share",
    "dead_units": "Dead units",
    "constant_units": "Constant units",
    "mean_gradient": "Mean gradient",
}
TERMS = {
    "saturated": "saturated share",
    "dead_units": "dead unit",
    "constant_units": "constant unit",
    "mean_gradient": "mean gradient",
}


def units(now: view.View, about: str) -> None:
    """Draw the map of the chosen quantity; for dead units also what dies and revives at the view's site."""
    quantity = now.option("quantity", "dead_units")
    controls.segments("Quantity", "quantity", TITLES, quantity)
    known = quantity_map(now, quantity, about)
    st.caption(terms.term(TERMS[quantity]))
    if known and quantity == "dead_units" and now.site:
        _life(now.run or "", now.site, about)


def quantity_map(now: view.View, quantity: str, about: str) -> bool:
    """Draw a quantity by site and epoch. False: it was not measured."""
    run_id = now.run or ""
    table = loaders.heatmap(run_id, quantity)
    if table.empty:
        st.markdown(":material/photo_library: The snapshots of this run hold no statistics: it has no probe set.")
        return False
    signed = quantity == "mean_gradient"
    if not signed and not (table["value"] > 0).any():
        st.markdown(f":material/check: {TITLES[quantity]}: 0 % at every site and every epoch.")
    draw.show(
        plots.heatmap_figure,
        table,
        ids=(run_id,),
        about=quantity,
        key=f"map-{quantity}",
        setup=cells.over_training(loaders.run(run_id), quantity),
        title=f"{TITLES[quantity]} by site and epoch",
        subtitle=about,
        caption="Sites in forward order downwards, epochs to the right; 0: before training. The triangle is the view's site.",
        name=tables.QUANTITIES[quantity],
        share=not signed,
        signed=signed,
        site=now.site,
    )
    return True


def _life(run_id: str, site: str, about: str) -> None:
    """Draw what dies and revives at one site: its channels, and its units where each was recorded."""
    for what in ("channel", "unit"):
        _bars(run_id, site, about, what)
    deaths = curves_data.channel_deaths(run_id, site)
    if not deaths["dead_units"].any():
        return
    draw.show(
        plots.heatmap_figure,
        deaths,
        ids=(run_id,),
        about=site,
        key="map-channels",
        setup=cells.channel_deaths(loaders.run(run_id), site),
        title=f"Dead units of each channel at {site}",
        subtitle=about,
        caption="A row per channel: the share of its units that are dead. At 100 % the channel is dead.",
        value="share",
        row="channel",
        name="share of dead units",
        share=True,
    )


def _bars(run_id: str, site: str, about: str, what: What) -> None:
    """Say and draw the life of a site's channels or units; where none died, words are enough."""
    table = curves_data.unit_life(run_id, site, what)
    finding = life_finding(table)
    icon = {"found": ":material/monitor_heart:", "none": ":material/check:"}.get(finding.kind, ":material/help:")
    st.markdown(f"{icon} {view.plain(finding.sentence)}", help=finding.criterion or None)
    if finding.kind != "found":
        return
    unknown = what == "unit" and not curves_data.has_units(run_id)
    draw.show(
        plots.life_figure,
        table,
        ids=(run_id,),
        about=(site, what),
        key=f"life-{what}",
        setup=cells.unit_life(loaders.run(run_id), site, what),
        subtitle=about,
        caption="Upwards: dead after the epoch, those that died since the one before in orange. Downwards: those that revived."
        if not unknown
        else "How many are dead after each epoch. Training with `--snapshot-units` also notes which of them died and revived.",
    )
