"""The tables of the noise lens, from run folders: the pages and the notebook cells make them with the same functions."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from core.runs import Run
from explorer import tables

if TYPE_CHECKING:
    from core.analysis.noise_record import NoiseLens
    from core.progress import ProgressCallback

#: (run, epoch of its checkpoint, what it is called in the figure).
Named = tuple[Run, int, str]
#: Images of the comparison, from the probe set, and its passes: accuracy and strength are means over both.
COMPARED_IMAGES, COMPARED_PASSES = 128, 16


def lenses(
    runs: Sequence[Named],
    site: str,
    ids: Sequence[int],
    passes: int,
    noisy: Sequence[str] | None = None,
    progress: "ProgressCallback | None" = None,
) -> "list[NoiseLens]":
    """Return what the noise does to each network, for the images `ids`; `noisy` None: noise at all sites that make it.

    The variance between images comes from the probe set. ExplorerError: no noise, no such site, or a data set that is not here.
    """
    from core.analysis.noise_lens import noise_lens

    found = []
    for i, (run, epoch, name) in enumerate(runs):
        data = tables.load_data(run)
        part = data.by_ids(list(ids))
        found.append(
            noise_lens(
                run.load_model(epoch), data.normalise(part.images), site, noisy=noisy, passes=passes, ids=list(ids),
                labels=part.labels.tolist(), fit_images=data.normalise(data.probe().images),
                progress=_part(progress, i, len(runs), name),
            )
        )  # fmt: skip
    return found


def map_table(run: Run, lens: "NoiseLens", channel: int | None = None) -> pd.DataFrame:
    """Return the maps of mean and spread of one network, with class names (`core.analysis.noise_maps.map_table`)."""
    from core.analysis.noise_maps import map_table

    labels = dict(zip(lens.decisions["image"], class_column(run, lens.decisions["label"]), strict=True))
    return map_table(lens, channel=channel, labels=labels)


def depth_table(runs: Sequence[Named], found: "Sequence[NoiseLens]") -> pd.DataFrame:
    """Return strength and signal-to-noise by network and site."""
    return pd.concat([lens.depth.assign(network=n) for (*_, n), lens in zip(runs, found, strict=True)], ignore_index=True)


def flip_table(runs: Sequence[Named], found: "Sequence[NoiseLens]") -> pd.DataFrame:
    """Return how often the decision flips by network and image, with class names."""
    parts = []
    for (run, _, name), lens in zip(runs, found, strict=True):
        classes = {c: class_column(run, lens.decisions[c]) for c in ("label", "clean", "other")}
        parts.append(lens.decisions.assign(network=name, **classes))
    return pd.concat(parts, ignore_index=True)


def stored_comparison(runs: Sequence[Named], site: str, by: str) -> pd.DataFrame | None:
    """Return the comparison of exactly these networks that is stored with the first of them, None if there is none."""
    return tables.read_stored(runs[0][0], _comparison_name(runs, site, by))


def store_comparison(runs: Sequence[Named], site: str, by: str) -> Path:
    """Write the comparison into the folder of its first run, so that it is there at once; minutes. Return the file."""
    return tables.write_stored(runs[0][0], _comparison_name(runs, site, by), comparison(runs, site, by))


def comparison(runs: Sequence[Named], site: str, by: str, progress: "ProgressCallback | None" = None) -> pd.DataFrame:
    """Return kinds of noise as strong at `site` as the first network's own: stored, or `core.analysis.noise_comparison`."""
    if (known := stored_comparison(runs, site, by)) is not None:
        return known
    from core.analysis.noise_comparison import noise_comparison

    data = tables.load_data(runs[0][0])
    probe = data.probe()
    step = max(len(probe.labels) // COMPARED_IMAGES, 1)
    images, labels = probe.images[::step][:COMPARED_IMAGES], probe.labels[::step][:COMPARED_IMAGES]
    networks = {name: run.load_model(epoch) for run, epoch, name in runs}
    return noise_comparison(
        networks, data.normalise(images), site, labels=labels.tolist(), by=by, passes=COMPARED_PASSES,  # type: ignore[arg-type]
        fit_images=data.normalise(probe.images), progress=progress,
    )  # fmt: skip


def _comparison_name(runs: Sequence[Named], site: str, by: str) -> str:
    """Return the name under which a comparison is stored: the networks' ids, epochs and names are in it as a digest."""
    networks = "\n".join(f"{run.id} {epoch} {name}" for run, epoch, name in runs)
    return tables.stored_name("comparison", site, by, hashlib.sha256(networks.encode()).hexdigest()[:8])


def points(
    runs: Sequence[Named], site: str, method: str = "pca", align: bool = True, progress: "ProgressCallback | None" = None
) -> pd.DataFrame:
    """Return where the probe images lie without noise in each network: image, label (the class), pass, x, y, panel."""
    from core.analysis.feature_points import feature_points

    parts = []
    for i, (run, epoch, name) in enumerate(runs):
        data = tables.load_data(run)
        probe = data.probe()
        parts.append(
            feature_points(
                run.load_model(epoch), data.normalise(probe.images), site, ids=probe.ids.tolist(),
                labels=probe.labels.tolist(), method=method, progress=_part(progress, i, len(runs), name),  # type: ignore[arg-type]
            )
        )  # fmt: skip
    named = [tables.named_clouds(run, part, name) for (run, _, name), part in zip(runs, parts, strict=True)]
    return aligned(named)[0] if align else pd.concat(named, ignore_index=True)


def aligned(parts: Sequence[pd.DataFrame]) -> tuple[pd.DataFrame, tuple[float, ...]]:
    """Return cloud tables, one after another, turned to the first, and what of each no turn explains (a share, or NaN)."""
    from core.analysis.alignment import align_clouds

    found = align_clouds(list(parts))
    return pd.concat(found.tables, ignore_index=True), found.residuals


def aligned_clouds(runs: Sequence[Named], site: str, ids: Sequence[int], passes: int) -> pd.DataFrame:
    """Return the clouds of several networks as `explorer.tables.cloud_table` does, turned to those of the first."""
    table = tables.cloud_table(runs, site, ids, passes)
    return aligned([table[table["panel"] == name] for *_, name in runs])[0]


def class_column(run: Run, labels: "pd.Series[Any]") -> list[str]:
    """Return class names in place of labels; the number where the name is not known, "" for −1."""
    names = tables.class_names(run)
    return [names[i] if 0 <= i < len(names) else str(i) if i >= 0 else "" for i in labels]


def _part(progress: "ProgressCallback | None", i: int, number: int, name: str) -> "ProgressCallback | None":
    """Return a callback for one network of `number`, in thousandths of the whole."""
    if progress is None:
        return None
    words = f"{name}: " if number > 1 else ""
    return lambda done, total, text: progress(round(1000 * (i + done / max(total, 1))), 1000 * number, words + text)
