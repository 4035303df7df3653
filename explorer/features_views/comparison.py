"""Comparison: own noise beside Gaussian noise and dropout that are just as strong, or cost just as much accuracy."""

import pandas as pd
import streamlit as st

from core.analysis import wording
from explorer import cells, controls, draw, features_data, jobs, loaders, plots, terms, view
from explorer.features_views import gate
from explorer.plots.noise_comparison import KINDS, scale_text

BY = {"strength": "At equal strength", "accuracy": "At equal loss of accuracy"}
CAPTION = (
    "The dotted line is the first row: own noise at all sites. In the other rows noise stands behind every activation instead; "
    "an open dot could not be made equal within 5 %."
)


def draw_view(now: view.View, run_id: str, epoch: int) -> None:
    """Draw the kinds of noise side by side, with the numbers below."""
    site, by = now.site or "", now.option("equal", "strength")
    controls.segments("Made equal", "equal", BY, by, label_visibility="collapsed")
    if not controls.torch_ready(430):
        return
    shown = features_data.compared(run_id, epoch, site, now.runs)
    if not shown:
        st.markdown(":material/volume_off: **Nothing to compare with.** The comparison starts from a network with noise.")
        gate.say_how_to_train()
        return
    if shown[0][0] != run_id:
        name = loaders.run_name(shown[0][0])
        st.caption(f":material/info: This run makes no noise; the wanted strength is that of {view.plain(name)}.")
    if not gate.reaches(*shown[0], site):
        return
    table = features_data.stored_comparison(shown, site, by)
    if table is None:
        job = features_data.comparison_job(shown, site, by)
        if not jobs.show(job, 430):
            return
        table = job.result
    _figure(shown, site, by, table)


def _figure(shown: list[tuple[str, int]], site: str, by: str, table: pd.DataFrame) -> None:
    opened = cells.named_runs(features_data.named(shown), "from explorer.noise_tables import comparison")
    first = table.iloc[0]
    about = [
        f"site {site}",
        loaders.data_name(shown[0][0]),
        f"{int(first['images'])} probe images, {int(first['passes'])} passes",
        f"rank of {int(first['rank_images'])} images × {int(first['rank_passes'])} passes",
    ]
    draw.show(
        plots.noise_comparison_figure,
        table,
        ids=[r for r, _ in shown],
        about=(shown, site, by),
        key="noise-comparison",
        setup=f"{opened}\ntable = comparison(runs, {site!r}, {by!r})",
        title=f"Noise of several kinds {BY[by].lower()}",
        subtitle=" · ".join(filter(None, about)),
        caption=CAPTION,
    )
    st.dataframe(_in_words(table), hide_index=True, key="comparison_table")
    st.caption(f"Strength: {terms.term('strength')} Rank: {terms.term('effective rank')}")


def _in_words(table: pd.DataFrame) -> pd.DataFrame:
    """Return the comparison as a person reads it."""
    return pd.DataFrame(
        {
            "Network": table["network"],
            "Noise": [KINDS[k] for k in table["kind"]],
            "Scale": [scale_text(k, s) for k, s in zip(table["kind"], table["scale"], strict=True)],
            "Strength": [wording.number(v, 4) for v in table["strength"]],
            "Off by": [_deviation(row) for row in table.itertuples()],
            "Effective rank": [wording.number(v, 1) for v in table["rank"]],
            "Accuracy without": [wording.percent(v) for v in table["clean_accuracy"]],
            "Accuracy under noise": [wording.percent(v) for v in table["accuracy"]],
            "Loss": [wording.difference_text(-v, "val_accuracy") for v in table["loss"]],
            "Flips": [wording.percent(v) for v in table["flips"]],
        }
    )


def _deviation(row: object) -> str:
    """Return how far what was made equal is from the wanted value: "+1.7 %", or that it is out of reach."""
    if getattr(row, "kind", "") == "own":
        return wording.UNDEFINED
    share = float(getattr(row, "deviation", float("nan")))
    text = f"{wording.number(100 * share, 1, sign=True)} %"
    return text if getattr(row, "matched", False) else f"{text}, out of reach"
