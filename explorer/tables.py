"""The tables that the pages show, from one run or several; those stored with the demo runs come first and need no torch."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.analysis.findings import undecided_pair, with_run
from core.analysis.groups import config_fields, config_title, differences, group_key, make_groups
from core.analysis.trajectories import compare, run_values, trajectory_table
from core.errors import ExplorerError
from core.runs import Run
from core.runs.run_data import data_key, load_run_data

if TYPE_CHECKING:
    from core.analysis.latents import LatentClouds
    from core.data import ImageDataset
    from core.progress import ProgressCallback

#: Configuration fields that a filter may always use, differing or not.
_ALWAYS = ("model", "activation", "sharing", "dataset", "seed", "epochs", "lr", "optimizer")

#: Quantities of the snapshots that can be followed over training, with what they are called.
QUANTITIES = {
    "saturated": "share of inputs with |f'| < 0.01",
    "dead_units": "share of dead units",
    "constant_units": "share of constant units",
    "mean_gradient": "mean of f'",
}


def stored_name(kind: str, *parts: object) -> str:
    """Return the name of a stored table: `curves-10`, `clouds-layer3.0.act2-64-…`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join([kind, *map(str, parts)]))


def stored(run: Run, name: str) -> Path | None:
    """Return the file of a table that is stored in the run folder, None if there is none."""
    path = Path(run.path) / "tables" / f"{name}.parquet"
    return path if path.is_file() else None


def read_stored(run: Run, name: str) -> pd.DataFrame | None:
    """Return a stored table, None if there is none. RunError: the file is damaged."""
    path = stored(run, name)
    if path is None:
        return None
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ExplorerError(f"The stored table {path} cannot be read ({error}); delete it, and it is computed anew.") from None


def write_stored(run: Run, name: str, table: pd.DataFrame) -> Path:
    """Write a small table into the run folder, where `read_stored` finds it; return the file."""
    path = Path(run.path) / "tables" / f"{name}.parquet"
    path.parent.mkdir(exist_ok=True)
    table.to_parquet(path, index=False, compression="zstd")
    return path


def parameters(run: Run) -> pd.DataFrame:
    """Return the activation parameters over training, one row per value."""
    return run.snapshots().parameters()


def channel_counts(run: Run) -> dict[str, int]:
    """Return the number of channels of each site in forward order, 0 where no probe counted them; {} without snapshots."""
    snapshots = run.snapshots()
    if not snapshots.epochs:
        return {}
    first = snapshots.at(snapshots.epochs[0][0])
    counted = first.statistics
    known = dict(zip(counted.sites, map(int, counted.channels), strict=True)) if counted is not None else {}
    return {site: known.get(site, 0) for site in first.sites}


def filter_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return what a filter looks at, one row per run id: status, group, the usual fields and those that differ."""
    fields = list(dict.fromkeys([*_ALWAYS, *differences(runs).columns]))
    rows = [{"status": r.status, "group": group_key(r)[:8], **{f: config_fields(r).get(f) for f in fields}} for r in runs]
    table = pd.DataFrame(rows, columns=["status", "group", *fields], index=pd.Index([r.id for r in runs], name="id"))
    return table.astype(object).where(table.notna(), None)


def run_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return one row per run id: status, the configuration fields that differ, accuracy and loss at the chosen epoch,
    epochs done and planned, minutes of training, start.
    """
    what = differences(runs)
    accuracy, loss = (run_values(runs, c).set_index("run")["value"] for c in ("val_accuracy", "val_loss"))
    rows = []
    for run in runs:
        metrics = run.metrics()
        done = int(metrics["epoch"].max()) if len(metrics) and "epoch" in metrics else 0
        seconds = float(metrics["wall_time_s"].max()) if len(metrics) and "wall_time_s" in metrics else np.nan
        rows.append(
            {
                "status": run.status,
                **{c: what.loc[run.id, c] for c in what.columns},
                "val_accuracy": accuracy.get(run.id, np.nan),
                "val_loss": loss.get(run.id, np.nan),
                "epochs_done": done,
                "epochs_planned": config_fields(run).get("epochs") or done,
                "minutes": seconds / 60,
            }
        )
    return pd.DataFrame(rows, index=pd.Index([r.id for r in runs], name="run_id"))


def curves(run: Run, epoch: int, channel: int | None = None) -> pd.DataFrame:
    """Return the curve table of all sites after `epoch`: all channels together, or one channel."""
    found = read_stored(run, stored_name("curves", epoch)) if channel is None else None
    if found is not None:
        return found
    from core.analysis.curves import snapshot_curves

    return snapshot_curves(run, [epoch], channel=channel)


def film(run: Run, sites: Sequence[str] | None = None, progress: "ProgressCallback | None" = None) -> pd.DataFrame:
    """Return the curve tables of every snapshot, of these sites or of all."""
    from core.analysis.curves import snapshot_curves

    return snapshot_curves(run, sites=sites, progress=progress)


