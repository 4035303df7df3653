"""The loss over two activation parameters: exact where the network has only this pair, else a slice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ExplorerError, unknown_name
from ..progress import ProgressCallback
from .interventions import Intervention, intervene, learning_sites, scalars_of, starts_of
from .whatif import ALL_SITES, Bench, Trial

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..models import Site

#: Least room on each side of the learned value and the start.
ROOM = 0.5


@dataclass(frozen=True, kw_only=True)
class Plane:
    """The plane through the parameters that a surface is drawn over.

    names: the two parameters; learned, start: where they stand, in the coordinates of the plane (start is NaN where the sites
    began at different distances). exact: the network has no other activation parameter than this pair. offsets: the
    coordinates are added to the learned values of every site and channel, so that learned is (0, 0); else they are the values.
    """

    names: tuple[str, str]
    learned: tuple[float, float]
    start: tuple[float, float]
    exact: bool
    offsets: bool


def plane(model: "nn.Module", names: Sequence[str] | None = None, site: str | None = None) -> Plane:
    """Return the plane of two parameters (None: the first two) at `site` (None: at all sites together).

    Raises ExplorerError for an unknown site or parameter, or where there are no two parameters in common.
    """
    intervene(model, Intervention(site=site, t=1.0))  # says what is wrong with the site
    chosen = [s for s in learning_sites(model) if site in (None, s.path)]
    numbers = [scalars_of(s.module) for s in chosen]
    common = [name for name in numbers[0] if all(name in others for others in numbers)]
    pair = list(common[:2]) if names is None else list(names)
    for name in pair:
        if name not in common:
            raise unknown_name("activation parameter", name, common)
    if len(set(pair)) != 2:
        have = ", ".join(common) or "none"
        raise ExplorerError(f"A surface needs two parameters that all its sites have; these have in common: {have}.")
    both = (pair[0], pair[1])
    learned = [np.unique(np.concatenate([n[name].cpu().double().numpy().ravel() for n in numbers])) for name in pair]
    starts = [{_start(s, name) for s in chosen} for name in pair]
    if all(len(values) == 1 for values in learned):
        now = [float(values[0]) for values in learned]
        begun = [next(iter(values)) if len(values) == 1 else np.nan for values in starts]
        return Plane(
            names=both, learned=(now[0], now[1]), start=(begun[0], begun[1]), exact=_only_pair(model, chosen), offsets=False
        )
    return Plane(names=both, learned=(0.0, 0.0), start=(np.nan, np.nan), exact=False, offsets=True)


def surface_table(
    model: "nn.Module",
    images: "Tensor",
    labels: "Tensor",
    *,
    train_images: "Tensor",
    names: Sequence[str] | None = None,
    site: str | None = None,
    x: Sequence[float] | None = None,
    y: Sequence[float] | None = None,
    points: int = 7,
    batch_size: int = 250,
    progress: ProgressCallback | None = None,
) -> pd.DataFrame:
    """Evaluate the network on a grid over two of its activation parameters; `model` stays as it is.

    Exact only where one pair is all the activation parameters that the network has (sharing="network"); else a slice: one
    site's pair, or the same offsets for the pairs of all sites, while everything else stays as learned.

    Columns: role ("grid"; one row "learned" and, where it is one point, "start"), x, y (values, or offsets from the learned
    ones), x_name, y_name, accuracy, loss, accuracy_reestimated, loss_reestimated (BN statistics estimated again for every
    point), exact, offsets, site, n, train_n.

    Args:
        names: two parameters ("a", "w.relu"); None: the first two.
        site: None: all sites together.
        x, y: the grid's coordinates; None: `points` from below the lower of start and learned value to above the higher.
        images, labels, train_images, progress: as in `core.analysis.whatif.ablation_table`, errors too.
    """
    from ..models import fork

    where = plane(model, names, site)
    xs, ys = (_coordinates(given, where.learned[i], where.start[i], points) for i, given in enumerate((x, y)))
    places = [("learned", *where.learned)]
    places += [("start", *where.start)] if np.isfinite(where.start).all() else []
    places += [("grid", float(a), float(b)) for b in ys for a in xs]
    bench = Bench(model, images, labels, train_images, batch_size, progress, len(places))
    rows = []
    for number, (role, a, b) in enumerate(places):
        text = f"Point {number + 1} of {len(places)}"
        moved = (a - where.learned[0], b - where.learned[1])
        change = Intervention(site=site, offsets=tuple(zip(where.names, moved, strict=True)))
        trial = bench(fork(model).eval() if role == "learned" else intervene(model, change), text)
        rows.append({"role": role, "x": a, "y": b, **_numbers(trial)})
    about: dict[str, Any] = {"x_name": where.names[0], "y_name": where.names[1], "exact": where.exact, "offsets": where.offsets}
    trained_on = len(train_images) if bench.layers else 0
    return pd.DataFrame(rows).assign(**about, site=site or ALL_SITES, n=len(images), train_n=trained_on)


def _numbers(trial: Trial) -> dict[str, float]:
    return {
        "accuracy": trial.as_it_is.accuracy,
        "loss": trial.as_it_is.loss,
        "accuracy_reestimated": trial.again.accuracy,
        "loss_reestimated": trial.again.loss,
    }


def _coordinates(given: Sequence[float] | None, learned: float, start: float, points: int) -> np.ndarray:
    if given is not None:
        values = np.unique(np.asarray(list(given), dtype=np.float64))
        if values.size < 2 or not np.isfinite(values).all():
            raise ExplorerError(f"Each side of the grid needs at least two different finite numbers; received {list(given)}.")
        return values
    if points < 2:
        raise ExplorerError(f"points must be at least 2; received {points}.")
    known = [v for v in (learned, start) if np.isfinite(v)]
    room = max(ROOM, 0.5 * (max(known) - min(known)))
    return np.linspace(min(known) - room, max(known) + room, points)


def _start(site: "Site", name: str) -> float:
    return starts_of(site.module)[name.partition(".")[0]]


def _only_pair(model: "nn.Module", chosen: "list[Site]") -> bool:
    """Return whether the activation parameters of the network are two numbers, and all sites that use them are chosen."""
    from ..models import activation_parameters

    return len(chosen) == len(learning_sites(model)) and sum(p.numel() for _, p in activation_parameters(model)) == 2
