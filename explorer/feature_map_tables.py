"""Feature maps and maximised channels of a run: pages and notebook cells make them with the same functions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.runs import Run
from explorer import cells, tables

if TYPE_CHECKING:
    from core.analysis.feature_maps import FeatureMaps, Order
    from core.analysis.maximisation import MaximisedChannel, What
    from core.progress import ProgressCallback


def maps(
    run: Run, epoch: int, site: str, ids: Sequence[int], order: "Order", most: int, progress: "ProgressCallback | None" = None
) -> "FeatureMaps":
    """Return the feature maps of the images `ids` at `site` of the checkpoint of `epoch`."""
    from core.analysis.feature_maps import feature_maps

    if progress is not None:
        progress(0, 1, "Loading network and images")
    data, network = tables.load_data(run), run.load_model(epoch)
    images = data.normalise(data.by_ids(list(ids)).images)
    return feature_maps(network, images, site, ids=list(ids), order=order, most=most, progress=progress)


def maximised(
    run: Run, epoch: int, site: str, channel: int, what: "What", progress: "ProgressCallback | None" = None
) -> "MaximisedChannel":
    """Return images made for a channel of the checkpoint of `epoch`, compared with the whole probe set."""
    from core.analysis.maximisation import maximise_channel

    if progress is not None:
        progress(0, 1, "Loading network and images")
    data, network = tables.load_data(run), run.load_model(epoch)
    probe = data.probe()
    return maximise_channel(
        network, site, channel, data.normalise(probe.images), mean=data.mean, sd=data.sd, probe_ids=probe.ids.tolist(),
        what=what, progress=progress,
    )  # fmt: skip


def cell(run: Run, make: str, *arguments: Any) -> str:
    """Return the lines of a notebook cell that make `table` with `maps` or `maximised` and these arguments."""
    called = ", ".join(map(repr, arguments))
    return f"{cells.one_run(run)}\n\nfrom explorer.feature_map_tables import {make}\n\ntable = {make}(run, {called}).to_table()"
