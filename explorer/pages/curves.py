"""Curves: what did each activation become?"""

from typing import Any

import pandas as pd
import streamlit as st

from core.analysis import wording
from core.analysis.groups import activation_title
from explorer import cells, controls, draw, loaders, plots, router, tables, terms, view

SHOW = {"sites": "All sites", "site": "One site", "training": "Over training", "units": "Dead units"}
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

HOW_TO_READ = (
    "Blue: the learned curve, dashed where hardly any input lies (outside the central 99.8 %). Grey dots: its start. "
    "Grey area: the inputs on the probe set; its height is relative."
)
PANELS = "From above: the curve and its start, the density of the inputs on the probe set, the derivative. One x axis for all."
BAND = (
    "Blue: the median over the channels, with the band that holds 10 to 90 % of them and the two extremes by name. "
    "Grey dots: the start. Grey area: the inputs."
)


def page() -> None:
    """Draw the page."""
    now = view.current()
    show = now.option("show", "sites")
    with controls.heading("Curves"):
        controls.segments("Show", "show", SHOW, show, label_visibility="collapsed", width="content")
    controls.empty_source()
    blocked = view.show_problems(("run", "site", "epoch", "channel", "show"))
    if controls.nothing_here():
        return
    controls.strip(("run", "site", "channel", "epoch") if show == "site" and _per_channel() else ("run", "site", "epoch"))
    if not blocked and now.run:
        _body(now, show)
    controls.live()


def _per_channel() -> bool:
    run_id = view.current().run
    return run_id in loaders.run_ids() and loaders.sharing(run_id or "") == "channel"


def _body(now: view.View, show: str) -> None:
    run_id = now.run or ""
    if not loaders.sites(run_id):
        st.markdown(":material/photo_library: This run keeps no snapshots, so its curves over training are not known.")
        st.caption("`RunWriter.snapshot()` writes them; training with this project does so by itself.")
        _other_runs(run_id)
    elif show == "units":
        _units(now)
    elif show == "training":
        _training(now)
    elif show == "site":
        _one_site(now)
    else:
        _all_sites(now)


def _all_sites(now: view.View) -> None:
    run_id, epoch = now.run or "", now.epoch or 0
    count = len(loaders.sites(run_id))
    shared = loaders.sharing(run_id) == "network"
    if not shared and not plots.fits_small_multiples(count):
        st.caption(
            f":material/grid_off: {count} sites are too many for small panels. The map shows all; choose one for its curve."
        )
        _map(now, "saturated")
        return
    if not loaders.curves_stored(run_id, epoch) and not controls.torch_ready(560):
        return
    sites = loaders.site_summary(run_id, epoch)
    if not loaders.learns(run_id):
        _says_nothing_learns(run_id)
    notes = {} if shared else _moved(sites)
    options: dict[str, Any] = {"notes": notes} if notes else {}
    draw.show(
        plots.shared_figure if shared else plots.small_multiples_figure,
        loaders.curves(run_id, epoch),
        ids=(run_id,),
        about=epoch,
        key="curves-shared" if shared else "curves-sites",
        setup=cells.curves(loaders.run(run_id), epoch),
        subtitle=_about(run_id, epoch, sites),
        caption=HOW_TO_READ,
        **options,
    )
    if shared:
        st.caption(f":material/share: {wording.count(count, 'site')}, 1 parameter set: {sites['parameters'].iloc[0]}.")
    if notes:
        st.caption(f"Moved: {_lower(terms.term('moved'))}")


def _moved(sites: pd.DataFrame) -> dict[str, str]:
    """Return the second line of each panel's label: how far the curve moved, where that is known."""
    known = sites[sites["learns"].astype(bool) & sites["moved"].notna()]
    return {str(site): f"moved {wording.percent(float(m), 0)}" for site, m in zip(known["site"], known["moved"], strict=True)}


def _one_site(now: view.View) -> None:
    run_id, epoch, site = now.run or "", now.epoch or 0, now.site or ""
    stored = now.channel is None and loaders.curves_stored(run_id, epoch)
    if not stored and not controls.torch_ready(560):
        return
    table = loaders.curves(run_id, epoch, now.channel)
    sites = loaders.site_summary(run_id, epoch)
    banded = _per_channel() and now.channel is None
    if not loaders.learns(run_id):
        _says_nothing_learns(run_id)
    left, right = st.columns([7, 3], gap="medium")
    with left:
        draw.show(
            plots.band_figure if banded else plots.site_figure,
            table[table["site"] == site].reset_index(drop=True),
            ids=(run_id,),
            about=(epoch, now.channel),
            key="curve-site",
            setup=cells.curves(loaders.run(run_id), epoch, now.channel),
            title=site if now.channel is None else f"{site}, channel {now.channel}",
            subtitle=_about(run_id, epoch, sites),
            caption=BAND if banded else PANELS,
            site=site,
        )
    with right:
        _facts(sites[sites["site"] == site].iloc[0])


