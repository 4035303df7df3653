"""What is known of one site, in words beside its curve: each number with what it counts."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.analysis import wording
from core.analysis.nearest_findings import CRITERION, site_became
from explorer import curves_data, loaders, terms, torch_import, view


def facts(run_id: str, epoch: int, row: pd.Series, channel: int | None) -> None:
    """Write what one site became and what the probe images say about it; `row` is the site's of `site_table`."""
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
    _became(run_id, epoch, str(row["site"]), channel)
    units = row["channels"] * row["units"]
    st.markdown(f"{wording.percent(row['saturated'])} of its inputs where |f'| < 0.01", help=terms.term("saturated share"))
    slope = wording.number(row["mean_gradient"], wording.decimals_for(row["mean_gradient"]))
    st.markdown(f"mean of f' over its inputs {slope}", help=terms.term("mean gradient"))
    st.markdown(f"{row['dead_channels']} of {row['channels']} channels dead", help=terms.term("dead channel"))
    st.markdown(f"{row['dead_units']:,} of {units:,} units dead", help=terms.term("dead unit"))
    st.markdown(f"{row['constant_units']:,} of {units:,} units constant", help=terms.term("constant unit"))
    st.caption(_counted(run_id, epoch, row))


def _became(run_id: str, epoch: int, site: str, channel: int | None) -> None:
    """Write the nearest classic function: of the site, of the chosen channel, or counted over the channels."""
    if loaders.sharing(run_id) != "channel" or not torch_import.torch_imported():
        found = curves_data.nearest(run_id, epoch)
        if isinstance(found, pd.DataFrame):
            _say(found[found["site"] == site].iloc[0])
        return
    table = curves_data.channel_nearest(run_id, epoch, site)
    chosen = table[table["channel"] == channel] if channel is not None else table.iloc[:0]
    if len(chosen) == 1:
        _say(chosen.iloc[0].to_dict() | {"curves": 1})
        return
    answers = Counter(_answer(row) for row in table.to_dict("records"))
    said = [f"{name} {n}" for name, n in answers.most_common()]
    st.markdown(f"Nearest, of {len(table)} channels: {view.plain(', '.join(said))}", help=CRITERION)


def _say(row: "pd.Series | Mapping[Any, Any]") -> None:
    finding = site_became(row)
    text = finding.sentence.partition(": ")[2]
    st.markdown(f"Nearest: {view.plain(text)}", help=finding.criterion or None)


def _answer(row: Mapping[Any, Any]) -> str:
    """Return what is counted for a channel: a family, or that none can be named."""
    if row["kind"] == "found":
        return str(row["family"])
    return f"none within {wording.percent(0.1, 0)}" if row["kind"] == "none" else str(row["kind"])


def _counted(run_id: str, epoch: int, row: pd.Series) -> str:
    """Return on what the numbers rest: counts are exact, the density is that of a sample."""
    images = wording.count(int(row["images"]), "image")
    found = curves_data.nearest(run_id, epoch)
    drawn = int(found.loc[found["site"] == row["site"], "inputs"].iloc[0]) if isinstance(found, pd.DataFrame) else 0
    if drawn <= 0:
        return f"Probe set, {images}."
    every = int(row["images"]) * int(row["channels"]) * int(row["units"])
    sample = "all" if drawn == every else f"{drawn:,} drawn with a fixed seed of"
    return f"Probe set, {images}. Counts and means are exact; the density is that of {sample} {every:,} inputs."
