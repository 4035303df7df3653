"""What the curves became, in sentences: functions of `nearest_table`, with their criterion and a form for "cannot tell"."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd

from . import wording
from .findings import Finding
from .nearest_record import LIMIT, MARGIN, distance_text

CRITERION = (
    "Distance: root mean square that is left of the curve after the best output scale and offset, over the site's inputs, in %"
    f" of the curve's own standard deviation there. At most {wording.percent(LIMIT, 0)} counts as found. Within"
    f" {wording.percent(MARGIN, 0)} of the nearest the simplest counts: linear, then functions without a fitted number; two"
    " equally simple ones cannot be told apart."
)


def site_became(row: "pd.Series | Mapping[Any, Any]") -> Finding:
    """Return what one site became: a row of `nearest_table`."""
    row = {str(name): value for name, value in row.items()}
    site, name, curves = str(row["site"]), str(row["name"]), int(row["curves"])
    if row["kind"] == "not measured":
        return Finding("cannot tell", f"{site}: cannot tell what the curve became, as its inputs were not measured.")
    if curves > 1:
        return _channels_became(row)
    away, next_ = (distance_text(float(row[name])) for name in ("distance", "runner_up_distance"))
    if row["kind"] == "cannot tell":
        sentence = f"{site}: cannot tell {name} ({away} away) from {row['runner_up']} ({next_} away)."
        return Finding("cannot tell", sentence, site=site, value=float(row["distance"]), criterion=CRITERION)
    if row["kind"] == "none":
        sentence = f"{site}: no classic function lies within {wording.percent(LIMIT, 0)}; the nearest is {name}, {away} away."
        return Finding("none", sentence, site=site, value=float(row["distance"]), criterion=CRITERION)
    within = f"{name} within {away}" if name in ("linear", "constant") else f"{name}, {away} away"
    how = "next is" if row["runner_up_distance"] >= row["distance"] else "with a fitted number"
    beside = f"; {how} {row['runner_up']}, {next_} away" if row["runner_up"] else ""
    return Finding("found", f"{site}: {within}{beside}.", site=site, value=float(row["distance"]), criterion=CRITERION)


def network_became(table: pd.DataFrame) -> Finding:
    """Return what the sites of a network became, counted: all rows of `nearest_table`."""
    known = table[table["kind"] != "not measured"]
    if known.empty:
        return Finding("cannot tell", "Cannot tell what the curves became: their inputs were not measured.")
    sites = wording.count(len(known), "site")
    families = Counter(str(f) for f in known.loc[known["kind"] == "found", "family"]).most_common()
    open_ = int((known["kind"] == "cannot tell").sum())
    far = int((known["kind"] == "none").sum())
    most = " of most channels" if (known["curves"] > 1).any() else ""
    parts = [f"{family} at {n}" for family, n in families]
    parts += [f"cannot tell at {open_}"] if open_ else []
    parts += [f"none within {wording.percent(LIMIT, 0)} at {far}"] if far else []
    sentence = f"Nearest classic function{most} at {sites}: {', '.join(parts)}."
    kind: Literal["found", "none", "cannot tell"]
    kind = "found" if families else "cannot tell" if open_ else "none"
    return Finding(kind, sentence, value=sum(n for _, n in families), criterion=CRITERION)


def _channels_became(row: Mapping[str, Any]) -> Finding:
    site, curves, count = str(row["site"]), int(row["curves"]), int(row["count"])
    if row["kind"] == "none":
        sentence = f"{site}: none of {curves} channels is called by one classic function."
        return Finding("none", sentence, site=site, value=0.0, criterion=CRITERION)
    beside = f"; next most frequent is {row['runner_up']}" if row["runner_up"] else ""
    sentence = (
        f"{site}: {row['family']} in {count} of {curves} channels, {distance_text(row['distance'])} away in the median{beside}."
    )
    return Finding("found", sentence, site=site, value=count / curves, criterion=CRITERION)
