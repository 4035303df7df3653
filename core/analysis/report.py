"""One page about a network from a file: its sites and activations now, what is dead, how right it is, what is open."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..progress import ProgressCallback
from . import wording
from .evidence import parameter_table, site_table
from .groups import activation_title
from .nearest_tables import nearest_table

if TYPE_CHECKING:
    from ..runs import Run

#: What is never known of a network that was trained elsewhere.
_NEVER = (
    "How it was trained: seed, data order, augmentation, learning rate.",
    "Whether its activations began where they are assumed to: the starts are the registry's, not the file's.",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """A report in tables and sentences. `facts`: what, value. `sites`: one row per site, in words. `unchecked`: sentences."""

    title: str
    facts: pd.DataFrame
    sites: pd.DataFrame
    accuracy: str
    assumed: tuple[str, ...]
    unchecked: tuple[str, ...]


def file_report(run: "Run", progress: ProgressCallback | None = None) -> Report:
    """Return the report of a run, as a rule an imported one, from its chosen checkpoint and its snapshot.

    Columns of `sites`: site, function, shared by, parameters now, at the assumed start, moved, nearest function, saturated
    inputs, dead units, dead channels; "–" where it was not measured. `progress` is told before every site.
    Raises RunError for a run without checkpoint or snapshot.
    """
    epoch = run.find_checkpoint()
    network = run.load_model(epoch)
    snapshot = run.snapshots().at(epoch)
    measured = site_table(network, statistics=snapshot.statistics)
    nearest = nearest_table(network, snapshot.statistics, progress=progress)
    return Report(
        title=str(_origin(run).get("file") or run.id),
        facts=_facts(run, len(measured), measured),
        sites=_sites(measured, parameter_table(network), dict(zip(nearest["site"], nearest["label"], strict=True))),
        accuracy=accuracy_sentence(run),
        assumed=tuple(map(str, [*_origin(run).get("said", ()), *_origin(run).get("assumed", ())])),
        unchecked=_unchecked(run, snapshot.statistics is not None),
    )


def accuracy_sentence(run: "Run") -> str:
    """Return "Validation accuracy 87.1 % (n = 1,000 images of CIFAR-10), loss 0.412", or why there is none."""
    result = (run.info.get("results") or {}).get("validation")
    if not isinstance(result, dict):
        return "No accuracy: no labelled images with the network's classes were chosen."
    data = run.info.get("dataset") or {}
    name = str(data.get("title") or data.get("name") or "unnamed data")
    accuracy, loss = float(result["accuracy"]), float(result["loss"])
    classes = len(data.get("classes") or ())
    chance = f"; guessing gives {wording.percent(1 / classes)}" if classes else ""
    images = f"n = {int(result['n']):,} validation images of {name}"
    return f"Validation accuracy {wording.percent(accuracy)} ({images}), loss {wording.value_text(loss, 'val_loss')}{chance}."


def _origin(run: "Run") -> dict[str, Any]:
    made = run.info.get("made_with")
    return made if isinstance(made, dict) else {}


def _facts(run: "Run", num_sites: int, measured: pd.DataFrame) -> pd.DataFrame:
    origin, network, config = _origin(run), run.info.get("network") or {}, run.info["config"]
    functions = ", ".join(activation_title(name) for name in dict.fromkeys(measured["activation"])) if num_sites else ""
    learnt = int(network.get("activation_parameters") or 0)
    rows = [
        ("File", origin.get("file")),
        ("Format", origin.get("format")),
        ("Size", f"{int(origin['bytes']):,} bytes" if origin.get("bytes") else None),
        ("SHA-256", origin.get("sha256")),
        ("Network", origin.get("network") or config.get("model")),
        ("Parameters", f"{int(network.get('parameters') or 0):,}"),
        ("Sites", f"{num_sites}, of {functions}" if functions else str(num_sites)),
        ("Activation parameters", f"{learnt:,}" if learnt else "none: its activations do not learn"),
        ("Sharing", network.get("sharing")),
        ("Images", (run.info.get("dataset") or {}).get("title")),
        ("Normalisation", _normalisation(config)),
        ("Probe images", f"{int(run.info.get('probe_images') or 0):,}" if run.info.get("probe_images") else "none"),
    ]
    return pd.DataFrame([(what, str(value)) for what, value in rows if value], columns=["what", "value"])


def _normalisation(config: dict[str, Any]) -> str | None:
    mean, sd = config.get("mean"), config.get("sd")
    if not mean or not sd:
        return None
    return f"mean {', '.join(f'{m:.4g}' for m in mean)}; sd {', '.join(f'{s:.4g}' for s in sd)}"


def _sites(measured: pd.DataFrame, parameters: pd.DataFrame, nearest: dict[str, str]) -> pd.DataFrame:
    rows = []
    for row in measured.to_dict("records"):
        own = parameters[parameters["site"] == row["site"]]
        units = int(row["channels"]) * int(row["units"])
        known = int(row["images"]) > 0
        rows.append(
            {
                "site": row["site"],
                "function": activation_title(str(row["activation"])),
                "shared by": row["sharing"] or wording.UNDEFINED,
                "parameters now": _values(own, "value"),
                "at the assumed start": _values(own, "start"),
                "moved": wording.percent(float(row["moved"]), 0) if row["learns"] else wording.UNDEFINED,
                "nearest function": nearest[row["site"]],
                "saturated inputs": wording.percent(float(row["saturated"])) if known else wording.UNDEFINED,
                "dead units": f"{int(row['dead_units']):,} of {units:,}" if known else wording.UNDEFINED,
                "dead channels": f"{int(row['dead_channels'])} of {int(row['channels'])}" if known else wording.UNDEFINED,
            }
        )
    columns = [
        "site", "function", "shared by", "parameters now", "at the assumed start", "moved", "nearest function",
        "saturated inputs", "dead units", "dead channels",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _values(own: pd.DataFrame, column: str) -> str:
    """Return "a 1.32, b 0.87"; of several channels the median with the range behind it; "–" without parameters."""
    parts = []
    for name, part in own.groupby("parameter", sort=False):
        values = part[column].to_numpy(dtype=float)
        text = f"{name} {_short(float(np.median(values)))}"
        if len(values) > 1 and np.ptp(values) > 0:
            text += f" ({_short(float(values.min()))} to {_short(float(values.max()))}, {len(values)} channels)"
        parts.append(text)
    return ", ".join(parts) or wording.UNDEFINED


def _short(value: float) -> str:
    return wording.number(value, wording.decimals_for(value))


def _unchecked(run: "Run", measured: bool) -> tuple[str, ...]:
    said = list(_NEVER)
    data = run.info.get("dataset") or {}
    if data:
        said.append(
            f"Whether the network has seen these images before: our validation images are cut from the training data of "
            f"{data.get('title') or data.get('name')}, so a network that was trained on all of it knows them, and its accuracy "
            "here is too high."
        )
        said.append("The test data: they were not looked at.")
    if not measured:
        said.append("Inputs, saturated share and dead units: no images were chosen to measure them on.")
    return tuple(said)
