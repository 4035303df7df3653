"""Maps: the mean over the passes and the spread at one site, image by image; and how often the decision flips."""

import streamlit as st

from core.analysis import wording
from explorer import cells, draw, features_data, loaders, noise_tables, plots, terms, view
from explorer.demo_tables import NOISE_PASSES
from explorer.features_views import lens

ALL = "all"
CAPTION = (
    "Above: the mean over the noisy passes; below: their sd, where the noise changes what the network sees. One range of "
    "colours in each row, up to its 99th percentile."
)


def draw_view(now: view.View, run_id: str, epoch: int) -> None:
    """Draw mean and spread of the chosen images, and a bar for the flips of each."""
    site, ids = now.site or "", lens.images(now)
    shown = [(run_id, epoch)]
    row = lens.controls_row()
    with row:
        channel = _channel(now, loaders.channels(run_id, site))
    found = lens.look(now, shown, site, ids, 430, row)
    if found is None:
        return
    (result,) = found
    run = loaders.run(run_id)
    noisy = None if len(result.noisy) == len(features_data.noisy_sites(run_id, epoch)) else result.noisy
    opened = cells.named_runs(features_data.named(shown), "from explorer.noise_tables import flip_table, lenses, map_table")
    opened += f"\nfound = lenses(runs, {site!r}, {list(ids)!r}, {NOISE_PASSES}, {noisy!r})"
    what = "all channels" if channel is None else f"channel {channel} of {result.maps.mean.shape[1]}"
    about = [f"site {site}", what, loaders.data_name(run_id), f"after epoch {epoch}", f"{NOISE_PASSES} noisy passes"]
    draw.show(
        plots.noise_map_figure,
        noise_tables.map_table(run, result, channel),
        ids=[run_id],
        about=(epoch, site, ids, channel, noisy),
        key="noise-maps",
        setup=f"{opened}\ntable = map_table(runs[0][0], found[0], {channel})",
        subtitle=" · ".join(filter(None, about)),
        caption=CAPTION,
    )
    st.caption(
        f"Signal-to-noise at {site}: {wording.number(_decibels(result.at_site('snr')), 1)} dB; strength"
        f" {wording.number(result.strength, 3)}. {terms.term('signal-to-noise')}"
    )
    draw.show(
        plots.flip_figure,
        noise_tables.flip_table(features_data.named(shown), found),
        ids=[run_id],
        about=(epoch, ids, noisy),
        key="noise-flips",
        setup=f"{opened}\ntable = flip_table(runs, found)",
        subtitle=f"{wording.count(len(ids), 'image')} · {NOISE_PASSES} noisy passes each",
        caption="Share of the noisy passes in which the network names another class than with the noise off.",
    )


def _channel(now: view.View, count: int) -> int | None:
    """Draw the choice of a channel; return it, None for all."""
    chosen = now.channel if now.channel is not None and now.channel < count else None
    st.session_state["map_channel"] = ALL if chosen is None else str(chosen)

    def write() -> None:
        said = st.session_state["map_channel"]
        view.change(channel=None if said == ALL else int(said))

    st.selectbox("Channel", [ALL, *map(str, range(count))], key="map_channel", width=160, on_change=write)
    return chosen


def _decibels(ratio: float) -> float:
    import math

    return 10 * math.log10(ratio) if 0 < ratio < math.inf else math.inf
