"""What happened here, in sentences: each a function of tables, with its criterion, n and the data, and a form for "none".

The sentences stand on the app's Start page. Nothing in them is typed by hand: they are true of whatever runs are there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from . import wording
from .groups import activation_title, config_fields, config_title, site_title
from .statistics import Verdict, summary
from .trajectories import compare

if TYPE_CHECKING:
    from ..runs import Run

#: A learned curve has left its start when it lies at least this far from it (`moved`, see core.analysis.moved).
MOVED = 0.25
#: A learned curve has stayed at its start when it lies at most this far from it.
STAYED = 0.05
#: Below this strength, noise is said to leave the features as they are.
FAINT = 0.001

_DISTANCE = (
    "Distance: root mean square difference between the learned and the initial curve over the site's inputs,"
    " in % of the initial curve's standard deviation over the same inputs."
)
_STRENGTH = (
    "Strength: variance of an image's features over noisy passes, mean over images, in % of the variance of the features"
    " between images with the noise off."
)
_VERDICT = "A difference counts when its 95 % Welch interval excludes 0 and both have at least two seeds."


@dataclass(frozen=True)
class Finding:
    """One sentence and what it is about.

    `kind` is "found", "none" (nothing meets the criterion) or "cannot tell" (too few data to say). `criterion` says what the
    sentence rests on, for a caption. `run`, `site`, `epoch` or `runs` say what to open, where there is such; `value` is the
    number behind the sentence (NaN: none).
    """

    kind: Literal["found", "none", "cannot tell"]
    sentence: str
    run: str | None = None
    site: str | None = None
    epoch: int | None = None
    value: float = float("nan")
    criterion: str = ""
    runs: tuple[str, ...] = ()
    verdict: Verdict | None = None


def with_run(table: pd.DataFrame, run: "Run", epoch: int | None = None) -> pd.DataFrame:
    """Return `table` with the columns run, model, activation, title, seed, dataset (and epoch) that the sentences name.

    `title` is the activation as papers write it; of a formula the formula itself.
    """
    config = config_fields(run)
    named = [site_title(config, str(a)) for a in table["activation"]] if "activation" in table else config_title(config)
    about: dict[str, Any] = {
        "run": run.id,
        "model": config.get("model", "a network"),
        "activation": config.get("activation", "unknown"),
        "title": named,
        "seed": config.get("seed"),
        "dataset": config.get("dataset") or (run.info.get("dataset") or {}).get("name", "unnamed data"),
    }
    if epoch is not None:
        about["epoch"] = epoch
    return table.assign(**{k: v for k, v in about.items() if k not in table or k in ("run", "title")})


def curve_that_moved(sites: pd.DataFrame, threshold: float = MOVED) -> Finding:
    """Return the site whose learned curve lies furthest from its start, if it is at least `threshold` away.

    Args:
        sites: rows of `site_table`, with the columns of `with_run`; several runs may be stacked. Rows of epoch 0 do not count.
        threshold: least `moved` that counts, a share (0.25: 25 %).
    """
    learning = _learning(sites)
    if learning.empty:
        return _nothing_learns(sites)
    row, looked = learning.iloc[int(learning["moved"].argmax())], _looked_at(learning)
    criterion = f"{_DISTANCE} At least {_whole(threshold)} counts as moved."
    if row["moved"] < threshold:
        sentence = f"No learned curve lies {_whole(threshold)} or more from its start; the furthest is {_away(row, looked)}."
        return Finding("none", sentence, value=float(row["moved"]), criterion=criterion)
    sentence = f"{_where(row)}: the learned curve lies {_whole(row['moved'])} from its start, the furthest of {looked}."
    return Finding("found", sentence, criterion=criterion, **_target(row), value=float(row["moved"]))


def curve_that_stayed(sites: pd.DataFrame, threshold: float = STAYED) -> Finding:
    """Return the site whose learned curve lies nearest to its start, if it is at most `threshold` away.

    Only sites that have something to learn count; arguments as in `curve_that_moved`.
    """
    learning = _learning(sites)
    if learning.empty:
        return _nothing_learns(sites)
    row, looked = learning.iloc[int(learning["moved"].argmin())], _looked_at(learning)
    criterion = f"{_DISTANCE} At most {_whole(threshold)} counts as stayed."
    if row["moved"] > threshold:
        sentence = f"No learned curve stayed within {_whole(threshold)} of its start; the nearest is {_away(row, looked)}."
        return Finding("none", sentence, value=float(row["moved"]), criterion=criterion)
    moved = f"the curve could learn, yet stayed within {_whole(row['moved'])} of its start"
    sentence = f"{_where(row)}: {moved}, the nearest of {looked}."
    return Finding("found", sentence, criterion=criterion, **_target(row), value=float(row["moved"]))


def noise_finding(clouds: pd.DataFrame, faint: float = FAINT) -> Finding:
    """Return how far the noise moves the features, as a share of the variance between images.

    Args:
        clouds: one row per run, made by `LatentClouds.summary()` and `with_run`: site, strength, rank, passes, images, …; one
            site and one activation; the sentence is about the site of the first row.
        faint: strength below which the noise is said to leave the features as they are.
    """
    if clouds.empty:
        return Finding("none", "No network here makes noise: EELU does.")
    rows = clouds[(clouds["site"] == clouds["site"].iloc[0]) & (clouds["activation"] == clouds["activation"].iloc[0])]
    first, s = rows.iloc[0], summary(rows["strength"])
    if s.n == 0:
        return Finding(
            "cannot tell",
            f"{_where(first)}: cannot tell what the noise does, as the noise-off features do not differ between images.",
        )
    seeds = f"; {s.n} seeds, sd {_fine(s.sd)}" if s.n > 1 else ""
    about = (
        f"{wording.count(int(first['passes']), 'noisy pass', 'noisy passes')} of"
        f" {wording.count(int(first['images']), 'image')}{seeds}"
    )
    where = _where(first, seed=s.n == 1)
    kind: Literal["found", "none"]
    kind, effect = ("none", "hardly moves the features,") if s.mean < faint else ("found", "moves the features of an image by")
    sentence = f"{where}: the noise {effect} {_fine(s.mean)} of the variance between images ({about})."
    criterion = f"{_STRENGTH} Below {_fine(faint)} it counts as hardly moving them."
    return Finding(kind, sentence, criterion=criterion, **_target(first), value=s.mean, runs=tuple(rows["run"].astype(str)))


def comparison_finding(values: pd.DataFrame, a: str, b: str, *, column: str = "test_accuracy", data: str = "") -> Finding:
    """Return the comparison of group `a` with group `b` as a finding; "cannot tell" unless the interval excludes 0.

    Args:
        values: one row per run, made by `run_values`.
        a, b: labels (or keys) of two groups in it.
        column: what the values are.
        data: data set to name.
    """
    v = compare(values, a, b, column=column, data=data)
    ids = values.loc[values["label"].isin([a, b]) | values["group"].isin([a, b]), "run"]
    return Finding(
        "cannot tell" if v.kind == "cannot tell" else "found",
        v.sentence,
        value=v.difference,
        criterion=_VERDICT,
        runs=tuple(ids.astype(str)),
        verdict=v,
    )


def undecided_pair(
    values: pd.DataFrame, baseline: str, others: Iterable[str] | None = None, *, column: str = "test_accuracy"
) -> tuple[str, str] | None:
    """Return the first pair (other, baseline) of labels with at least two seeds each whose verdict is "cannot tell"."""
    names = list(dict.fromkeys(values["label"])) if others is None else list(others)
    for name in names:
        if name == baseline:
            continue
        v = compare(values, name, baseline, column=column)
        if v.kind == "cannot tell" and min(v.n_a, v.n_b) >= 2:
            return name, baseline
    return None


def _learning(sites: pd.DataFrame) -> pd.DataFrame:
    if sites.empty:
        return sites
    if "epoch" in sites:
        sites = sites[sites["epoch"] > 0]
    return sites[sites["learns"].astype(bool) & np.isfinite(sites["moved"].astype(float))].reset_index(drop=True)


def _nothing_learns(sites: pd.DataFrame) -> Finding:
    if sites.empty:
        return Finding("cannot tell", "Cannot tell what the curves became: there is no run to look at.")
    if "epoch" in sites and not (sites["epoch"] > 0).any():
        return Finding("cannot tell", "Cannot tell what the curves became: no epoch of training is finished.")
    if sites["learns"].astype(bool).any():
        return Finding("cannot tell", "Cannot tell how far the curves moved: their starts are flat over all inputs.")
    names = list(dict.fromkeys(row_title(row) for _, row in sites.iterrows()))
    return Finding("none", f"No curve can move here: {', '.join(names)} {'learns' if len(names) == 1 else 'learn'} nothing.")


def row_title(row: pd.Series) -> str:
    """Return the title of the activation that a row with the columns of `with_run` is about."""
    return str(row["title"]) if "title" in row else activation_title(str(row["activation"]))


def _where(row: pd.Series, seed: bool = True) -> str:
    end = f", seed {row['seed']}" if seed and pd.notna(row["seed"]) else ""
    return f"{row_title(row)} at {row['site']} of {row['model']} on {row['dataset']}{end}"


def _away(row: pd.Series, looked: str) -> str:
    return f"{_whole(row['moved'])} away ({_where(row)}; {looked})"


def _target(row: pd.Series) -> dict[str, Any]:
    """Return what to open: run, site and, where the table has it, the epoch."""
    epoch = int(row["epoch"]) if "epoch" in row and pd.notna(row["epoch"]) else None
    return {"run": str(row["run"]), "site": str(row["site"]), "epoch": epoch}


def _looked_at(learning: pd.DataFrame) -> str:
    """Name what was looked at: "7 sites of 1 run, 1,000 probe images"."""
    runs = learning["run"].nunique()
    images = int(learning["images"].iloc[0])
    return f"{wording.count(len(learning), 'site')} of {wording.count(runs, 'run')}, {wording.count(images, 'probe image')}"


def _whole(share: float) -> str:
    """% without decimals, but never "0 %" for what is not nothing."""
    return wording.percent(share, 0 if share >= 0.095 else 1)


def _fine(share: float) -> str:
    return wording.percent(share, wording.decimals_for(100 * share, 2)) if share else "0 %"