def site_summary(run: Run, epoch: int) -> pd.DataFrame:
    """Return one row per site after `epoch` (`core.analysis.curves.snapshot_sites`)."""
    found = read_stored(run, stored_name("sites", epoch))
    if found is not None:
        return found
    from core.analysis.curves import snapshot_sites

    return snapshot_sites(run, [epoch])


def learns(run: Run) -> bool:
    """Return whether any activation of the run has parameters; they are in the snapshots."""
    snapshots = run.snapshots()
    return bool(snapshots.epochs) and any(snapshots.at(snapshots.epochs[0][0]).parameters.values())


def sharing(run: Run) -> str:
    """Return who shares a set of activation parameters: network, layer, channel, or "" where nothing learns."""
    named = (run.info.get("network") or {}).get("sharing") or config_fields(run).get("sharing")
    return str(named or "layer") if learns(run) else ""


def short_name(run: Run, status: str, demo: bool) -> str:
    """Return a name such as "CosLU · resnet8 · seed 0 · 3fk2", which ends in the id's last part, or "demo" for demo runs."""
    config = config_fields(run)
    seed = config.get("seed")
    parts = [
        config_title(config),
        str(config.get("model", "own network")),
        f"seed {seed}" if seed is not None else "",
        "demo" if demo else run.id.rpartition("-")[2],
        status if status != "succeeded" else "",
    ]
    return " · ".join(filter(None, parts))


def activations(run: Run) -> tuple[str, ...]:
    """Return the registry names of the activations that the run's configuration names, without options."""
    named = config_fields(run).get("activation", "")
    names = named.values() if isinstance(named, dict) else [named]
    return tuple(dict.fromkeys(str(name).partition(":")[0] for name in names))


def makes_noise(run: Run) -> bool:
    """Return whether any activation that the run's configuration names is stochastic."""
    from core.activations import activation_names, describe

    known = activation_names()
    return any(name in known and describe(name).stochastic for name in activations(run))


def clouds_name(epoch: int, site: str, ids: Sequence[int], passes: int) -> str:
    """Return the name under which clouds are stored."""
    digest = hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()[:8]
    return stored_name("clouds", epoch, site, passes, digest)


def clouds(
    run: Run, epoch: int, site: str, ids: Sequence[int], passes: int, progress: "ProgressCallback | None" = None
) -> "LatentClouds":
    """Return the clouds of the images `ids` at `site` of the checkpoint of `epoch`: stored, or computed.

    The projection is fitted on the whole probe set with the noise off. Raises ExplorerError for a network without noise, a
    checkpoint that was not kept, a data set that is not here, or an id that it does not have.
    """
    from core.analysis.latents import LatentClouds

    found = read_stored(run, clouds_name(epoch, site, ids, passes))
    if found is not None:
        return LatentClouds.from_frame(found)
    return compute_clouds(run, epoch, site, ids, passes, progress)


def compute_clouds(
    run: Run, epoch: int, site: str, ids: Sequence[int], passes: int, progress: "ProgressCallback | None" = None
) -> "LatentClouds":
    """Return the clouds as `clouds` does, always computed."""
    from core.analysis.latents import latent_clouds

    if progress is not None:
        progress(0, 1, "Loading network and images")
    data, network = load_data(run), run.load_model(epoch)
    part = data.by_ids(ids)
    return latent_clouds(
        network, data.normalise(part.images), site, passes=passes, ids=list(ids), labels=part.labels.tolist(),
        fit_images=data.normalise(data.probe().images), progress=progress,
    )  # fmt: skip


def cloud_table(runs: Sequence[tuple[Run, int, str]], site: str, ids: Sequence[int], passes: int) -> pd.DataFrame:
    """Return the clouds of several networks: image, label (the class), pass, x, y, panel; `runs` holds (run, epoch, panel)."""
    parts = [named_clouds(run, clouds(run, epoch, site, ids, passes).table, panel) for run, epoch, panel in runs]
    return pd.concat(parts, ignore_index=True)


def named_clouds(run: Run, table: pd.DataFrame, panel: str) -> pd.DataFrame:
    """Return a cloud table with class names in place of labels, and the name of its panel."""
    classes = class_names(run)
    names = [classes[i] if 0 <= i < len(classes) else str(i) for i in table["label"]]
    return table.assign(label=names, panel=panel)


def class_names(run: Run) -> list[str]:
    """Return the names of the classes of the run's data set; [] where they are not known."""
    return [str(name) for name in (run.info.get("dataset") or {}).get("classes") or ()]


def data_place(run: Run) -> tuple[str, str | None, int]:
    """Return (name, folder, image size) that tell the run's images from those of others. ExplorerError: the run names none."""
    return data_key(run)


def load_data(run: Run) -> "ImageDataset":
    """Return the run's data set as its network takes it. DataError: it is not here; ExplorerError: the run names none."""
    return load_run_data(run)


