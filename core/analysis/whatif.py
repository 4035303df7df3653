"""Which learned shape matters? Accuracy and loss after a change of the activations, as it is and with BN estimated again.

As it is, a changed network mostly shows that its BN layers were surprised: they still hold the statistics of the old function.
With the statistics estimated again on training images (`core.analysis.batchnorm`) it shows what the shape was worth.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ExplorerError, unknown_name
from ..progress import ProgressCallback
from .batchnorm import batchnorm_layers, reestimated
from .interventions import Intervention, intervene, learning_sites, replacement
from .passes import Steps
from .scores import ALPHA, Scores, check_images, holm, paired_difference, score

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..models import Surgery

#: What stands in the column `site` for a change at all sites, and for no change.
ALL_SITES, NO_SITE = "all sites", ""
#: Positions from the start (0) to the learned parameters (1), and beyond.
PATH = (-0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)


@dataclass(frozen=True, eq=False)
class Trial:
    """One network on the evaluation images: as it is, and with its BN statistics estimated again."""

    as_it_is: Scores
    again: Scores


class Bench:
    """The images that every network of one table is tried on, and the count of its batches."""

    def __init__(
        self, model: "nn.Module", images: "Tensor", labels: "Tensor", train_images: "Tensor", batch_size: int,
        progress: ProgressCallback | None, trials: int,
    ) -> None:  # fmt: skip
        check_images(images, labels)
        if batch_size < 1:
            raise ExplorerError(f"batch_size must be at least 1; received {batch_size}.")
        self.images, self.labels, self.train_images, self.batch_size = images, labels, train_images, batch_size
        self.layers = len(batchnorm_layers(model))
        batches = -(-len(images) // batch_size)
        self.steps = Steps(progress, trials * (2 * batches + self.layers if self.layers else batches))

    def __call__(self, network: "nn.Module", text: str) -> Trial:
        """Return the scores of a fork in evaluation mode, both ways."""
        now = score(network, self.images, self.labels, batch_size=self.batch_size, tell=lambda: self.steps(text))
        if not self.layers:
            return Trial(now, now)
        again = f"{text}, with BN statistics estimated again"
        twin = reestimated(network, self.train_images, tell=lambda: self.steps(again))
        return Trial(now, score(twin, self.images, self.labels, batch_size=self.batch_size, tell=lambda: self.steps(again)))


def ablation_table(
    model: "nn.Module",
    images: "Tensor",
    labels: "Tensor",
    *,
    train_images: "Tensor",
    by: str = "relu",
    sites: str | Iterable[str] | None = None,
    batch_size: int = 250,
    progress: ProgressCallback | None = None,
) -> pd.DataFrame:
    """Change one site after the other, and then all of them, and say what each change does; `model` stays as it is.

    Rows: the network as trained (kind "baseline"), one per site in forward order, and "all sites". Columns:
        site, stage, position (−1: no single site), what: the change in words.
        accuracy (0 to 1), loss (nats): as it is; accuracy_reestimated, loss_reestimated: with BN statistics estimated again.
        …_change: difference from the baseline of the same kind; …_change_error: its standard error over the images, paired.
        lost, gained: images that became wrong, or right, with BN estimated again; p: McNemar's exact test of these.
        kind: "worse" or "better" where p falls under Holm's correction over all rows (5 % in all), "same" where no loss of any
            image moved, else "cannot tell".
        n: evaluation images; train_n: images for the BN statistics (0: the network has no BN layers).

    Args:
        images, labels: normalised images (N, C, H, W) and classes (N,): validation data, as the probe set.
        train_images: normalised training images without augmentation for the BN statistics (`core.analysis.batchnorm`).
        by: the function that takes its place, as on the command line, with default parameters; "start": its own function with
            the parameters that it began with, at the sites that have any.
        sites: paths; None: all.
        progress: called before every batch and every BN layer.

    Raises:
        ExplorerError: an unknown site or function; a site that cannot be changed, with the reason.
    """
    everywhere = None if by == "start" else replacement(model, by, None, images[:2])
    chosen = _chosen_sites(model, images[:2], by, sites, everywhere)
    changes = [_change(by, path) for path in chosen]
    if sites is None and len(chosen) > 1:
        changes.append(_change(by, None))
    return _effects(model, changes, images, labels, train_images, batch_size, progress, chosen, everywhere)


def path_table(
    model: "nn.Module",
    images: "Tensor",
    labels: "Tensor",
    *,
    train_images: "Tensor",
    t: Sequence[float] = PATH,
    site: str | None = None,
    batch_size: int = 250,
    progress: ProgressCallback | None = None,
) -> pd.DataFrame:
    """Move the activation parameters along start + t (learned − start), at one site or at all (None).

    One row per t, ascending, t = 1 (the network as trained, kind "baseline") among them; columns as in `ablation_table`,
    arguments and errors too, with t in front; differences are from t = 1.
    """
    if any(not np.isfinite(value) for value in t):
        raise ExplorerError(f"t must be finite numbers; received {list(t)}.")
    changes = [Intervention(site=site, t=float(value)) for value in sorted({float(v) for v in t} - {1.0})]
    if not changes:
        raise ExplorerError("The path needs at least one t other than 1.")
    order = [s.path for s in learning_sites(model)]
    intervene(model, changes[0])  # what is wrong is said before anything is computed
    table = _effects(model, changes, images, labels, train_images, batch_size, progress, order)
    table.insert(0, "t", [1.0, *(c.t for c in changes)])
    table["site"] = site or ALL_SITES
    return table.sort_values("t", ignore_index=True)


def _change(by: str, site: str | None) -> Intervention:
    return Intervention(site=site, t=0.0) if by == "start" else Intervention(site=site, activation=by)


def _chosen_sites(
    model: "nn.Module", example: "Tensor", by: str, wanted: str | Iterable[str] | None, everywhere: "Surgery | None"
) -> list[str]:
    """Return the paths to change, in forward order; raises before anything is computed."""
    from ..models import on_device, sites

    example = on_device(model, example)
    known = [s.path for s in sites(model, example)]
    paths = None if wanted is None else [wanted] if isinstance(wanted, str) else list(wanted)
    for path in paths or ():
        if path not in known:
            raise unknown_name("site", path, known)
        intervene(model, _change(by, path), example)
    able = list(everywhere.replaced) if everywhere is not None else _starting_sites(model, example)
    return able if paths is None else [path for path in able if path in paths]


def _starting_sites(model: "nn.Module", example: "Tensor") -> list[str]:
    """Return the sites with parameters, in forward order; ExplorerError: there is none."""
    from ..models import sites

    intervene(model, Intervention(t=0.0))
    learning = [s.path for s in learning_sites(model)]
    return [s.path for s in sites(model, example) if s.path in learning]


def _effects(
    model: "nn.Module",
    changes: list[Intervention],
    images: "Tensor",
    labels: "Tensor",
    train_images: "Tensor",
    batch_size: int,
    progress: ProgressCallback | None,
    order: list[str],
    everywhere: "Surgery | None" = None,
) -> pd.DataFrame:
    from ..models import fork

    bench = Bench(model, images, labels, train_images, batch_size, progress, 1 + len(changes))
    before = bench(fork(model).eval(), "As trained")
    rows = [_row(Intervention(t=1.0), before, before, order) | {"site": NO_SITE, "what": "as trained", "kind": "baseline"}]
    for change in changes:
        where = change.site or ALL_SITES
        after = bench(intervene(model, change, images[:2], everywhere), f"{where}: {change.what}")
        rows.append(_row(change, after, before, order))
    table = pd.DataFrame(rows).assign(n=len(images), train_n=len(train_images) if bench.layers else 0)
    return _judged(table)


def _row(change: Intervention, after: Trial, before: Trial, order: list[str]) -> dict[str, Any]:
    from ..models import site_stage

    now, again = paired_difference(after.as_it_is, before.as_it_is), paired_difference(after.again, before.again)
    site = change.site
    return {
        "site": site or ALL_SITES,
        "stage": site_stage(site) if site else "",
        "position": order.index(site) if site in order else -1,
        "what": change.what,
        "accuracy": after.as_it_is.accuracy,
        "loss": after.as_it_is.loss,
        "accuracy_reestimated": after.again.accuracy,
        "loss_reestimated": after.again.loss,
        "accuracy_change": now.accuracy,
        "accuracy_change_error": now.accuracy_error,
        "loss_change": now.loss,
        "loss_change_error": now.loss_error,
        "accuracy_reestimated_change": again.accuracy,
        "accuracy_reestimated_change_error": again.accuracy_error,
        "loss_reestimated_change": again.loss,
        "loss_reestimated_change_error": again.loss_error,
        "lost": again.lost,
        "gained": again.gained,
        "p": again.p,
        "kind": "same" if _same(after.again, before.again) else "cannot tell",
    }


def _same(a: Scores, b: Scores) -> bool:
    """Return whether two networks give every image the same loss, but for rounding."""
    return bool(np.allclose(a.losses, b.losses, rtol=1e-5, atol=1e-6) and (a.correct == b.correct).all())


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with "worse" and "better" where Holm's correction over all its changes allows to say so."""
    open_rows = table.index[table["kind"] == "cannot tell"]
    for row, told in zip(open_rows, holm(table.loc[open_rows, "p"].tolist(), ALPHA), strict=True):
        if told:
            table.loc[row, "kind"] = "worse" if table.loc[row, "lost"] > table.loc[row, "gained"] else "better"
    return table