def _facts(row: pd.Series) -> None:
    """Write what is known of one site, each number with what it counts."""
    st.subheader("What it became", anchor=False)
    if row["learns"]:
        for part in str(row["parameters"]).split(", "):
            st.markdown(view.plain(part))
        st.markdown(f"{wording.percent(row['moved'])} from its start", help=terms.term("moved"))
    else:
        st.markdown("Nothing to learn here; what moves is its inputs.")
    if row["images"] <= 0:
        st.caption("Nothing was measured here: the run has no probe set.")
        return
    units = row["channels"] * row["units"]
    st.markdown(f"{wording.percent(row['saturated'])} of its inputs where |f'| < 0.01", help=terms.term("saturated share"))
    st.markdown(f"{row['dead_channels']} of {row['channels']} channels dead", help=terms.term("dead channel"))
    st.markdown(f"{row['dead_units']:,} of {units:,} units dead", help=terms.term("dead unit"))
    st.caption(f"Probe set, {wording.count(int(row['images']), 'image')}.")


def _training(now: view.View) -> None:
    run_id = now.run or ""
    run = loaders.run(run_id)
    if not loaders.learns(run_id):
        _says_nothing_learns(run_id)
    else:
        draw.show(
            plots.parameter_figure,
            loaders.parameters(run_id),
            ids=(run_id,),
            about="all",
            key="parameters",
            setup=cells.parameters(run),
            title="Parameters over training",
            subtitle=_about(run_id),
            caption="One line per site, coloured by depth; of parameters per channel, their median. Epoch 1 has early steps.",
        )
    if not plots.fits_small_multiples(len(loaders.sites(run_id))):
        _map(now, "saturated")
    elif controls.torch_ready(560):
        draw.show(
            plots.film_figure,
            loaders.film(run_id),
            ids=(run_id,),
            about="film",
            key="film",
            setup=cells.film(run),
            title="The curves as a film",
            subtitle=_about(run_id),
            caption="Play it, or drag the slider below the panels. The epoch of the view stays where it is.",
        )


def _units(now: view.View) -> None:
    quantity = now.option("quantity", "dead_units")
    controls.segments("Quantity", "quantity", TITLES, quantity)
    _map(now, quantity)
    st.caption(terms.term(TERMS[quantity]))


def _map(now: view.View, quantity: str) -> None:
    run_id = now.run or ""
    table = loaders.heatmap(run_id, quantity)
    if table.empty:
        st.markdown(":material/photo_library: The snapshots of this run hold no statistics: it has no probe set.")
        return
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
        subtitle=_about(run_id),
        caption="Sites in forward order downwards, epochs to the right; 0: before training. The triangle is the view's site.",
        name=tables.QUANTITIES[quantity],
        share=not signed,
        signed=signed,
        site=now.site,
    )


def _says_nothing_learns(run_id: str) -> None:
    names = " and ".join(activation_title(a) for a in loaders.activations(run_id))
    text = f"{names}: this function does not learn; what moves is its inputs."
    if "pdrelu" in loaders.activations(run_id):
        text += " Training uses another derivative than the function has; one site shows both."
    st.markdown(f":material/lock: {text}")


def _other_runs(run_id: str) -> None:
    others = [r for r in loaders.run_ids() if r != run_id and loaders.sites(r)][:3]
    if others:
        st.markdown("These runs have snapshots:")
        for other in others:
            st.page_link(
                "pages/curves.py",
                label=loaders.run_name(other),
                query_params=view.page_query(run=other, site=None, epoch=None),
            )


def _about(run_id: str, epoch: int | None = None, sites: pd.DataFrame | None = None) -> str:
    """Return the subtitle: run, sharing, data, n."""
    shared = {"layer": "one parameter set per site", "channel": "one per channel", "network": "one for the network"}
    parts = [loaders.run_name(run_id), shared.get(loaders.sharing(run_id), "nothing to learn"), loaders.data_name(run_id)]
    if epoch is not None:
        parts.append("before training" if epoch == 0 else f"after epoch {epoch}")
    if sites is not None and int(sites["images"].max()) > 0:
        parts.append(wording.count(int(sites["images"].max()), "probe image"))
    return " · ".join(filter(None, parts))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


router.show(page)
