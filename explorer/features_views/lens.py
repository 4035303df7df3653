"""The noise lens: one job behind the maps and the depth, and the choice of the sites that make noise in it."""

from typing import TYPE_CHECKING

import streamlit as st

from explorer import controls, features_data, jobs, picks, view

if TYPE_CHECKING:
    from core.analysis.noise_record import NoiseLens

#: Stands for all sites in the link.
ALL = "all"


def chosen_sites(now: view.View, known: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the sites that shall make noise; None: all. What the link names and the network has not is left out."""
    text = now.option("noisy", ALL)
    chosen = tuple(path for path in known if path in text.split(","))
    return None if text in ("", ALL) or not chosen or len(chosen) == len(known) else chosen


def controls_row() -> "st.delta_generator.DeltaGenerator":
    """Return the one row of controls above the figure."""
    return st.container(horizontal=True, vertical_alignment="bottom")


def look(
    now: view.View,
    shown: list[tuple[str, int]],
    site: str,
    ids: tuple[int, ...],
    height: int,
    row: "st.delta_generator.DeltaGenerator",
) -> "list[NoiseLens] | None":
    """Return what the lens shows of these runs; None while it is not there yet. The choice of sites is drawn into `row`."""
    run_id, epoch = shown[0]
    if not controls.torch_ready(height):
        return None
    known = features_data.noisy_sites(run_id, epoch)
    with row:
        _sites(now, known)
    job = features_data.lens_job(shown, site, ids, chosen_sites(now, known))
    if not jobs.show(job, height):
        return None
    result: list[NoiseLens] = job.result
    return result


def images(now: view.View) -> tuple[int, ...]:
    """Return the images that the figures hold, and say so if more are chosen."""
    if len(now.images) > picks.MOST:
        st.caption(f":material/info: {len(now.images)} images are chosen; the figures hold the first {picks.MOST}.")
    return now.images[: picks.MOST]


def _sites(now: view.View, known: tuple[str, ...]) -> None:
    """Draw the boxes that turn the noise of single sites off."""
    chosen = chosen_sites(now, known) or known
    widget = "noisy_at"
    st.session_state[widget] = list(chosen)

    def write() -> None:
        picked = [path for path in known if path in st.session_state[widget]]
        view.change(noisy=ALL if len(picked) in (0, len(known)) else ",".join(picked))

    with st.popover(f"Noise at {len(chosen)} of {len(known)} sites", icon=":material/tune:"):
        st.multiselect("Sites that make noise", known, key=widget, on_change=write, placeholder="All sites",
                       help="The layers before the first of them are computed once. None chosen means all.")  # fmt: skip