def outcomes(run: Run) -> pd.DataFrame:
    """Return what the chosen checkpoint said of the validation images: label, said, wrong, by image id; empty if not stored."""
    try:
        stored = run.predictions("validation")
    except ExplorerError:
        return pd.DataFrame(columns=["label", "said", "wrong"], index=pd.Index([], name="image", dtype="int64"))
    said = np.asarray(stored["outputs"]).argmax(1)
    table = pd.DataFrame({"label": stored["labels"], "said": said}, index=pd.Index(stored["ids"], name="image"))
    return table.assign(wrong=table["label"] != table["said"]).sort_index()


def first_images(run: Run, count: int = 6) -> tuple[int, ...]:
    """Return data-set indices to open first: validation images of different classes, else the first of the probe set."""
    try:
        predictions: dict[str, Any] | None = run.predictions("validation")
    except ExplorerError:
        predictions = None
    if predictions:
        ids, labels = np.asarray(predictions["ids"]), np.asarray(predictions["labels"])
        order = np.argsort(ids, kind="stable")
        _, first = np.unique(labels[order], return_index=True)
        return tuple(int(i) for i in ids[order][np.sort(first)][:count])
    probe = (run.info.get("dataset") or {}).get("probe_ids") or ()
    return tuple(int(i) for i in list(probe)[:count])


def over_training(run: Run, quantity: str) -> pd.DataFrame:
    """Return one quantity of `QUANTITIES` by site and snapshot: site, stage, position, epoch, step, value (a share or a mean).

    Only whole epochs; the row of epoch 0 is before training.
    """
    snapshots, rows = run.snapshots(), []
    for epoch in sorted({e for e, _ in snapshots.epochs}):
        snapshot = snapshots.at(epoch)
        if snapshot.statistics is None:
            continue
        values = _quantity(snapshot.statistics, quantity)
        for position, (site, value) in enumerate(zip(snapshot.sites, values, strict=True)):
            rows.append((site, stage(site), position, epoch, snapshot.step, float(value)))
    return pd.DataFrame(rows, columns=["site", "stage", "position", "epoch", "step", "value"])


def difference_table(runs: Sequence[Run], baseline: str, column: str, at: str) -> pd.DataFrame:
    """Return each group's difference from the group `baseline`: label, difference, low, high, n_a, n_b, kind, sentence.

    `column` and `at` as in `core.analysis.trajectories.run_values`; differences are shares for accuracies.
    """
    values = run_values(runs, column, at)  # type: ignore[arg-type]
    data = data_name(runs)
    rows = []
    for label in dict.fromkeys(values["label"]):
        if label != baseline:
            v = compare(values, label, baseline, column=column, data=data)
            rows.append((label, v.difference, v.low, v.high, v.n_a, v.n_b, v.kind, v.sentence))
    return pd.DataFrame(rows, columns=["label", "difference", "low", "high", "n_a", "n_b", "kind", "sentence"])


def data_name(runs: Sequence[Run]) -> str:
    """Return the name of the data set that all these runs share; "" if they differ."""
    names = {str(r.info["config"].get("dataset") or (r.info.get("dataset") or {}).get("name") or "") for r in runs}
    return names.pop() if len(names) == 1 else ""


def trajectories(runs: Sequence[Run], column: str) -> pd.DataFrame | None:
    """Return the mean trajectory of each group over epochs; None while no run has a finite value in that column."""
    tables = [run.metrics() for run in runs]
    if not any(column in table and np.isfinite(table[column].astype(float)).any() for table in tables):
        return None
    return trajectory_table(runs, column)


def chosen_sites(runs: Sequence[Run]) -> pd.DataFrame:
    """Return the site tables of the runs at their chosen epochs, with the columns that findings name; empty for no runs."""
    parts = [with_run(site_summary(run, run.chosen_epoch or 0), run) for run in runs]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def undecided_runs(runs: Sequence[Run]) -> list[str]:
    """Return the ids of two groups whose test accuracies cannot be told apart, plain ReLU first; [] if there are none."""
    groups = {group.label: [run.id for run in group.runs] for group in make_groups(runs)}
    plain = [label for label, ids in groups.items() if next(activations(r) for r in runs if r.id == ids[0]) == ("relu",)]
    found = undecided_pair(run_values(runs, "test_accuracy"), plain[0]) if plain else None
    return [*groups[found[1]], *groups[found[0]]] if found else []


def stage(site: str) -> str:
    """Return the stage of a site: `layer1` of `layer1.0.act1`, `stem` where there is none."""
    return site.split(".")[0] if "." in site else "stem"


def _quantity(statistics: Any, quantity: str) -> np.ndarray:
    """Return one value per site, shape (S,)."""
    if quantity in ("dead_units", "constant_units"):
        counts = getattr(statistics, quantity)
        return np.array([np.sum(c) / (len(c) * u) for c, u in zip(counts, statistics.units, strict=True)])
    if quantity not in QUANTITIES:
        raise ExplorerError(f"There is no quantity '{quantity}'; there are {', '.join(QUANTITIES)}.")
    return np.asarray(getattr(statistics, quantity), dtype=float)
