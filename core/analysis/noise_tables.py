"""The record of the noise lens, joined from its batches."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .noise_batches import BatchResult, LensPlan
from .noise_decisions import COLUMNS, decision_table
from .noise_record import NoiseLens, SiteMaps
from .projection import effective_rank

if TYPE_CHECKING:
    from ..models import Site


def join_results(
    plan: LensPlan,
    results: Sequence[BatchResult],
    between: Mapping[str, float],
    sites: Sequence["Site"],
    *,
    ids: Sequence[int] | None,
    labels: Sequence[int] | None,
    fit_images: int,
    seed: int,
) -> NoiseLens:
    """Return the record of all batches; `between` holds the variance between images by site."""
    maps = [result.maps for result in results if result.maps is not None]
    clean, mean, spread = (np.concatenate(parts) for parts in zip(*maps, strict=True))
    deviations = [result.deviations for result in results if result.deviations is not None]
    joined = np.concatenate(deviations, axis=1) if deviations else None
    number = sum(len(result.signal[plan.site]) for result in results)
    chosen = list(range(number)) if ids is None else [int(i) for i in ids]
    return NoiseLens(
        site=plan.site, kind=plan.kind, noisy=plan.noisy, passes=len(plan.streams), images=number, fit_images=fit_images,
        seed=seed, depth=_depth(plan, results, between, sites), decisions=_decisions(results, ids, labels),
        maps=SiteMaps(clean=clean, mean=mean, spread=spread), map_ids=tuple(chosen[: len(clean)]),
        rank=effective_rank(joined.reshape(-1, joined.shape[2])) if joined is not None else 0.0,
        rank_images=min(plan.rank_images, number), rank_passes=plan.rank_passes,
    )  # fmt: skip


def _depth(
    plan: LensPlan, results: Sequence[BatchResult], between: Mapping[str, float], sites: Sequence["Site"]
) -> pd.DataFrame:
    from ..models import site_stage

    rows = []
    for position, site in enumerate(sites):
        if site.path not in plan.tracked:
            continue
        within = _mean(results, lambda r, path=site.path: r.within.get(path))  # type: ignore[misc]
        signal = _mean(results, lambda r, path=site.path: r.signal.get(path))  # type: ignore[misc]
        variance = between[site.path]
        rows.append(
            {
                "site": site.path,
                "stage": site_stage(site.path),
                "position": position,
                "activation": site.activation,
                "noisy": site.path in plan.noisy,
                "within": within,
                "between": variance,
                "strength": within / variance if variance > 0 else float("nan"),
                "snr": signal / within if within > 0 else float("inf"),
            }
        )
    return pd.DataFrame(rows)


def _mean(results: Sequence[BatchResult], part: Callable[[BatchResult], np.ndarray | None]) -> float:
    """Return the mean over all images; 0 where no pass changed anything."""
    found = [values for result in results if (values := part(result)) is not None]
    return float(np.concatenate(found).mean()) if found else 0.0


def _decisions(results: Sequence[BatchResult], ids: Sequence[int] | None, labels: Sequence[int] | None) -> pd.DataFrame:
    clean = [result.clean for result in results if result.clean is not None]
    counts = [result.counts for result in results if result.counts is not None]
    if not counts:
        return pd.DataFrame(columns=list(COLUMNS)).astype({"share": float, "right": float})
    return decision_table(np.concatenate(clean), np.concatenate(counts), ids, labels)
