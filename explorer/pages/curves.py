"""Curves: what did each activation become?"""

from typing import Any

import pandas as pd
import streamlit as st

from core.analysis import wording
from core.analysis.nearest_findings import network_became
from explorer import (
    cells,
    choices,
    controls,
    curve_facts,
    curves_data,
    draw,
    film_views,
    jobs,
    loaders,
    plots,
    router,
    terms,
    unit_views,
    view,
)

SHOW = {"sites": "All sites", "site": "One site", "training": "Over training", "units": "Dead units"}
HOW_TO_READ = (
    "Blue: the learned curve, dashed outside the central 99.8 % of the inputs. Grey dots: its start. Grey area: the inputs of "
    "the probe set (relative height). Below a name: the nearest classic function and its distance, if one is within 10 %."
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
        _follow(now)
        _body(now, show)
    controls.live()


def _follow(now: view.View) -> None:
    """While a run trains: offer to stay at its newest epoch, and go there when a new one is finished."""
    run_id = now.run or ""
    known = loaders.epochs(run_id)
    if loaders.run(run_id).status != "running" or not known:
        return
    following = now.option("follow", "off") == "on"
    st.session_state["follow_newest"] = following
    st.toggle("Follow the newest epoch", key="follow_newest", on_change=_write_follow, help=terms.term("newest epoch"))
    if following and now.epoch != known[-1]:
        moved_away = st.session_state.get("followed", now.epoch) != now.epoch
        view.change(**({"follow": "off"} if moved_away else {"epoch": known[-1]}))
        st.session_state.pop("followed", None)
        st.rerun()
    st.session_state["followed"] = now.epoch


def _write_follow() -> None:
    st.session_state.pop("followed", None)
    view.change(follow="on" if st.session_state["follow_newest"] else "off")


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
        unit_views.units(now, _about(run_id))
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
        unit_views.quantity_map(now, "saturated", _about(run_id))
        if controls.torch_ready(200):
            _became(curves_data.nearest(run_id, epoch), every=True)
        return
    if not loaders.curves_stored(run_id, epoch) and not controls.torch_ready(560):
        return
    sites = loaders.site_summary(run_id, epoch)
    if not loaders.learns(run_id):
        _says_nothing_learns(run_id)
    found = curves_data.nearest(run_id, epoch)
    notes = {} if shared else curves_data.labels(found)
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
    _became(found)


def _became(found: pd.DataFrame | jobs.Job | None, *, every: bool = False) -> None:
    """Say what the sites became, counted; with `every` each of them in a table."""
    if isinstance(found, jobs.Job):
        if jobs.show(found, 60):
            st.rerun()  # it has ended since the figure was drawn, which lacks the labels
        return
    if found is None:
        return
    finding = network_became(found)
    icon = ":material/join_inner:" if finding.kind == "found" else ":material/help:"
    st.markdown(f"{icon} {view.plain(finding.sentence)}", help=finding.criterion or None)
    if every:
        st.dataframe(_words(found), hide_index=True, height=360)


def _words(found: pd.DataFrame) -> pd.DataFrame:
    """Return the table of what every site became, as it is read."""
    said = {"found": "found", "cannot tell": "cannot tell", "none": "none is near enough", "not measured": "not measured"}
    return pd.DataFrame(
        {
            "Site": found["site"],
            "Nearest function": found["name"],
            "Distance": [wording.percent(float(d)) for d in found["distance"]],
            "Next": found["runner_up"],
            "Its distance": [wording.percent(float(d)) for d in found["runner_up_distance"]],
            "Verdict": found["kind"].map(said),
        }
    )


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
        curve_facts.facts(run_id, epoch, sites[sites["site"] == site].iloc[0], now.channel if _per_channel() else None)


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
    if controls.torch_ready(560):
        film_views.film(now, _about(run_id))


def _says_nothing_learns(run_id: str) -> None:
    names = view.plain(choices.function_names(run_id))
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


router.show(page)
